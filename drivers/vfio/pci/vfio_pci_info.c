// SPDX-License-Identifier: GPL-2.0-only
/* Ioctls that describe the device, its regions and its interrupts. */
#include <linux/align.h>
#include <linux/export.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <vfio_pci_sdk/uapi.h>

#include "vfio_pci_access.h"
#include "vfio_pci_bars.h"

/* Offsets in the VGA region are legacy VGA addresses: 0xa0000 to 0xbffff, and I/O ports. */
#define VGA_REGION_SIZE		0xc0000

/* Report the atomic operations that the root complex completes for the device. */
static int info_add_atomic_cap(struct vfio_pci_core_device *vdev, struct vfio_info_cap *caps)
{
	static const struct {
		u32 devcap2;
		u32 flag;
	} widths[] = {
		{ PCI_EXP_DEVCAP2_ATOMIC_COMP32, VFIO_PCI_ATOMIC_COMP32 },
		{ PCI_EXP_DEVCAP2_ATOMIC_COMP64, VFIO_PCI_ATOMIC_COMP64 },
		{ PCI_EXP_DEVCAP2_ATOMIC_COMP128, VFIO_PCI_ATOMIC_COMP128 },
	};
	struct vfio_device_info_cap_pci_atomic_comp cap = {
		.header.id	= VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP,
		.header.version	= 1,
	};
	/* AtomicOp Requester Enable is reserved in VFs: the PF's bit covers them. */
	struct pci_dev *pdev = pci_physfn(vdev->pdev);
	unsigned int i;
	u32 devcap2;

	pcie_capability_read_dword(pdev, PCI_EXP_DEVCAP2, &devcap2);
	for (i = 0; i < ARRAY_SIZE(widths); i++)
		if ((devcap2 & widths[i].devcap2) &&
		    !pci_enable_atomic_ops_to_root(pdev, widths[i].devcap2))
			cap.flags |= widths[i].flag;

	return cap.flags ? vfio_info_add_capability(caps, &cap.header, sizeof(cap)) : -ENODEV;
}

static int info_add_device_caps(struct vfio_pci_core_device *vdev, struct vfio_info_cap *caps)
{
	int ret;

	ret = vfio_pci_info_zdev_add_caps(vdev, caps);
	if (ret && ret != -ENODEV)
		return ret;

	ret = info_add_atomic_cap(vdev, caps);
	return ret == -ENODEV ? 0 : ret;
}

long vfio_pci_ioctl_get_info(struct vfio_pci_core_device *vdev,
			     struct vfio_device_info __user *arg)
{
	const size_t minsz = offsetofend(struct vfio_device_info, num_irqs);
	/*
	 * The length of older versions of the structure is not a multiple of 8: align the
	 * capabilities.
	 */
	const size_t caps_offset = ALIGN(sizeof(struct vfio_device_info), sizeof(u64));
	struct vfio_info_cap caps = {};
	struct vfio_device_info info = {};
	u32 argsz;
	int ret;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	argsz = info.argsz;
	if (argsz < minsz)
		return -EINVAL;

	info.num_irqs = VFIO_PCI_NUM_IRQS;
	info.num_regions = VFIO_PCI_NUM_REGIONS + vdev->num_regions;
	info.flags = VFIO_DEVICE_FLAGS_PCI |
		     (vfio_pci_reset_supported(vdev->pdev) ? VFIO_DEVICE_FLAGS_RESET : 0);

	ret = info_add_device_caps(vdev, &caps);
	if (ret) {
		kfree(caps.buf);
		return ret;
	}

	if (caps.size) {
		info.flags |= VFIO_DEVICE_FLAGS_CAPS;
		if (argsz < caps_offset + caps.size) {
			info.argsz = caps_offset + caps.size;
		} else {
			vfio_info_cap_shift(&caps, caps_offset);
			info.cap_offset = caps_offset;
			if (copy_to_user((void __user *)arg + caps_offset, caps.buf, caps.size))
				ret = -EFAULT;
		}
		kfree(caps.buf);
	}

	if (!ret && copy_to_user(arg, &info, min_t(size_t, argsz, sizeof(info))))
		ret = -EFAULT;
	return ret;
}

long vfio_pci_ioctl_get_irq_info(struct vfio_pci_core_device *vdev,
				 struct vfio_irq_info __user *arg)
{
	struct vfio_irq_info info;

	if (copy_from_user(&info, arg, sizeof(info)))
		return -EFAULT;
	if (info.argsz < sizeof(info) || info.index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;

	info.count = vfio_pci_irq_count(vdev, info.index);
	info.flags = VFIO_IRQ_INFO_EVENTFD;
	if (info.index == VFIO_PCI_INTX_IRQ_INDEX)
		info.flags |= VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
	else if (info.index != VFIO_PCI_MSIX_IRQ_INDEX || !vdev->has_dyn_msix)
		info.flags |= VFIO_IRQ_INFO_NORESIZE;

	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

/* Memory types granted for a BAR, if the driver declared any. */
static int info_add_memtype_cap(struct vfio_pci_core_device *vdev, unsigned int bar,
				struct vfio_info_cap *caps)
{
	const struct vfio_pci_segment *seg = vfio_pci_bar_find(vdev, bar, 0);
	unsigned int i, nr = seg ? vdev->nr_segments[bar] : 0;
	struct vfio_region_info_cap_sdk_memtype *cap;
	size_t size = struct_size(cap, ranges, nr);
	int ret;

	if (!nr || (nr == 1 && seg->type == VFIO_PCI_MEMTYPE_UC && !seg->refused))
		return 0;

	cap = kzalloc(size, GFP_KERNEL);
	if (!cap)
		return -ENOMEM;

	cap->header.id = VFIO_REGION_INFO_CAP_SDK_MEMTYPE;
	cap->header.version = 1;
	cap->nr_ranges = nr;
	for (i = 0; i < nr; i++, seg++) {
		struct vfio_pci_sdk_memtype_range *range = &cap->ranges[i];

		range->offset = seg->start;
		range->size = seg->len;
		range->type = seg->type == VFIO_PCI_MEMTYPE_WC ? VFIO_PCI_SDK_MEMTYPE_WC :
								 VFIO_PCI_SDK_MEMTYPE_UC;
		if (seg->refused)
			range->flags |= VFIO_PCI_SDK_MEMTYPE_REFUSED;
		if (seg->mtrr > 0)
			range->flags |= VFIO_PCI_SDK_MEMTYPE_MTRR;
	}
	ret = vfio_info_add_capability(caps, &cap->header, size);
	kfree(cap);
	return ret;
}

/* Report which parts of a BAR user space can map, if it cannot map the whole BAR. */
static int info_add_sparse_cap(struct vfio_pci_core_device *vdev, unsigned int bar,
			       struct vfio_info_cap *caps)
{
	const struct vfio_pci_segment *seg = vfio_pci_bar_find(vdev, bar, 0);
	unsigned int i, nr_areas = 0, nr = seg ? vdev->nr_segments[bar] : 0;
	struct vfio_region_sparse_mmap_area *areas;
	int ret;

	if (vfio_pci_bar_is_mappable(vdev, bar, 0, pci_resource_len(vdev->pdev, bar)))
		return 0;

	areas = kcalloc(nr, sizeof(*areas), GFP_KERNEL);
	if (!areas)
		return -ENOMEM;

	for (i = 0; i < nr; i++) {
		if (seg[i].no_mmap)
			continue;
		if (i && !seg[i - 1].no_mmap) {
			areas[nr_areas - 1].size += seg[i].len;
			continue;
		}
		areas[nr_areas].offset = seg[i].start;
		areas[nr_areas++].size = seg[i].len;
	}
	ret = vfio_pci_core_add_sparse_mmap(caps, areas, nr_areas);
	kfree(areas);
	return ret;
}

static int info_bar(struct vfio_pci_core_device *vdev, struct vfio_region_info *info,
		    struct vfio_info_cap *caps)
{
	struct vfio_info_cap_header msix_mappable = {
		.id		= VFIO_REGION_INFO_CAP_MSIX_MAPPABLE,
		.version	= 1,
	};
	int ret;

	info->size = pci_resource_len(vdev->pdev, info->index);
	if (!info->size)
		return 0;

	info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	ret = info_add_memtype_cap(vdev, info->index, caps);
	if (ret)
		return ret;
	if (!vdev->bar_mmap_supported[info->index])
		return 0;

	info->flags |= VFIO_REGION_INFO_FLAG_MMAP;
	ret = info_add_sparse_cap(vdev, info->index, caps);
	if (ret)
		return ret;
	if (info->index != vdev->msix_bar)
		return 0;
	return vfio_info_add_capability(caps, &msix_mappable, sizeof(msix_mappable));
}

/*
 * The ROM is either a BAR with an image, or a shadow copy made by the platform.  For a shadow copy
 * report the size that a ROM BAR would have.
 */
static void info_rom(struct vfio_pci_core_device *vdev, struct vfio_region_info *info)
{
	struct pci_dev *pdev = vdev->pdev;

	if (pci_resource_start(pdev, PCI_ROM_RESOURCE)) {
		void __iomem *image;
		size_t len;
		u16 cmd;

		/* pci_map_rom() reads the image header: the device must decode memory. */
		cmd = vfio_pci_memory_lock_and_enable(vdev);
		image = pci_map_rom(pdev, &len);
		if (image) {
			info->size = pci_resource_len(pdev, PCI_ROM_RESOURCE);
			pci_unmap_rom(pdev, image);
		}
		vfio_pci_memory_unlock_and_restore(vdev, cmd);
		/* The INTx handler may have changed the COMMAND register that was just restored. */
		vfio_pci_intx_resync(vdev);
	} else if (pdev->rom && pdev->romlen) {
		info->size = roundup_pow_of_two(pdev->romlen);
	}

	if (info->size)
		info->flags = VFIO_REGION_INFO_FLAG_READ;
}

/**
 * vfio_pci_ioctl_get_region_info - describe one region of a device
 * @core_vdev: the device, open
 * @info: describes region @info->index; offset, size and flags are filled in
 * @caps: capabilities are added here; the caller frees them even on error
 *
 * The get_region_info_caps callback of struct vfio_device_ops.  A driver that overrides it for some
 * regions calls this for the others.
 *
 * Context: process, device runtime-active; takes memory_lock for the ROM.
 * Return: 0, or -EINVAL for an index that does not exist, or -ENOMEM.
 */
int vfio_pci_ioctl_get_region_info(struct vfio_device *core_vdev, struct vfio_region_info *info,
				   struct vfio_info_cap *caps)
{
	struct vfio_pci_core_device *vdev = to_vfio_pci_core(core_vdev);

	info->offset = VFIO_PCI_INDEX_TO_OFFSET(info->index);
	info->size = 0;
	info->flags = 0;

	switch (info->index) {
	case VFIO_PCI_BAR0_REGION_INDEX ... VFIO_PCI_BAR5_REGION_INDEX:
		return info_bar(vdev, info, caps);
	case VFIO_PCI_ROM_REGION_INDEX:
		info_rom(vdev, info);
		return 0;
	case VFIO_PCI_CONFIG_REGION_INDEX:
		info->size = vdev->pdev->cfg_size;
		info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
		return 0;
	case VFIO_PCI_VGA_REGION_INDEX:
		if (!vdev->has_vga)
			return -EINVAL;
		info->size = VGA_REGION_SIZE;
		info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
		return 0;
	default:
		return vfio_pci_region_info(vdev, info, caps);
	}
}
EXPORT_SYMBOL_GPL(vfio_pci_ioctl_get_region_info);

/**
 * vfio_pci_region_info_to_user - VFIO_DEVICE_GET_REGION_INFO by a get_region_info_caps callback
 * @core_vdev: the device, open
 * @arg: user address of the command's structure
 * @get_caps: the callback
 *
 * What vfio.ko does on 7.0 and later, for callers that receive the ioctl itself.
 *
 * Return: 0; -EFAULT; -EINVAL the structure is too short; or what @get_caps returned.
 */
long vfio_pci_region_info_to_user(struct vfio_device *core_vdev,
				  struct vfio_region_info __user *arg,
				  int (*get_caps)(struct vfio_device *core_vdev,
						  struct vfio_region_info *info,
						  struct vfio_info_cap *caps))
{
	const size_t minsz = offsetofend(struct vfio_region_info, offset);
	struct vfio_region_info info = {};
	struct vfio_info_cap caps = {};
	long ret;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;

	ret = get_caps(core_vdev, &info, &caps);
	if (ret)
		goto free;

	if (caps.size) {
		info.flags |= VFIO_REGION_INFO_FLAG_CAPS;
		info.cap_offset = 0;
		if (info.argsz < sizeof(info) + caps.size) {
			info.argsz = sizeof(info) + caps.size;
		} else {
			vfio_info_cap_shift(&caps, sizeof(info));
			info.cap_offset = sizeof(info);
			if (copy_to_user(arg + 1, caps.buf, caps.size))
				ret = -EFAULT;
		}
	}

	if (!ret && copy_to_user(arg, &info, minsz))
		ret = -EFAULT;
free:
	kfree(caps.buf);
	return ret;
}
