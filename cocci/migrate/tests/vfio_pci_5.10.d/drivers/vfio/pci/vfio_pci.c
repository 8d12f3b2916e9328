// SPDX-License-Identifier: GPL-2.0-only
#include <linux/device.h>
#include <linux/file.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include "vfio_pci_private.h"

static struct pci_driver vfio_pci_driver;

bool vfio_pci_memory_on(struct vfio_pci_device *vdev)
{
	u16 command;

	pci_read_config_word(vdev->pdev, PCI_COMMAND, &command);
	return command & PCI_COMMAND_MEMORY;
}

/* ---- open and close */

static int vfio_pci_start(struct vfio_pci_device *vdev)
{
	unsigned int bar;
	int err;

	err = pci_enable_device(vdev->pdev);
	if (err)
		return err;

	vdev->can_reset = !pci_try_reset_function(vdev->pdev);
	pci_save_state(vdev->pdev);
	vdev->at_open = pci_store_saved_state(vdev->pdev);

	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		resource_size_t start = pci_resource_start(vdev->pdev, bar);

		/* What shares a page with something else is never mapped */
		if ((pci_resource_flags(vdev->pdev, bar) & IORESOURCE_MEM) &&
		    PAGE_ALIGNED(start | pci_resource_len(vdev->pdev, bar)))
			__set_bit(bar, &vdev->may_map);
	}
	return 0;
}

static void vfio_pci_stop(struct vfio_pci_device *vdev)
{
	pci_clear_master(vdev->pdev);
	pci_release_selected_regions(vdev->pdev, vdev->claimed);
	vdev->claimed = 0;
	vdev->may_map = 0;
	pci_load_and_free_saved_state(vdev->pdev, &vdev->at_open);
	pci_restore_state(vdev->pdev);
	pci_disable_device(vdev->pdev);
}

static int vfio_pci_open(void *device_data)
{
	struct vfio_pci_device *vdev = device_data;
	int err = 0;

	if (!try_module_get(THIS_MODULE))
		return -ENODEV;

	mutex_lock(&vdev->open_lock);
	if (vdev->users == 0)
		err = vfio_pci_start(vdev);
	if (err)
		module_put(THIS_MODULE);
	else
		vdev->users++;
	mutex_unlock(&vdev->open_lock);
	return err;
}

static void vfio_pci_release(void *device_data)
{
	struct vfio_pci_device *vdev = device_data;

	mutex_lock(&vdev->open_lock);
	vdev->users--;
	if (vdev->users == 0)
		vfio_pci_stop(vdev);
	mutex_unlock(&vdev->open_lock);
	module_put(THIS_MODULE);
}

/* ---- a reset of everything on a bus or in a slot */

struct vfio_pci_walk {
	int (*fn)(struct pci_dev *pdev, void *data);
	struct pci_slot *slot;
	void *data;
	int err;
};

static int vfio_pci_walk_one(struct pci_dev *pdev, void *data)
{
	struct vfio_pci_walk *walk = data;

	if (walk->slot && pdev->slot != walk->slot)
		return 0;
	walk->err = walk->fn(pdev, walk->data);
	return walk->err;
}

static int vfio_pci_for_each_slot_or_bus(struct pci_dev *pdev, int (*fn)(struct pci_dev *, void *data), void *data,
					 bool slot)
{
	struct vfio_pci_walk walk = { .fn = fn, .data = data, .slot = slot ? pdev->slot : NULL };

	pci_walk_bus(pdev->bus, vfio_pci_walk_one, &walk);
	return walk.err;
}

static int vfio_pci_count_one(struct pci_dev *pdev, void *data)
{
	int *count = data;

	++*count;
	return 0;
}

struct vfio_pci_owned {
	int *ids;
	int nr;
};

/* Does a device belong to a group that user space has shown? */
static int vfio_pci_is_owned(struct pci_dev *pdev, void *data)
{
	struct iommu_group *group = iommu_group_get(&pdev->dev);
	struct vfio_pci_owned *owned = data;
	int id, i;

	if (!group)
		return -EPERM;
	id = iommu_group_id(group);
	iommu_group_put(group);

	for (i = 0; i < owned->nr; i++) {
		if (owned->ids[i] == id)
			return 0;
	}
	return -EPERM;
}

struct vfio_devices {
	struct vfio_device **devices;
	int cur_index;
	int max_index;
};

/* ---- taking mappings away */

/*
 * With try, 0 says that somebody holds a lock. Otherwise 1, and vma_lock is held.
 */
static int vfio_pci_zap_and_vma_lock(struct vfio_pci_device *vdev, bool try)
{
	struct vfio_pci_mmap_vma *entry, *next;
	struct vm_area_struct *vma;
	struct mm_struct *mm;

	/* mmap_lock comes before vma_lock, so find an mm, let vma_lock go, and come back */
	for (;;) {
		mm = NULL;
		if (!try)
			mutex_lock(&vdev->vma_lock);
		else if (!mutex_trylock(&vdev->vma_lock))
			return 0;

		while (!list_empty(&vdev->vma_list)) {
			entry = list_first_entry(&vdev->vma_list, struct vfio_pci_mmap_vma, vma_next);
			if (mmget_not_zero(entry->vma->vm_mm)) {
				mm = entry->vma->vm_mm;
				break;
			}
			list_del(&entry->vma_next);
			kfree(entry);
		}
		if (!mm)
			break;
		mutex_unlock(&vdev->vma_lock);

		if (!try) {
			mmap_read_lock(mm);
			mutex_lock(&vdev->vma_lock);
		} else if (!mmap_read_trylock(mm)) {
			mmput(mm);
			return 0;
		} else if (!mutex_trylock(&vdev->vma_lock)) {
			mmap_read_unlock(mm);
			mmput(mm);
			return 0;
		}

		list_for_each_entry_safe(entry, next, &vdev->vma_list, vma_next) {
			vma = entry->vma;
			if (vma->vm_mm == mm) {
				zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
				list_del(&entry->vma_next);
				kfree(entry);
			}
		}
		mutex_unlock(&vdev->vma_lock);
		mmap_read_unlock(mm);
		mmput(mm);
	}
	return 1;
}

void vfio_pci_zap_and_down_write_memory_lock(struct vfio_pci_device *vdev)
{
	vfio_pci_zap_and_vma_lock(vdev, false);
	down_write(&vdev->memory_lock);
	mutex_unlock(&vdev->vma_lock);
}

/* Takes one device of a hot reset, or none: it must not wait while it has others */
static int vfio_pci_try_zap_and_vma_lock_cb(struct pci_dev *pdev, void *data)
{
	struct vfio_device *device = NULL;
	struct vfio_devices *devs = data;
	int err = -EBUSY;

	if (devs->cur_index < devs->max_index)
		device = vfio_device_get_from_dev(&pdev->dev);
	if (!device)
		return -EINVAL;
	if (pci_dev_driver(pdev) == &vfio_pci_driver) {
		struct vfio_pci_device *vdev = vfio_device_data(device);

		if (vfio_pci_zap_and_vma_lock(vdev, true)) {
			devs->devices[devs->cur_index++] = device;
			return 0;
		}
	} else {
		err = -EPERM;
	}
	vfio_device_put(device);
	return err;
}

/* ---- ioctl */

static long vfio_pci_ioctl(void *device_data, unsigned int cmd, unsigned long arg)
{
	struct vfio_pci_device *vdev = device_data;
	void __user *user = (void __user *)arg;
	size_t least;

	if (cmd == VFIO_DEVICE_GET_INFO) {
		struct vfio_device_info about;

		least = offsetofend(struct vfio_device_info, num_irqs);
		if (copy_from_user(&about, user, least))
			return -EFAULT;
		if (about.argsz < least)
			return -EINVAL;
		about.num_irqs = VFIO_PCI_NUM_IRQS;
		about.num_regions = VFIO_PCI_NUM_REGIONS;
		about.flags = VFIO_DEVICE_FLAGS_PCI | (vdev->can_reset ? VFIO_DEVICE_FLAGS_RESET : 0);
		if (copy_to_user(user, &about, least))
			return -EFAULT;
		return 0;

	} else if (cmd == VFIO_DEVICE_GET_REGION_INFO) {
		struct vfio_region_info region;

		least = offsetofend(struct vfio_region_info, offset);
		if (copy_from_user(&region, user, least))
			return -EFAULT;
		if (region.argsz < least || region.index >= VFIO_PCI_NUM_REGIONS)
			return -EINVAL;
		region.size = 0;
		region.flags = VFIO_REGION_INFO_FLAG_WRITE | VFIO_REGION_INFO_FLAG_READ;
		region.offset = VFIO_PCI_INDEX_TO_OFFSET(region.index);
		if (region.index == VFIO_PCI_CONFIG_REGION_INDEX) {
			region.size = vdev->pdev->cfg_size;
		} else if (region.index < VFIO_PCI_ROM_REGION_INDEX) {
			region.size = pci_resource_len(vdev->pdev, region.index);
			if (test_bit(region.index, &vdev->may_map))
				region.flags |= VFIO_REGION_INFO_FLAG_MMAP;
		} else if (region.index == VFIO_PCI_ROM_REGION_INDEX) {
			void __iomem *rom;
			size_t size = 0;

			down_write(&vdev->memory_lock);
			rom = vfio_pci_memory_on(vdev) ? pci_map_rom(vdev->pdev, &size) : NULL;
			if (rom)
				pci_unmap_rom(vdev->pdev, rom);
			up_write(&vdev->memory_lock);
			region.size = size;
			region.flags &= ~VFIO_REGION_INFO_FLAG_WRITE;
		}
		if (!region.size)
			region.flags = 0;
		if (copy_to_user(user, &region, least))
			return -EFAULT;
		return 0;

	} else if (cmd == VFIO_DEVICE_SET_IRQS) {
		struct vfio_irq_set set;
		void *data = NULL;
		size_t bytes = 0;
		int err;

		least = offsetofend(struct vfio_irq_set, count);
		if (copy_from_user(&set, user, least))
			return -EFAULT;
		err = vfio_set_irqs_validate_and_prepare(&set, 1, VFIO_PCI_NUM_IRQS, &bytes);
		if (!err && bytes) {
			data = memdup_user(user + least, bytes);
			err = PTR_ERR_OR_ZERO(data);
		}
		if (err)
			return err;
		mutex_lock(&vdev->igate);
		err = vfio_pci_irqs(vdev, &set, data);
		mutex_unlock(&vdev->igate);
		kfree(data);
		return err;

	} else if (cmd == VFIO_DEVICE_RESET) {
		int err = -EINVAL;

		if (vdev->can_reset) {
			vfio_pci_zap_and_down_write_memory_lock(vdev);
			err = pci_try_reset_function(vdev->pdev);
			up_write(&vdev->memory_lock);
		}
		return err;

	} else if (cmd == VFIO_DEVICE_PCI_HOT_RESET) {
		struct vfio_devices devs = { .cur_index = 0 };
		struct vfio_pci_owned owned = { .nr = 0 };
		struct vfio_pci_hot_reset reset;
		struct vfio_group **held = NULL;
		s32 *fds = NULL;
		bool slot;
		int i, mem_idx = 0, count = 0, ret;

		least = offsetofend(struct vfio_pci_hot_reset, count);
		if (copy_from_user(&reset, user, least))
			return -EFAULT;
		if (reset.flags || reset.argsz < least)
			return -EINVAL;

		slot = !pci_probe_reset_slot(vdev->pdev->slot);
		if (!slot && pci_probe_reset_bus(vdev->pdev->bus))
			return -ENODEV;
		vfio_pci_for_each_slot_or_bus(vdev->pdev, vfio_pci_count_one, &count, slot);
		if (reset.count == 0 || reset.count > count)
			return -EINVAL;

		ret = -ENOMEM;
		devs.max_index = count;
		devs.devices = kcalloc(count, sizeof(*devs.devices), GFP_KERNEL);
		owned.ids = kcalloc(count, sizeof(*owned.ids), GFP_KERNEL);
		held = kcalloc(count, sizeof(*held), GFP_KERNEL);
		fds = memdup_user(user + least, reset.count * sizeof(*fds));
		if (IS_ERR(fds)) {
			ret = PTR_ERR(fds);
			fds = NULL;
		}
		if (!devs.devices || !owned.ids || !held || !fds)
			goto out_free;

		for (; owned.nr < reset.count; owned.nr++) {
			struct fd file = fdget(fds[owned.nr]);

			held[owned.nr] = file.file ? vfio_group_get_external_user(file.file) : ERR_PTR(-EBADF);
			fdput(file);
			if (IS_ERR(held[owned.nr])) {
				ret = PTR_ERR(held[owned.nr]);
				goto out_groups;
			}
			owned.ids[owned.nr] = vfio_external_user_iommu_id(held[owned.nr]);
		}

		ret = vfio_pci_for_each_slot_or_bus(vdev->pdev, vfio_pci_is_owned, &owned, slot);
		if (ret)
			goto out_groups;

		/* First zap each of them and keep its vma_lock; memory_lock comes after all mmap_locks */
		ret = vfio_pci_for_each_slot_or_bus(vdev->pdev, vfio_pci_try_zap_and_vma_lock_cb, &devs, slot);
		if (ret)
			goto out_devices;

		for (; mem_idx < devs.cur_index; mem_idx++) {
			struct vfio_pci_device *one;

			one = vfio_device_data(devs.devices[mem_idx]);
			ret = down_write_trylock(&one->memory_lock);
			if (!ret) {
				ret = -EBUSY;
				goto out_devices;
			}
			mutex_unlock(&one->vma_lock);
		}

		ret = pci_reset_bus(vdev->pdev);

out_devices:
		for (i = 0; i < devs.cur_index; i++) {
			struct vfio_pci_device *one = vfio_device_data(devs.devices[i]);

			if (i >= mem_idx)
				mutex_unlock(&one->vma_lock);
			else
				up_write(&one->memory_lock);
			vfio_device_put(devs.devices[i]);
		}
out_groups:
		while (owned.nr--)
			vfio_group_put_external_user(held[owned.nr]);
out_free:
		kfree(fds);
		kfree(held);
		kfree(owned.ids);
		kfree(devs.devices);
		return ret;
	}

	return -ENOTTY;
}

/* ---- mmap */

static int vfio_pci_add_vma(struct vfio_pci_device *vdev, struct vm_area_struct *vma)
{
	struct vfio_pci_mmap_vma *entry = kmalloc(sizeof(*entry), GFP_KERNEL);

	if (!entry)
		return -ENOMEM;
	entry->vma = vma;
	list_add(&entry->vma_next, &vdev->vma_list);
	return 0;
}

/* The child of a fork has the pages but is in no list: make it fault */
static void vfio_pci_mmap_open(struct vm_area_struct *vma)
{
	zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
}

static void vfio_pci_mmap_close(struct vm_area_struct *vma)
{
	struct vfio_pci_device *vdev = vma->vm_private_data;
	struct vfio_pci_mmap_vma *entry, *next;

	mutex_lock(&vdev->vma_lock);
	list_for_each_entry_safe(entry, next, &vdev->vma_list, vma_next) {
		if (entry->vma != vma)
			continue;
		list_del(&entry->vma_next);
		kfree(entry);
	}
	mutex_unlock(&vdev->vma_lock);
}

static vm_fault_t vfio_pci_mmap_fault(struct vm_fault *vmf)
{
	struct vfio_pci_device *vdev = vmf->vma->vm_private_data;
	struct vm_area_struct *vma = vmf->vma;
	struct vfio_pci_mmap_vma *entry;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	mutex_lock(&vdev->vma_lock);
	down_read(&vdev->memory_lock);
	if (!vfio_pci_memory_on(vdev))
		goto out;

	/* Another thread may have filled it meanwhile */
	ret = VM_FAULT_NOPAGE;
	list_for_each_entry(entry, &vdev->vma_list, vma_next) {
		if (entry->vma == vma)
			goto out;
	}

	if (io_remap_pfn_range(vma, vma->vm_start, vma->vm_pgoff, vma->vm_end - vma->vm_start, vma->vm_page_prot)) {
		zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
		ret = VM_FAULT_SIGBUS;
		goto out;
	}
	if (vfio_pci_add_vma(vdev, vma)) {
		zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
		ret = VM_FAULT_OOM;
	}
out:
	up_read(&vdev->memory_lock);
	mutex_unlock(&vdev->vma_lock);
	return ret;
}

static const struct vm_operations_struct vfio_pci_mmap_ops = {
	.fault = vfio_pci_mmap_fault,
	.close = vfio_pci_mmap_close,
	.open = vfio_pci_mmap_open,
};

static int vfio_pci_mmap(void *device_data, struct vm_area_struct *vma)
{
	struct vfio_pci_device *vdev = device_data;
	unsigned int index = vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT);
	u64 pgoff = vma->vm_pgoff & GENMASK(VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT - 1, 0);
	int err;

	if (index >= VFIO_PCI_ROM_REGION_INDEX || !test_bit(index, &vdev->may_map))
		return -EINVAL;
	if (!(vma->vm_flags & VM_SHARED) ||
	    pgoff + vma_pages(vma) > pci_resource_len(vdev->pdev, index) >> PAGE_SHIFT)
		return -EINVAL;

	/* The first who maps a BAR claims it */
	if (!test_and_set_bit(index, &vdev->claimed)) {
		err = pci_request_selected_regions(vdev->pdev, BIT(index), "vfio-pci");
		if (err) {
			clear_bit(index, &vdev->claimed);
			return err;
		}
	}

	vma->vm_private_data = vdev;
	vma->vm_pgoff = PHYS_PFN(pci_resource_start(vdev->pdev, index)) + pgoff;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	/*
	 * remap_pfn_range() sets them as well, but at a fault mmap_lock is
	 * held for read, so they must be there before.
	 */
	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	vma->vm_ops = &vfio_pci_mmap_ops;
	return 0;
}

/* ---- the driver */

static const struct vfio_device_ops vfio_pci_ops = {
	.name		= "vfio-pci",
	.open		= vfio_pci_open,
	.release	= vfio_pci_release,
	.ioctl		= vfio_pci_ioctl,
	.mmap		= vfio_pci_mmap,
};

static int vfio_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vfio_pci_device *vdev = kzalloc(sizeof(*vdev), GFP_KERNEL);
	int err;

	if (!vdev)
		return -ENOMEM;
	vdev->pdev = pdev;
	init_rwsem(&vdev->memory_lock);
	INIT_LIST_HEAD(&vdev->vma_list);
	mutex_init(&vdev->vma_lock);
	mutex_init(&vdev->igate);
	mutex_init(&vdev->open_lock);

	err = vfio_add_group_dev(&pdev->dev, &vfio_pci_ops, vdev);
	if (err)
		kfree(vdev);
	return err;
}

static void vfio_pci_remove(struct pci_dev *pdev)
{
	kfree(vfio_del_group_dev(&pdev->dev));
}

static struct pci_driver vfio_pci_driver = {
	.name	= "vfio-pci",
	.probe	= vfio_pci_probe,
	.remove	= vfio_pci_remove,
};

module_pci_driver(vfio_pci_driver);
MODULE_LICENSE("GPL");
