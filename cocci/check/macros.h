/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Macros of the kernel that spatch 1.1.1 does not know. A function in which it cannot parse one of
 * them it passes over in silence.
 */
#define scoped_guard(...) YACFE_ITERATOR
#define scoped_cond_guard(...) YACFE_ITERATOR
#define for_each_sgtable_dma_page(...) YACFE_ITERATOR
#define for_each_sgtable_page(...) YACFE_ITERATOR
#define __uninitialized
