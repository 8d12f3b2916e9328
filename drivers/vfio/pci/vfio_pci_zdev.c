// SPDX-License-Identifier: GPL-2.0-only
/*
 * s390: properties of PCI functions beyond config space, which firmware reports (CLP).  User space
 * gets them as capabilities of GET_INFO and builds the guest's view from them.
 */
#include <linux/kvm_host.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio_zdev.h>
#include <asm/pci_clp.h>
#include <asm/pci_io.h>

#include "vfio_pci_priv.h"

static int zdev_add_base(const struct zpci_dev *zpci, struct vfio_info_cap *caps)
{
	struct vfio_device_info_cap_zpci_base cap = {
		.header			= { .id = VFIO_DEVICE_INFO_CAP_ZPCI_BASE, .version = 3 },
		.fh			= zpci->fh,
		.gid			= zpci->pfgid,
		.pchid			= zpci->pchid,
		.vfn			= zpci->vfn,
		.pft			= zpci->pft,
		.fmb_length		= zpci->fmb_length,
		.start_dma		= zpci->start_dma,
		.end_dma		= zpci->end_dma,
		.ccdf_err_length	= sizeof(struct zpci_ccdf_err),
	};

	return vfio_info_add_capability(caps, &cap.header, sizeof(cap));
}

static int zdev_add_group(const struct zpci_dev *zpci, struct vfio_info_cap *caps)
{
	struct vfio_device_info_cap_zpci_group cap = {
		.header		= { .id = VFIO_DEVICE_INFO_CAP_ZPCI_GROUP, .version = 2 },
		.flags		= VFIO_DEVICE_INFO_ZPCI_FLAG_REFRESH,
		.version	= zpci->version,
		.dasm		= zpci->dma_mask,
		.msi_addr	= zpci->msi_addr,
		.mui		= zpci->fmb_update,
		.noi		= zpci->max_msi,
		/* Store block limits for write() and for guest instructions. */
		.maxstbl	= ZPCI_MAX_WRITE_SIZE,
		.imaxstbl	= zpci->maxstbl,
	};

	return vfio_info_add_capability(caps, &cap.header, sizeof(cap));
}

/*
 * The utility string and the function path have the same layout in two uAPI structures: a header, a
 * length and that many bytes.
 */
static int zdev_add_bytes(u16 id, const u8 *bytes, u32 size, struct vfio_info_cap *caps)
{
	struct vfio_device_info_cap_zpci_util *cap;
	int ret;

	BUILD_BUG_ON(offsetof(struct vfio_device_info_cap_zpci_util, util_str) !=
		     offsetof(struct vfio_device_info_cap_zpci_pfip, pfip));

	cap = kzalloc(struct_size(cap, util_str, size), GFP_KERNEL);
	if (!cap)
		return -ENOMEM;

	cap->header.id = id;
	cap->header.version = 1;
	cap->size = size;
	memcpy(cap->util_str, bytes, size);
	ret = vfio_info_add_capability(caps, &cap->header, struct_size(cap, util_str, size));
	kfree(cap);
	return ret;
}

int vfio_pci_info_zdev_add_caps(struct vfio_pci_core_device *vdev, struct vfio_info_cap *caps)
{
	struct zpci_dev *zpci = to_zpci(vdev->pdev);
	int ret;

	if (!zpci)
		return -ENODEV;

	ret = zdev_add_base(zpci, caps);
	if (!ret)
		ret = zdev_add_group(zpci, caps);
	if (!ret && zpci->util_str_avail)
		ret = zdev_add_bytes(VFIO_DEVICE_INFO_CAP_ZPCI_UTIL, zpci->util_str,
				     CLP_UTIL_STR_LEN, caps);
	if (!ret)
		ret = zdev_add_bytes(VFIO_DEVICE_INFO_CAP_ZPCI_PFIP, zpci->pfip,
				     CLP_PFIP_NR_SEGMENTS, caps);
	return ret;
}

/* VFIO_DEVICE_FEATURE_ZPCI_ERROR: return the oldest pending error event. */
int vfio_pci_zdev_feature_err(struct vfio_device *core_vdev, u32 flags, void __user *arg,
			      size_t argsz)
{
	struct zpci_dev *zpci = to_zpci(to_vfio_pci_core(core_vdev)->pdev);
	struct vfio_device_feature_zpci_err err;
	struct zpci_ccdf_err event = {};
	int ret;

	if (!zpci)
		return -ENODEV;

	ret = vfio_check_feature(flags, argsz, VFIO_DEVICE_FEATURE_GET, sizeof(err));
	if (ret != 1)
		return ret;

	if (copy_from_user(&err, arg, sizeof(err)))
		return -EFAULT;
	if (!err.data)
		return -EINVAL;

	ret = zpci_get_pending_error(zpci, &event);
	if (ret)
		return ret;

	if (copy_to_user(u64_to_user_ptr(err.data), &event, sizeof(event))) {
		/* The event has already been dequeued. */
		dev_warn_ratelimited(core_vdev->dev, "lost an error event of function %#x\n",
				     zpci->fid);
		return -EFAULT;
	}
	return 0;
}

/* From now on user space handles error recovery and KVM may interpret instructions. */
int vfio_pci_zdev_open_device(struct vfio_pci_core_device *vdev)
{
	struct zpci_dev *zpci = to_zpci(vdev->pdev);
	int ret;

	if (!zpci)
		return -ENODEV;

	zpci_start_mediated_recovery(zpci);
	if (!vdev->vdev.kvm)
		return 0;

	ret = zpci_kvm_hook.kvm_register ?
	      zpci_kvm_hook.kvm_register(zpci, vdev->vdev.kvm) : -ENOENT;
	if (ret)
		zpci_stop_mediated_recovery(zpci);
	return ret;
}

void vfio_pci_zdev_close_device(struct vfio_pci_core_device *vdev)
{
	struct zpci_dev *zpci = to_zpci(vdev->pdev);

	if (!zpci)
		return;

	zpci_stop_mediated_recovery(zpci);
	if (vdev->vdev.kvm && zpci_kvm_hook.kvm_unregister)
		zpci_kvm_hook.kvm_unregister(zpci);
}
