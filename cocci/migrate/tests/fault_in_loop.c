// SPDX-License-Identifier: GPL-2.0-only
// A fault handler that maps the VMA page by page in a loop: the statement for one page is not known.
// migrate: options --as inode
// migrate: exit 3
// migrate: left: serin_fault() maps the VMA in a loop, piece by piece: let it map the page that faulted alone
#include <linux/vfio.h>

struct serin_vma {
	struct vm_area_struct *vma;
	struct list_head node;
};

struct serin {
	struct vfio_device vdev;
	struct mutex vma_lock;
	struct list_head vma_list;
	u64 (*address)(struct serin *serin, unsigned long page);
};

static void serin_zap(struct serin *serin)
{
	struct serin_vma *entry, *next;

	mutex_lock(&serin->vma_lock);
	list_for_each_entry_safe(entry, next, &serin->vma_list, node) {
		zap_vma_ptes(entry->vma, entry->vma->vm_start, entry->vma->vm_end - entry->vma->vm_start);
		list_del(&entry->node);
		kfree(entry);
	}
	mutex_unlock(&serin->vma_lock);
}

static vm_fault_t serin_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct serin *serin = vma->vm_private_data;
	struct serin_vma *entry = kmalloc(sizeof(*entry), GFP_KERNEL);
	unsigned long at, page = 0;

	if (!entry)
		return VM_FAULT_OOM;
	mutex_lock(&serin->vma_lock);
	for (at = vma->vm_start; at < vma->vm_end; at += PAGE_SIZE, page++) {
		u64 where = serin->address(serin, vma->vm_pgoff + page);

		if (io_remap_pfn_range(vma, at, PHYS_PFN(where), PAGE_SIZE, vma->vm_page_prot)) {
			mutex_unlock(&serin->vma_lock);
			kfree(entry);
			return VM_FAULT_SIGBUS;
		}
	}
	entry->vma = vma;
	list_add(&entry->node, &serin->vma_list);
	mutex_unlock(&serin->vma_lock);
	return VM_FAULT_NOPAGE;
}

static const struct vm_operations_struct serin_vm_ops = {
	.fault = serin_fault,
};

static int serin_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct serin *serin = container_of(vdev, struct serin, vdev);

	vma->vm_private_data = serin;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_ops = &serin_vm_ops;
	return 0;
}

static void serin_close(struct vfio_device *vdev)
{
	serin_zap(container_of(vdev, struct serin, vdev));
}
