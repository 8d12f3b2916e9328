// Guard: must not compile, or the answer of every probe would be yes.
// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>
#include <linux/no_kernel_has_this_header.h>
