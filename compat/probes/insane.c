// Guard: must not compile, or the answer of every probe would be yes.
#include <linux/module.h>
#include <linux/no_kernel_has_this_header.h>
