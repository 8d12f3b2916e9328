// SPDX-License-Identifier: GPL-2.0-only
/* The VGA region: the legacy memory and I/O port ranges of a graphics card. */
#include <linux/io.h>
#include <linux/uaccess.h>
#include <linux/vgaarb.h>

#include "vfio_pci_priv.h"

/* Offsets in the region are the addresses themselves. */
static const struct vga_range {
	unsigned int	start;
	unsigned int	len;
	unsigned int	rsrc;
} vga_ranges[] = {
	{ 0xa0000, 0x20000, VGA_RSRC_LEGACY_MEM },
	{ 0x3b0, 0x0c, VGA_RSRC_LEGACY_IO },
	{ 0x3c0, 0x20, VGA_RSRC_LEGACY_IO },
};

static const struct vga_range *vga_range_find(u64 pos)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vga_ranges); i++)
		if (pos >= vga_ranges[i].start && pos - vga_ranges[i].start < vga_ranges[i].len)
			return &vga_ranges[i];
	return NULL;
}

/* @val and @io have the same alignment.  Accesses are at most 32 bits wide. */
static void vga_io(struct vfio_pci_core_device *vdev, void __iomem *io, void *val, size_t len,
		   bool iswrite)
{
	unsigned long align;
	size_t width;

	for (; len; io += width, val += width, len -= width) {
		align = (unsigned long)val | 4;
		width = min_t(size_t, align & -align, 1UL << __fls(len));
		if (width == 4 && iswrite)
			vfio_pci_core_iowrite32(vdev, false, *(u32 *)val, io);
		else if (width == 4)
			vfio_pci_core_ioread32(vdev, false, val, io);
		else if (width == 2 && iswrite)
			vfio_pci_core_iowrite16(vdev, false, *(u16 *)val, io);
		else if (width == 2)
			vfio_pci_core_ioread16(vdev, false, val, io);
		else if (iswrite)
			vfio_pci_core_iowrite8(vdev, false, *(u8 *)val, io);
		else
			vfio_pci_core_ioread8(vdev, false, val, io);
	}
}

/*
 * The range is not a BAR: the arbiter enables it in COMMAND.  Hold the arbiter for one batch at a
 * time and never over accesses to user memory: their page faults may take arbitrarily long, while
 * every other user of VGA on the host waits.
 */
static ssize_t vga_rw(struct vfio_pci_core_device *vdev, const struct vga_range *range,
		      void __iomem *io, char __user *buf, u64 pos, size_t count, bool iswrite)
{
	u32 bounce[64];
	size_t done, len;
	void *val;
	int ret;

	for (done = 0; done < count; done += len, pos += len) {
		val = (void *)bounce + pos % sizeof(*bounce);
		len = min(count - done, sizeof(bounce) - pos % sizeof(*bounce));
		if (iswrite && copy_from_user(val, buf + done, len))
			return -EFAULT;

		ret = vga_get_interruptible(vdev->pdev, range->rsrc);
		if (ret)
			return ret;
		vga_io(vdev, io + pos, val, len, iswrite);
		vga_put(vdev->pdev, range->rsrc);

		if (!iswrite && copy_to_user(buf + done, val, len))
			return -EFAULT;
	}
	return done;
}

ssize_t vfio_pci_vga_rw(struct vfio_pci_core_device *vdev, char __user *buf, size_t count,
			loff_t *ppos, bool iswrite)
{
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	const struct vga_range *range = vga_range_find(pos);
	void __iomem *io;
	bool is_port;
	ssize_t ret;

	if (!vdev->has_vga || !range)
		return -EINVAL;

	pos -= range->start;
	count = min_t(u64, count, range->len - pos);

	is_port = range->rsrc == VGA_RSRC_LEGACY_IO;
	io = is_port ? ioport_map(range->start, range->len) : ioremap(range->start, range->len);
	if (!io)
		return -ENOMEM;

	ret = vga_rw(vdev, range, io, buf, pos, count, iswrite);
	if (ret > 0)
		*ppos += ret;

	if (is_port)
		ioport_unmap(io);
	else
		iounmap(io);
	return ret;
}
