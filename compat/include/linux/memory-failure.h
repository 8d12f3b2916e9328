/* SPDX-License-Identifier: GPL-2.0-only */
/* <linux/memory-failure.h> as Linux 7.3 has it without CONFIG_MEMORY_FAILURE. */
#ifdef HAVE_LINUX_MEMORY_FAILURE
#include_next <linux/memory-failure.h>
#else

#ifndef VFIO_PCI_SDK_COMPAT_MEMORY_FAILURE_H
#define VFIO_PCI_SDK_COMPAT_MEMORY_FAILURE_H

#include <linux/errno.h>
#include <linux/interval_tree.h>

struct address_space;
struct vm_area_struct;

struct pfn_address_space {
	struct interval_tree_node	node;
	struct address_space		*mapping;
	int (*pfn_to_vma_pgoff)(struct vm_area_struct *vma, unsigned long pfn, pgoff_t *pgoff);
};

/*
 * Drivers work without it: a task that reads poisoned memory of the device does not learn which
 * address is poisoned.
 */
static inline int register_pfn_address_space(struct pfn_address_space *pfn_space)
{
	return -EOPNOTSUPP;
}

static inline void unregister_pfn_address_space(struct pfn_address_space *pfn_space)
{
}

#endif /* VFIO_PCI_SDK_COMPAT_MEMORY_FAILURE_H */
#endif
