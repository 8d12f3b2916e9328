/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OWL_VFIO_H
#define OWL_VFIO_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/vfio_pci_core.h>

struct owl_mmap_vma {
	struct vm_area_struct *vma;
	struct list_head vma_next;
};

struct owl_vfio_device {
	struct vfio_pci_core_device core_device;
	struct work_struct reset_work;
	struct mutex owl_vma_lock;
	struct list_head owl_vma_list;
	struct rw_semaphore owl_memory_lock;
#ifdef CONFIG_DEBUG_FS
	struct dentry *debugfs;
#endif
	bool wc;
};

static inline void owl_vma_lock_acquire(struct owl_vfio_device *owl)
{
	mutex_lock(&owl->owl_vma_lock);
}

static inline void owl_vma_lock_release(struct owl_vfio_device *owl)
{
	mutex_unlock(&owl->owl_vma_lock);
}

int owl_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma);
int owl_zap_and_vma_lock(struct owl_vfio_device *owl, bool try);
void owl_zap_and_down_write(struct owl_vfio_device *owl);

#endif
