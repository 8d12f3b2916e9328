// SPDX-License-Identifier: GPL-2.0-only
// The fault inserts one page already, of a pfn in vm_pgoff; mmap makes the entry, and logs the pfn.
// migrate: options --as inode
// migrate: exit 3
// migrate: review: owl_mmap() uses vm_pgoff: it is the offset in the file now, not a pfn
#include <linux/vfio.h>

struct owl_vma {
	struct vm_area_struct *vma;
	struct list_head next;
};

struct owl {
	struct vfio_device vdev;
	struct mutex owl_vma_lock;
	struct list_head owl_vma_list;
	struct rw_semaphore mem;
	struct resource *res;
	struct device *dev;
	bool trace;
};

void owl_hw_reset(struct owl *owl);
bool owl_is_on(struct owl *owl);

static void owl_zap(struct owl *owl)
{
	struct owl_vma *v, *tmp;

	mutex_lock(&owl->owl_vma_lock);
	list_for_each_entry_safe(v, tmp, &owl->owl_vma_list, next) {
		zap_vma_ptes(v->vma, v->vma->vm_start, v->vma->vm_end - v->vma->vm_start);
		list_del(&v->next);
		kfree(v);
	}
	mutex_unlock(&owl->owl_vma_lock);
}

static void owl_reset(struct owl *owl)
{
	owl_zap(owl);
	down_write(&owl->mem);
	owl_hw_reset(owl);
	up_write(&owl->mem);
}

static void owl_vma_close(struct vm_area_struct *vma)
{
	struct owl *owl = vma->vm_private_data;
	struct owl_vma *v;

	mutex_lock(&owl->owl_vma_lock);
	list_for_each_entry(v, &owl->owl_vma_list, next) {
		if (v->vma == vma) {
			list_del(&v->next);
			kfree(v);
			break;
		}
	}
	mutex_unlock(&owl->owl_vma_lock);
}

static int owl_track(struct owl *owl, struct vm_area_struct *vma)
{
	struct owl_vma *v = kzalloc(sizeof(*v), GFP_KERNEL);

	if (!v)
		return -ENOMEM;
	v->vma = vma;
	mutex_lock(&owl->owl_vma_lock);
	list_add(&v->next, &owl->owl_vma_list);
	mutex_unlock(&owl->owl_vma_lock);
	return 0;
}

static vm_fault_t owl_vma_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct owl *owl = vma->vm_private_data;
	unsigned long pfn = vma->vm_pgoff + ((vmf->address - vma->vm_start) >> PAGE_SHIFT);
	vm_fault_t ret = VM_FAULT_SIGBUS;

	down_read(&owl->mem);
	if (owl_is_on(owl))
		ret = vmf_insert_pfn(vma, vmf->address, pfn);
	up_read(&owl->mem);
	return ret;
}

static const struct vm_operations_struct owl_vma_ops = {
	.close = owl_vma_close,
	.fault = owl_vma_fault,
};

static int owl_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct owl *owl = container_of(vdev, struct owl, vdev);
	int ret;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	ret = owl_track(owl, vma);
	if (ret)
		return ret;
	vma->vm_private_data = owl;
	vma->vm_page_prot = pgprot_decrypted(pgprot_noncached(vma->vm_page_prot));
	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	vma->vm_pgoff += PHYS_PFN(owl->res->start);
	if (owl->trace)
		dev_dbg(owl->dev, "pfn %lx\n", vma->vm_pgoff);
	vma->vm_ops = &owl_vma_ops;
	return 0;
}
