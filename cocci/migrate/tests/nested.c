// SPDX-License-Identifier: GPL-2.0-only
// List and lock in a struct inside the owner, fault and walk split into helpers, "lock" also the
// name of something else, vm_flags_set(), the driver's own code in open and close.
// migrate: options --as inode
// migrate: exit 3
// migrate: review: write-combining stays in vm_page_prot, but x86 maps pages with the type that is reserved for them
#include <linux/vfio.h>

struct acme_map {
	struct vm_area_struct *v;
	struct list_head l;
};

struct acme_device {
	struct vfio_device vdev;
	struct mutex lock;	/* of the command queue */
	struct {
		struct mutex lock;
		struct list_head list;
	} vma;
	struct rw_semaphore access;
	atomic_t nr_vmas;
	struct resource *res;
};

void acme_hw_reset(struct acme_device *acme);
bool acme_is_on(struct acme_device *acme);
void acme_count_fault(struct acme_device *acme);

static struct mm_struct *acme_next_mm(struct acme_device *acme)
{
	struct acme_map *m;

	while (!list_empty(&acme->vma.list)) {
		m = list_first_entry(&acme->vma.list, struct acme_map, l);
		if (mmget_not_zero(m->v->vm_mm))
			return m->v->vm_mm;
		list_del(&m->l);
		kfree(m);
	}
	return NULL;
}

static void acme_zap_mm(struct acme_device *acme, struct mm_struct *mm)
{
	struct acme_map *m, *tmp;

	mmap_read_lock(mm);
	mutex_lock(&acme->vma.lock);
	list_for_each_entry_safe(m, tmp, &acme->vma.list, l) {
		if (m->v->vm_mm != mm)
			continue;
		zap_vma_ptes(m->v, m->v->vm_start, m->v->vm_end - m->v->vm_start);
		list_del(&m->l);
		kfree(m);
	}
	mutex_unlock(&acme->vma.lock);
	mmap_read_unlock(mm);
	mmput(mm);
}

static void acme_zap(struct acme_device *acme)
{
	struct mm_struct *mm;

	while (1) {
		mutex_lock(&acme->vma.lock);
		mm = acme_next_mm(acme);
		mutex_unlock(&acme->vma.lock);
		if (!mm)
			break;
		acme_zap_mm(acme, mm);
	}
}

static void acme_reset(struct acme_device *acme)
{
	mutex_lock(&acme->lock);
	acme_zap(acme);
	down_write(&acme->access);
	acme_hw_reset(acme);
	up_write(&acme->access);
	mutex_unlock(&acme->lock);
}

static void acme_vma_open(struct vm_area_struct *vma)
{
	struct acme_device *acme = vma->vm_private_data;

	atomic_inc(&acme->nr_vmas);
	zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
}

static void acme_vma_close(struct vm_area_struct *vma)
{
	struct acme_device *acme = vma->vm_private_data;
	struct acme_map *m;

	mutex_lock(&acme->vma.lock);
	list_for_each_entry(m, &acme->vma.list, l) {
		if (m->v == vma) {
			list_del(&m->l);
			kfree(m);
			break;
		}
	}
	mutex_unlock(&acme->vma.lock);
	atomic_dec(&acme->nr_vmas);
}

static int acme_fill(struct acme_device *acme, struct vm_area_struct *vma)
{
	struct acme_map *m;
	int err;

	m = kmalloc(sizeof(*m), GFP_KERNEL_ACCOUNT);
	if (!m)
		return -ENOMEM;

	err = io_remap_pfn_range(vma, vma->vm_start, vma->vm_pgoff, vma->vm_end - vma->vm_start, vma->vm_page_prot);
	if (err) {
		kfree(m);
		return err;
	}
	m->v = vma;
	list_add(&m->l, &acme->vma.list);
	return 0;
}

static vm_fault_t acme_vma_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct acme_device *acme = vma->vm_private_data;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	mutex_lock(&acme->vma.lock);
	if (!down_read_trylock(&acme->access))
		goto out_unlock;

	if (!acme_is_on(acme))
		goto out_access;

	if (acme_fill(acme, vma))
		goto out_access;
	acme_count_fault(acme);
	ret = VM_FAULT_NOPAGE;

out_access:
	up_read(&acme->access);
out_unlock:
	mutex_unlock(&acme->vma.lock);
	return ret;
}

static const struct vm_operations_struct acme_vma_ops = {
	.open = acme_vma_open,
	.close = acme_vma_close,
	.fault = acme_vma_fault,
};

static int acme_mmap(struct vfio_device *core, struct vm_area_struct *vma)
{
	struct acme_device *acme = container_of(core, struct acme_device, vdev);
	u64 offset = (u64)vma->vm_pgoff << PAGE_SHIFT;

	if (offset + (vma->vm_end - vma->vm_start) > resource_size(acme->res))
		return -EINVAL;

	vma->vm_private_data = acme;
	vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	vma->vm_pgoff = (acme->res->start + offset) >> PAGE_SHIFT;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &acme_vma_ops;
	atomic_inc(&acme->nr_vmas);
	return 0;
}

static int acme_init(struct vfio_device *core)
{
	struct acme_device *acme = container_of(core, struct acme_device, vdev);

	mutex_init(&acme->lock);
	mutex_init(&acme->vma.lock);
	INIT_LIST_HEAD(&acme->vma.list);
	init_rwsem(&acme->access);
	return 0;
}

static void acme_release(struct vfio_device *core)
{
	struct acme_device *acme = container_of(core, struct acme_device, vdev);

	mutex_destroy(&acme->vma.lock);
	mutex_destroy(&acme->lock);
}
