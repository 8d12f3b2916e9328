// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live migration: registers that user space reaches only through the driver, so that the driver
 * knows what the device was told to do.  Every other way to them is closed here: a mapping, an
 * ioeventfd.  An export as dma-buf need not be closed: a driver without get_dmabuf_phys() has none.
 */
#include <linux/export.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/pm_runtime.h>
#include <linux/uaccess.h>

#include "vfio_pci_access.h"
#include "vfio_pci_live_priv.h"

static const struct vfio_pci_live_ops *live_trap_ops(struct vfio_device *core_vdev)
{
	return to_vfio_pci_core(core_vdev)->live->ops;
}

static u64 live_trap_pos(const struct vfio_pci_live_ops *ops)
{
	return VFIO_PCI_INDEX_TO_OFFSET(ops->trap_bar) + ops->trap_offset;
}

static bool live_is_trapped(const struct vfio_pci_live_ops *ops, u64 pos, size_t count)
{
	return pos < live_trap_pos(ops) + ops->trap_len && pos + count > live_trap_pos(ops);
}

/* One access of a width that registers have. */
static ssize_t live_trap_rw(struct vfio_device *core_vdev, char __user *buf, size_t count,
			    loff_t *ppos, bool write)
{
	struct vfio_pci_core_device *vdev = to_vfio_pci_core(core_vdev);
	const struct vfio_pci_live_ops *ops = vdev->live->ops;
	struct vfio_pci_live_access access = {
		.io	= vfio_pci_core_get_iomap(vdev, ops->trap_bar),
		.offset	= *ppos & VFIO_PCI_OFFSET_MASK,
		.len	= count,
		.write	= write,
	};
	__le64 raw = 0;
	int ret;

	if (IS_ERR(access.io) || count > sizeof(access.value) || !is_power_of_2(count) ||
	    !IS_ALIGNED(access.offset, count) || access.offset < ops->trap_offset ||
	    access.offset + count > ops->trap_offset + ops->trap_len)
		return -EINVAL;
	if (write && copy_from_user(&raw, buf, count))
		return -EFAULT;
	access.value = le64_to_cpu(raw);
	ret = pm_runtime_resume_and_get(&vdev->pdev->dev);
	if (ret)
		return ret;
	vfio_pci_core_access_lock(vdev);
	ret = vfio_pci_mem_accessible(vdev) ? ops->trapped(vdev, &access) : -EIO;
	vfio_pci_core_access_unlock(vdev);
	pm_runtime_put(&vdev->pdev->dev);

	raw = cpu_to_le64(access.value);
	if (!ret && !write && copy_to_user(buf, &raw, count))
		ret = -EFAULT;
	if (!ret)
		*ppos += count;
	return ret ?: count;
}

/**
 * vfio_pci_live_trap_read - SDK: .read of a driver that traps registers
 * @core_vdev: the device
 * @buf: user space's buffer
 * @count: bytes
 * @ppos: position in the device file
 *
 * As vfio_pci_core_read().  A trapped register is read alone, by an aligned access of its width.
 *
 * Context: process; takes memory_lock.
 * Return: bytes read, or -errno: -EINVAL for an access that is partly trapped or misaligned.
 */
ssize_t vfio_pci_live_trap_read(struct vfio_device *core_vdev, char __user *buf, size_t count,
				loff_t *ppos)
{
	if (live_is_trapped(live_trap_ops(core_vdev), *ppos, count))
		return live_trap_rw(core_vdev, buf, count, ppos, false);
	return vfio_pci_core_read(core_vdev, buf, count, ppos);
}
EXPORT_SYMBOL_GPL(vfio_pci_live_trap_read);

/**
 * vfio_pci_live_trap_write - SDK: .write of a driver that traps registers
 * @core_vdev: the device
 * @buf: user space's buffer
 * @count: bytes
 * @ppos: position in the device file
 *
 * As vfio_pci_core_write(), and as vfio_pci_live_trap_read() for trapped registers.
 *
 * Context: process; takes memory_lock.
 * Return: bytes written, or -errno.
 */
ssize_t vfio_pci_live_trap_write(struct vfio_device *core_vdev, const char __user *buf,
				 size_t count, loff_t *ppos)
{
	if (live_is_trapped(live_trap_ops(core_vdev), *ppos, count))
		return live_trap_rw(core_vdev, (char __user *)buf, count, ppos, true);
	return vfio_pci_core_write(core_vdev, buf, count, ppos);
}
EXPORT_SYMBOL_GPL(vfio_pci_live_trap_write);

/**
 * vfio_pci_live_trap_ioctl - SDK: .ioctl of a driver that traps registers
 * @core_vdev: the device
 * @cmd: command
 * @arg: its argument
 *
 * As vfio_pci_core_ioctl(), without ioeventfds: one could write a trapped register, and where it
 * writes is said by user memory, which may change after a look at it.
 *
 * Context: process.
 * Return: what vfio_pci_core_ioctl() returns; -ENOTTY for VFIO_DEVICE_IOEVENTFD.
 */
long vfio_pci_live_trap_ioctl(struct vfio_device *core_vdev, unsigned int cmd, unsigned long arg)
{
	if (cmd == VFIO_DEVICE_IOEVENTFD)
		return -ENOTTY;
	return vfio_pci_core_ioctl(core_vdev, cmd, arg);
}
EXPORT_SYMBOL_GPL(vfio_pci_live_trap_ioctl);

/**
 * vfio_pci_live_trap_mmap - SDK: .mmap of a driver that traps registers
 * @core_vdev: the device
 * @vma: the mapping
 *
 * Context: process, with mmap_lock held for write.
 * Return: what vfio_pci_core_mmap() returns; -EINVAL for a mapping with a trapped page in it.
 */
int vfio_pci_live_trap_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	const struct vfio_pci_live_ops *ops = live_trap_ops(core_vdev);
	u64 first = round_down(live_trap_pos(ops), PAGE_SIZE);
	u64 last = live_trap_pos(ops) + ops->trap_len - 1;
	u64 pos = vfio_pci_mapping_pos(vma);

	if (pos <= last && pos + (vma->vm_end - vma->vm_start) > first)
		return -EINVAL;
	return vfio_pci_core_mmap(core_vdev, vma);
}
EXPORT_SYMBOL_GPL(vfio_pci_live_trap_mmap);

/**
 * vfio_pci_live_trap_region_info - SDK: .get_region_info_caps of a driver that traps registers
 * @core_vdev: the device
 * @info: what user space asks, and our answer
 * @caps: capabilities to be added to it
 *
 * As vfio_pci_ioctl_get_region_info(), but pages with trapped registers are no area that can be
 * mapped.
 *
 * Context: process.
 * Return: 0 or -errno.
 */
int vfio_pci_live_trap_region_info(struct vfio_device *core_vdev, struct vfio_region_info *info,
				   struct vfio_info_cap *caps)
{
	const struct vfio_pci_live_ops *ops = live_trap_ops(core_vdev);
	u64 start = ALIGN_DOWN(ops->trap_offset, PAGE_SIZE);
	u64 end = ALIGN((u64)ops->trap_offset + ops->trap_len, PAGE_SIZE);
	struct vfio_region_sparse_mmap_area area[2];
	unsigned int nr = 0;
	int ret;

	ret = vfio_pci_ioctl_get_region_info(core_vdev, info, caps);
	if (ret || info->index != ops->trap_bar || !(info->flags & VFIO_REGION_INFO_FLAG_MMAP))
		return ret;
	if (start)
		area[nr++] = (struct vfio_region_sparse_mmap_area) { .size = start };
	if (end < info->size)
		area[nr++] = (struct vfio_region_sparse_mmap_area) {
			.offset = end, .size = info->size - end
		};
	if (!nr)
		info->flags &= ~VFIO_REGION_INFO_FLAG_MMAP;
	return nr ? vfio_pci_core_add_sparse_mmap(caps, area, nr) : 0;
}
EXPORT_SYMBOL_GPL(vfio_pci_live_trap_region_info);
