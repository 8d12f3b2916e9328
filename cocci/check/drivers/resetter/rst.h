/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/cleanup.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>

struct rst_state {
	struct vfio_pci_core_device vpci;
	struct mutex cfg_lock;
	u32 generation;
};

int rst_recover(struct rst_state *st);
int rst_region_mmap(struct vfio_pci_core_device *vpci, struct vfio_pci_region *region,
		    struct vm_area_struct *vma);
extern const struct vfio_pci_regops rst_regops;
