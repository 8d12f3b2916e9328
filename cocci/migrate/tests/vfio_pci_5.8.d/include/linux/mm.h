/* SPDX-License-Identifier: GPL-2.0-only */
/* A tree of the 5.8 kind: mmap_sem is renamed by half, flags are written as they are. */
#define VM_SHARED 0x8
