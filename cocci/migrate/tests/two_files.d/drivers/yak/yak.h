/* SPDX-License-Identifier: GPL-2.0-only */
struct yak_vma {
	struct vm_area_struct *vma;
	struct list_head list;
};

struct yak {
	struct vfio_device vdev;
	struct mutex yak_vma_lock;
	struct list_head yak_vma_list;
	struct rw_semaphore sem;
	unsigned long pfn;
};
