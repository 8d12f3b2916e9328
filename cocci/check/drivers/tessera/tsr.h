/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TSR_H
#define TSR_H
#include <linux/cleanup.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>

#define TSR_DOORBELL_BAR	2
#define TSR_DB_SHIFT		12

struct tsr_dev {
	struct vfio_pci_core_device cd;
	u32 nr_db;
	u64 db_base;
	u64 db_len;
};

#define cd_to_tsr(_cd)	container_of(_cd, struct tsr_dev, cd)
#define vd_to_tsr(_vd)	container_of(_vd, struct tsr_dev, cd.vdev)

int tsr_map_doorbells(struct tsr_dev *td, struct vm_area_struct *vma);
void tsr_drop_doorbells(struct tsr_dev *td);
#endif
