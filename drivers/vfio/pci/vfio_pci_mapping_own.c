// SPDX-License-Identifier: GPL-2.0-only
/*
 * How mappings are found, the way that upstream is about to take: each mapping gets a file and an
 * address space of its own, and vm_pgoff counts from its beginning.  Built by make MAPPINGS=own,
 * which is for tests: see docs/adr/0012.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "vfio_pci_priv.h"

/**
 * struct mapping - what one mmap() has made, and what is left of it in all processes
 * @next: in mappings
 * @vdev: the device
 * @device: the device file, referenced, so that a mapping keeps the device open
 * @file: the file that the VMAs have instead; they hold it, this does not
 * @start: offset in the device file
 * @len: bytes
 */
struct mapping {
	struct list_head		next;
	struct vfio_pci_core_device	*vdev;
	struct file			*device;
	struct file			*file;
	u64				start;
	u64				len;
};

/* Nests in mmap_lock and in exclusive access; nothing is allocated in it. */
static DEFINE_MUTEX(mappings_lock);
static LIST_HEAD(mappings);

static int mapping_own_release(struct inode *inode, struct file *file)
{
	struct mapping *mapping = file->private_data;

	mutex_lock(&mappings_lock);
	list_del(&mapping->next);
	mutex_unlock(&mappings_lock);

	fput(mapping->device);
	kfree(mapping);
	return 0;
}

static const struct file_operations mapping_own_fops = {
	.owner	 = THIS_MODULE,
	.release = mapping_own_release,
};

/* NULL for a mapping that was not set up: it still has the device file. */
static const struct mapping *mapping_own_of(const struct vm_area_struct *vma)
{
	return vma->vm_file->f_op == &mapping_own_fops ? vma->vm_file->private_data : NULL;
}

u64 vfio_pci_mapping_pos(const struct vm_area_struct *vma)
{
	const struct mapping *mapping = mapping_own_of(vma);

	return ((u64)vma->vm_pgoff << PAGE_SHIFT) + (mapping ? mapping->start : 0);
}

struct vfio_pci_core_device *vfio_pci_mapping_device(const struct vm_area_struct *vma)
{
	return mapping_own_of(vma)->vdev;
}

int vfio_pci_mapping_setup(struct vfio_pci_core_device *vdev, struct vm_area_struct *vma)
{
	struct mapping *mapping;
	struct file *file;

	mapping = kzalloc(sizeof(*mapping), GFP_KERNEL_ACCOUNT);
	if (!mapping)
		return -ENOMEM;
	mapping->vdev = vdev;
	mapping->start = (u64)vma->vm_pgoff << PAGE_SHIFT;
	mapping->len = vma->vm_end - vma->vm_start;

	/* The inode of the new file, and with it the address space, is new. */
	file = anon_inode_create_getfile("[vfio-device]", &mapping_own_fops, mapping, O_RDWR, NULL);
	if (IS_ERR(file)) {
		kfree(mapping);
		return PTR_ERR(file);
	}
	mapping->device = get_file(vma->vm_file);
	mapping->file = file;
	mutex_lock(&mappings_lock);
	list_add(&mapping->next, &mappings);
	mutex_unlock(&mappings_lock);

	vma_set_file(vma, file);
	fput(file);
	vma->vm_pgoff = 0;
	return 0;
}

/* Zap the part of a range of the device file that lies in a mapping. */
static void mapping_own_zap_part(const struct mapping *mapping, u64 start, u64 end)
{
	start = max(start, mapping->start);
	end = min(end, mapping->start + mapping->len);
	if (start < end)
		unmap_mapping_range(mapping->file->f_mapping, start - mapping->start, end - start,
				    true);
}

void vfio_pci_mapping_zap(struct vfio_pci_core_device *vdev, loff_t offset, u64 len)
{
	const struct mapping *mapping;

	/* Mappings that the driver has not set up belong to the device file. */
	unmap_mapping_range(vfio_pci_core_mapping(vdev), offset, len, true);

	mutex_lock(&mappings_lock);
	list_for_each_entry(mapping, &mappings, next)
		if (mapping->vdev == vdev)
			mapping_own_zap_part(mapping, offset, offset + len);
	mutex_unlock(&mappings_lock);
}
