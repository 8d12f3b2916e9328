/* SPDX-License-Identifier: GPL-2.0-only */
/* A tree of the 5.15 kind. */
#define VM_SHARED 0x8
