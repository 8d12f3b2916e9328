// Linux kernel ("module: Convert symbol namespace to string literal") (in v6.13)
#include <linux/module.h>

/* The older macro also takes a string, and keeps its quotes. */
#undef MODULE_INFO
#define MODULE_INFO(tag, info)	_Static_assert(sizeof(info) == sizeof("NAME"), "quotes in the name")

MODULE_IMPORT_NS("NAME");
