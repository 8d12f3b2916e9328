/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Macros of the kernel that spatch 1.1.1 does not know. spatch silently skips a function in which
 * it cannot parse one of them.
 */
#define scoped_guard(...) YACFE_ITERATOR
#define scoped_cond_guard(...) YACFE_ITERATOR
#define for_each_sgtable_dma_page(...) YACFE_ITERATOR
#define for_each_sgtable_page(...) YACFE_ITERATOR
#define __uninitialized
