// SPDX-License-Identifier: GPL-2.0-only
/*
 * edu-vfio-pci: vfio-pci variant driver for the edu device
 *
 * Copyright (C) 2026 The vfio-pci SDK authors
 *
 * The first page of BAR 0 is guarded: it is mapped, read and written only while the user has been
 * granted it, and the grant ends whenever the device's memory goes away.  All else is the core's.
 *
 * The guard binds CPUs.  User space that maps the page for DMA (VFIO_IOMMU_MAP_DMA) while it is
 * granted keeps a translation in the IOMMU that no zap removes: other devices in that IOMMU domain
 * reach the page until user space unmaps it, or closes the container.  A driver can neither see nor
 * refuse that, so where a peer's DMA matters, let the device enforce the grant.
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
/* In the device file, which is what vm_pgoff and zaps count in. */
#define GUARD_POS	(VFIO_PCI_INDEX_TO_OFFSET(GUARD_BAR) + GUARD_START)

/* core_device must come first: vfio_alloc_device() does not compile otherwise. */
struct edu_vfio_pci_core_device {
	struct vfio_pci_core_device core_device;
	bool recalled;
	/* Changed with access locked: under any other lock a fault could undo the zap. */
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
	/* User space reads it through its mapping, at any time. */
	WRITE_ONCE(priv->status->granted, granted);
}

static int set_guard(struct edu_vfio_pci_core_device *priv, bool grant)
{
	struct vfio_pci_core_device *vdev = &priv->core_device;
	int ret = 0;

	vfio_pci_core_access_lock(vdev);
	/* "granted" is to imply "accessible"; access_revoke ends both. */
	if (grant && (vdev->pm_runtime_engaged || !__vfio_pci_memory_enabled(vdev)))
		ret = -EIO;
	else if (grant && READ_ONCE(priv->recalled))
		ret = -EBUSY;
	else
		set_granted(priv, grant);
	/* From all processes; faults wait for the lock, then see that it is not granted. */
	if (!grant)
		vfio_pci_core_zap_range(vdev, GUARD_POS, GUARD_LEN);
	vfio_pci_core_access_unlock(vdev);
	return ret;
}

/* A device-specific region: a status page that is mapped, a control register that is written. */
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

	if (vma->vm_pgoff & (VFIO_PCI_OFFSET_MASK >> PAGE_SHIFT) || vma_pages(vma) != 1)
		return -EINVAL;
	if (vma->vm_flags & VM_WRITE)
		return -EPERM;
	/* Without this, mprotect() would make it writable. */
	vm_flags_clear(vma, VM_MAYWRITE);
	/* Now rather than by a fault: this is not device memory and is never zapped. */
	return vm_insert_page(vma, vma->vm_start, page);
}

static int guard_region_caps(struct vfio_pci_core_device *vdev, struct vfio_pci_region *region,
			     struct vfio_info_cap *caps)
{
	/* Without it, the region's flag would promise that all of it can be mapped. */
	static const struct vfio_region_sparse_mmap_area area = { .offset = 0, .size = PAGE_SIZE };

	return vfio_pci_core_add_sparse_mmap(caps, &area, 1);
}

/* Called at close, and must be there; but the status page stays: see probe. */
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

	/* First: powers up, resets.  Before it the device must not be touched. */
	ret = vfio_pci_core_enable(vdev);
	if (ret)
		return ret;
	ret = vfio_pci_core_register_dev_region(vdev, EDU_VFIO_PCI_REGION_TYPE,
						EDU_VFIO_PCI_REGION_SUBTYPE, &guard_regops,
						EDU_VFIO_PCI_REGION_SIZE, flags, NULL);
	/* Last: decides what can be mapped; a VF's token is in use from here on. */
	if (!ret)
		vfio_pci_core_finish_enable(vdev);
	else	/* Not the core's close_device: that undoes finish_enable, too. */
		vfio_pci_core_disable(vdev);
	return ret;
}

/* Registers of the guarded page are 32 bits wide, and an access to it is one of them. */
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
	/* The core's read and write do it, too: the device may be asleep. */
	ret = pm_runtime_resume_and_get(&vdev->pdev->dev);
	if (ret)
		return ret;
	/* No user memory in here: its page fault may wait for this very lock. */
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

/* Asked of all of an access, so that none gets in by starting before the page. */
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
	/* An eventfd could write to the guarded page; user memory says where to, and may change. */
	if (cmd == VFIO_DEVICE_IOEVENTFD)
		return -ENOTTY;
	return vfio_pci_core_ioctl(core_vdev, cmd, arg);
}

static vm_fault_t edu_vfio_pci_fault(struct vm_fault *vmf)
{
	struct vfio_pci_core_device *vdev = vmf->vma->vm_private_data;	/* so the core's mmap */
	phys_addr_t guard = pci_resource_start(vdev->pdev, GUARD_BAR) + GUARD_START;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	/* An offset in the device file, because vm_pgoff is: a zap would miss it otherwise. */
	if (vmf->pgoff != GUARD_POS >> PAGE_SHIFT)
		return vfio_pci_core_fault(vmf);

	/* Waits for the end of a reset. */
	if (vfio_pci_core_access_begin(vdev))
		return VM_FAULT_SIGBUS;
	if (to_edu(&vdev->vdev)->granted)
		ret = vfio_pci_vmf_insert_pfn(vdev, vmf, PHYS_PFN(guard), 0);
	vfio_pci_core_access_end(vdev);
	return ret;
}

/* No large entry covers the guarded page, nor a window of the core's fault: see probe. */
static const struct vm_operations_struct edu_vfio_pci_mmap_ops = {
	.fault		= edu_vfio_pci_fault,
	.huge_fault	= vm_ops_huge_fault(vfio_pci_core_huge_fault),
};

static int edu_vfio_pci_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	int ret = vfio_pci_core_mmap(core_vdev, vma);

	/* Only where the core's handlers were: the region has none, other BARs need no others. */
	if (!ret && vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT) == GUARD_BAR)
		vma->vm_ops = &edu_vfio_pci_mmap_ops;
	return ret;
}

/* The host wants the device back; called again and again until the user has closed it. */
static void edu_vfio_pci_request(struct vfio_device *core_vdev, unsigned int count)
{
	WRITE_ONCE(to_edu(core_vdev)->recalled, true);
	set_guard(to_edu(core_vdev), false);
	/* Without this nobody would tell the user. */
	vfio_pci_core_request(core_vdev, count);
}

/* The core's for all else, close included.  The name is the driver's: new VFs are bound by it. */
DEFINE_VFIO_PCI_OPS(edu_vfio_pci_ops,
	.name		= KBUILD_MODNAME,
	.open_device	= edu_vfio_pci_open_device,
	.ioctl		= edu_vfio_pci_ioctl,
	.read		= edu_vfio_pci_read,
	.write		= edu_vfio_pci_write,
	.mmap		= edu_vfio_pci_mmap,
	.request	= edu_vfio_pci_request,
);

/* Decode off, power-down, reset, low power, close: the core zaps the page, this ends the grant. */
static void edu_vfio_pci_access_revoke(struct vfio_pci_core_device *vdev)
{
	set_granted(to_edu(&vdev->vdev), false);
}

/* No get_dmabuf_phys: who imports a dma-buf of BAR 0 would have the guarded page in it. */
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
	/* Not priv: the core's error and SR-IOV callbacks take it for their own structure. */
	dev_set_drvdata(&pdev->dev, &priv->core_device);
	priv->core_device.pci_ops = &edu_vfio_pci_dev_ops;
	/* Until remove, not until close: a closed device may be reset, too. */
	priv->status = (void *)devm_get_free_pages(&pdev->dev, GFP_KERNEL | __GFP_ZERO, 0);
	if (!priv->status)
		goto put;
	/* A declared range is never mapped together with what lies beside it. */
	ret = vfio_pci_core_set_memtype(&priv->core_device, GUARD_BAR, GUARD_START, GUARD_LEN,
					VFIO_PCI_MEMTYPE_UC, 0);
	if (ret) {
		pci_err(pdev, "cannot guard the first page of BAR 0: %d\n", ret);
		goto put;
	}

	/* Live migration: migration_flags, mig_ops and log_ops of core_device.vdev are set here. */
	/* Last: user space may open the device from here on. */
	ret = vfio_pci_core_register_device(&priv->core_device);
	if (!ret)
		return 0;
put:
	/* Not kfree(): it runs the release callback, and frees when the last reference is gone. */
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

/* Any reset of the device, sysfs's too; nobody has access, and the grant has ended. */
static void edu_vfio_pci_reset_done(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);
	struct edu_vfio_pci_status *status = to_edu(&vdev->vdev)->status;

	WRITE_ONCE(status->resets, status->resets + 1);
	/* Last: gives the device back, if it was this that took it away. */
	vfio_pci_core_reset_done(pdev);
}

static const struct pci_error_handlers edu_vfio_pci_err_handlers = {
	.error_detected	= vfio_pci_core_aer_err_detected,
	.reset_prepare	= vfio_pci_core_reset_prepare,
	.reset_done	= edu_vfio_pci_reset_done,
};

/* The macro keeps the driver from taking devices that were not given to vfio: driver_override. */
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
	/* vfio assigns the IOMMU domain; the driver core would claim one for kernel DMA. */
	.driver_managed_dma	= true,
};
module_pci_driver(edu_vfio_pci_driver);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The vfio-pci SDK authors");
MODULE_DESCRIPTION("vfio-pci variant driver for the edu device");
