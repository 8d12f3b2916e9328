// SPDX-License-Identifier: GPL-2.0-only
/*
 * edu-vfio-pci: vfio-pci variant driver for the edu device
 *
 * Copyright (C) 2026 The vfio-pci SDK authors
 *
 * The first page of BAR 0 is guarded: it is mapped, read and written only while the user has been
 * granted it, and the grant ends whenever the device's memory is revoked.  The core does the rest.
 *
 * The guard covers accesses by CPUs only.  User space that maps the page for DMA
 * (VFIO_IOMMU_MAP_DMA) while it is granted keeps a translation in the IOMMU that no zap removes:
 * other devices in that IOMMU domain reach the page until user space unmaps it or closes the
 * container.  A driver can neither see nor refuse that; if DMA of peers matters, the device has to
 * enforce the grant.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/uaccess.h>
#include <linux/vfio_pci_core.h>
#include <vfio_pci_sdk/check.h>

#include "uapi.h"

#define GUARD_BAR	VFIO_PCI_BAR0_REGION_INDEX
#define GUARD_START	0
#define GUARD_LEN	PAGE_SIZE
/* Offset in the device file, as zaps take it. */
#define GUARD_POS	(VFIO_PCI_INDEX_TO_OFFSET(GUARD_BAR) + GUARD_START)

/* core_device must be the first member: vfio_alloc_device() does not compile otherwise. */
struct edu_vfio_pci_core_device {
	struct vfio_pci_core_device core_device;
	bool recalled;
	/* Protected by exclusive access, so that no fault can map the page after a zap. */
	bool granted;
	struct edu_vfio_pci_status *status;
};

static struct edu_vfio_pci_core_device *to_edu(struct vfio_device *vdev)
{
	return container_of(vdev, struct edu_vfio_pci_core_device, core_device.vdev);
}

static void set_granted(struct edu_vfio_pci_core_device *priv, bool granted)
{
	vfio_pci_core_assert_access_locked(&priv->core_device);
	priv->granted = granted;
	/* User space reads the page through its mapping at any time. */
	WRITE_ONCE(priv->status->granted, granted);
}

static int set_guard(struct edu_vfio_pci_core_device *priv, bool grant)
{
	struct vfio_pci_core_device *vdev = &priv->core_device;
	int ret = 0;

	vfio_pci_core_access_lock(vdev);
	/* granted implies that the page is accessible; access_revoke ends both. */
	if (grant && (vdev->pm_runtime_engaged || !__vfio_pci_memory_enabled(vdev)))
		ret = -EIO;
	else if (grant && READ_ONCE(priv->recalled))
		ret = -EBUSY;
	else
		set_granted(priv, grant);
	/* Unmap the page from all processes.  Faults wait for the lock, then see the new state. */
	if (!grant)
		vfio_pci_core_zap_range(vdev, GUARD_POS, GUARD_LEN);
	vfio_pci_core_access_unlock(vdev);
	return ret;
}

/* A device-specific region: a status page to map and a control register to write. */
static ssize_t guard_region_rw(struct vfio_pci_core_device *vdev, char __user *buf, size_t count,
			       loff_t *ppos, bool iswrite)
{
	loff_t pos = *ppos & VFIO_PCI_OFFSET_MASK;
	u32 grant;

	if (!iswrite || count != sizeof(grant) || pos != EDU_VFIO_PCI_CONTROL)
		return -EINVAL;
	if (copy_from_user(&grant, buf, sizeof(grant)))
		return -EFAULT;
	return set_guard(to_edu(&vdev->vdev), grant) ?: count;
}

static int guard_region_mmap(struct vfio_pci_core_device *vdev, struct vfio_pci_region *region,
			     struct vm_area_struct *vma)
{
	struct page *page = virt_to_page(to_edu(&vdev->vdev)->status);

	if (vfio_pci_core_vma_offset(vma, vma->vm_start) || vma_pages(vma) != 1)
		return -EINVAL;
	if (vma->vm_flags & VM_WRITE)
		return -EPERM;
	/* Otherwise mprotect() could make the mapping writable. */
	vm_flags_clear(vma, VM_MAYWRITE);
	/* Insert the page now, not in a fault: it is not device memory and never zapped. */
	return vm_insert_page(vma, vma->vm_start, page);
}

static int guard_region_caps(struct vfio_pci_core_device *vdev, struct vfio_pci_region *region,
			     struct vfio_info_cap *caps)
{
	/* Without this capability the region's flag means that all of it can be mapped. */
	static const struct vfio_region_sparse_mmap_area area = { .offset = 0, .size = PAGE_SIZE };

	return vfio_pci_core_add_sparse_mmap(caps, &area, 1);
}

/* A mandatory callback, called at close.  The status page lives until remove: see probe. */
static void guard_region_release(struct vfio_pci_core_device *vdev, struct vfio_pci_region *region)
{
}

static const struct vfio_pci_regops guard_regops = {
	.rw		= guard_region_rw,
	.mmap		= guard_region_mmap,
	.add_capability	= guard_region_caps,
	.release	= guard_region_release,
};

static int edu_vfio_pci_open_device(struct vfio_device *core_vdev)
{
	struct vfio_pci_core_device *vdev = &to_edu(core_vdev)->core_device;
	u32 flags = VFIO_REGION_INFO_FLAG_WRITE | VFIO_REGION_INFO_FLAG_MMAP;
	int ret;

	/* First: powers up and resets.  The device must not be touched before. */
	ret = vfio_pci_core_enable(vdev);
	if (ret)
		return ret;
	ret = vfio_pci_core_register_dev_region(vdev, EDU_VFIO_PCI_REGION_TYPE,
						EDU_VFIO_PCI_REGION_SUBTYPE, &guard_regops,
						EDU_VFIO_PCI_REGION_SIZE, flags, NULL);
	/* Last: decides what can be mapped; counts the user of a VF token. */
	if (!ret)
		vfio_pci_core_finish_enable(vdev);
	else	/* Not vfio_pci_core_close_device(), which also undoes finish_enable. */
		vfio_pci_core_disable(vdev);
	return ret;
}

/* Registers of the guarded page are 32 bits wide; allow one register per access. */
static ssize_t guard_rw(struct edu_vfio_pci_core_device *priv, char __user *buf, size_t count,
			loff_t *ppos, bool iswrite)
{
	struct vfio_pci_core_device *vdev = &priv->core_device;
	loff_t pos = *ppos & VFIO_PCI_OFFSET_MASK;
	void __iomem *io = vfio_pci_core_get_iomap(vdev, GUARD_BAR);
	int ret;
	u32 val;

	if (IS_ERR(io) || count != sizeof(val) || !IS_ALIGNED(pos, sizeof(val)))
		return -EINVAL;
	if (iswrite && copy_from_user(&val, buf, sizeof(val)))
		return -EFAULT;
	/* The device may be suspended.  vfio_pci_core_read() and _write() do this as well. */
	ret = pm_runtime_resume_and_get(&vdev->pdev->dev);
	if (ret)
		return ret;
	/* Do not access user memory here: its page fault may wait for this lock. */
	ret = vfio_pci_core_access_begin(vdev);
	if (!ret) {
		if (!priv->granted)
			ret = -EACCES;
		else if (iswrite)
			ret = vfio_pci_core_iowrite32(vdev, false, val, io + pos);
		else
			ret = vfio_pci_core_ioread32(vdev, false, &val, io + pos);
		vfio_pci_core_access_end(vdev);
	}
	pm_runtime_put(&vdev->pdev->dev);

	if (!ret && !iswrite && copy_to_user(buf, &val, sizeof(val)))
		ret = -EFAULT;
	if (!ret)
		*ppos += count;
	return ret ?: count;
}

/* Check the whole range: an access may start before the guarded page. */
static bool is_guarded(u64 pos, size_t count)
{
	return pos < GUARD_POS + GUARD_LEN && pos + count > GUARD_POS;
}

static ssize_t edu_vfio_pci_read(struct vfio_device *core_vdev, char __user *buf, size_t count,
				 loff_t *ppos)
{
	if (is_guarded(*ppos, count))
		return guard_rw(to_edu(core_vdev), buf, count, ppos, false);
	return vfio_pci_core_read(core_vdev, buf, count, ppos);
}

static ssize_t edu_vfio_pci_write(struct vfio_device *core_vdev, const char __user *buf,
				  size_t count, loff_t *ppos)
{
	if (is_guarded(*ppos, count))
		return guard_rw(to_edu(core_vdev), (char __user *)buf, count, ppos, true);
	return vfio_pci_core_write(core_vdev, buf, count, ppos);
}

static long edu_vfio_pci_ioctl(struct vfio_device *core_vdev, unsigned int cmd, unsigned long arg)
{
	/*
	 * Refuse all ioeventfds: one could write to the guarded page, and @arg may change any time.
	 */
	if (cmd == VFIO_DEVICE_IOEVENTFD)
		return -ENOTTY;
	return vfio_pci_core_ioctl(core_vdev, cmd, arg);
}

static vm_fault_t edu_vfio_pci_fault(struct vm_fault *vmf)
{
	struct vfio_pci_core_device *vdev = vfio_pci_core_vma_device(vmf->vma);
	phys_addr_t guard = pci_resource_start(vdev->pdev, GUARD_BAR) + GUARD_START;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	if (vfio_pci_core_vma_offset(vmf->vma, vmf->address) != GUARD_START)
		return vfio_pci_core_fault(vmf);

	/* Waits for the end of a reset. */
	if (vfio_pci_core_access_begin(vdev))
		return VM_FAULT_SIGBUS;
	if (to_edu(&vdev->vdev)->granted)
		ret = vfio_pci_vmf_insert_pfn(vdev, vmf, PHYS_PFN(guard), 0);
	vfio_pci_core_access_end(vdev);
	return ret;
}

/* The declared range in probe keeps large entries and fault windows off the guarded page. */
static const struct vm_operations_struct edu_vfio_pci_mmap_ops = {
	.fault		= edu_vfio_pci_fault,
	.huge_fault	= vm_ops_huge_fault(vfio_pci_core_huge_fault),
};

static int edu_vfio_pci_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	int ret = vfio_pci_core_mmap(core_vdev, vma);

	/* Only for BAR 0: the region has no handlers, and other BARs keep those of the core. */
	if (!ret && vfio_pci_core_vma_index(vma) == GUARD_BAR)
		vma->vm_ops = &edu_vfio_pci_mmap_ops;
	return ret;
}

/* The host wants the device back; called repeatedly until the user has closed it. */
static void edu_vfio_pci_request(struct vfio_device *core_vdev, unsigned int count)
{
	WRITE_ONCE(to_edu(core_vdev)->recalled, true);
	set_guard(to_edu(core_vdev), false);
	/* Required: signals the user's request eventfd. */
	vfio_pci_core_request(core_vdev, count);
}

/* Other callbacks are the core's.  New VFs get .name, the driver's name, as driver_override. */
DEFINE_VFIO_PCI_OPS(edu_vfio_pci_ops,
	.name		= KBUILD_MODNAME,
	.open_device	= edu_vfio_pci_open_device,
	.ioctl		= edu_vfio_pci_ioctl,
	.read		= edu_vfio_pci_read,
	.write		= edu_vfio_pci_write,
	.mmap		= edu_vfio_pci_mmap,
	.request	= edu_vfio_pci_request,
);

/* Decode off, power-down, reset, low power, close: the core zaps the page; end the grant. */
static void edu_vfio_pci_access_revoke(struct vfio_pci_core_device *vdev)
{
	set_granted(to_edu(&vdev->vdev), false);
}

/* No get_dmabuf_phys: importers of a dma-buf of BAR 0 would reach the guarded page. */
static const struct vfio_pci_device_ops edu_vfio_pci_dev_ops = {
	.access_revoke	= edu_vfio_pci_access_revoke,
};

static int edu_vfio_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct edu_vfio_pci_core_device *priv;
	int ret = -ENOMEM;

	priv = vfio_alloc_device(edu_vfio_pci_core_device, core_device.vdev,
				 &pdev->dev, &edu_vfio_pci_ops);
	if (IS_ERR(priv))
		return PTR_ERR(priv);
	/* Not priv: the core's callbacks expect a struct vfio_pci_core_device here. */
	dev_set_drvdata(&pdev->dev, &priv->core_device);
	priv->core_device.pci_ops = &edu_vfio_pci_dev_ops;
	/* Lives until remove, not until close: a closed device may be reset as well. */
	priv->status = (void *)devm_get_free_pages(&pdev->dev, GFP_KERNEL | __GFP_ZERO, 0);
	if (!priv->status)
		goto put;
	/* A declared range is never mapped together with its neighbours. */
	ret = vfio_pci_core_set_memtype(&priv->core_device, GUARD_BAR, GUARD_START, GUARD_LEN,
					VFIO_PCI_MEMTYPE_UC, 0);
	if (ret) {
		pci_err(pdev, "cannot guard the first page of BAR 0: %d\n", ret);
		goto put;
	}

	/* Live migration: set migration_flags, mig_ops and log_ops of core_device.vdev here. */
	/* Last: user space may open the device from here on. */
	ret = vfio_pci_core_register_device(&priv->core_device);
	if (!ret)
		return 0;
put:
	/* Not kfree(): the last reference calls .release and frees. */
	vfio_put_device(&priv->core_device.vdev);
	return ret;
}

static void edu_vfio_pci_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);

	/* Waits until the user has closed it. */
	vfio_pci_core_unregister_device(vdev);
	vfio_put_device(&vdev->vdev);
}

/* Called after any reset, also through sysfs, with exclusive access; the grant has ended. */
static void edu_vfio_pci_reset_done(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);
	struct edu_vfio_pci_status *status = to_edu(&vdev->vdev)->status;

	WRITE_ONCE(status->resets, status->resets + 1);
	/* Last: restores access if the core's reset_prepare revoked it. */
	vfio_pci_core_reset_done(pdev);
}

static const struct pci_error_handlers edu_vfio_pci_err_handlers = {
	.error_detected	= vfio_pci_core_aer_err_detected,
	.reset_prepare	= vfio_pci_core_reset_prepare,
	.reset_done	= edu_vfio_pci_reset_done,
};

/* The macro restricts the driver to devices that were given to vfio by driver_override. */
static const struct pci_device_id edu_vfio_pci_table[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(0x1234, 0x11e8) },
	{}
};
MODULE_DEVICE_TABLE(pci, edu_vfio_pci_table);

static struct pci_driver edu_vfio_pci_driver = {
	.name			= KBUILD_MODNAME,
	.id_table		= edu_vfio_pci_table,
	.probe			= edu_vfio_pci_probe,
	.remove			= edu_vfio_pci_remove,
	.err_handler		= &edu_vfio_pci_err_handlers,
	/* vfio assigns the IOMMU domain; otherwise the driver core claims one for kernel DMA. */
	.driver_managed_dma	= true,
};
module_pci_driver(edu_vfio_pci_driver);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The vfio-pci SDK authors");
MODULE_DESCRIPTION("vfio-pci variant driver for the edu device");
