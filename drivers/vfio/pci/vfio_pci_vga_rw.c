// SPDX-License-Identifier: GPL-2.0-only
/* The VGA region: the legacy memory and I/O port ranges of a graphics card. */
#include <linux/io.h>
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

	ret = vga_get_interruptible(vdev->pdev, range->rsrc);
	if (!ret) {
		/* Not a BAR: whether the COMMAND register enables it is for the arbiter to know. */
		ret = vfio_pci_core_do_io_rw(vdev, false, io, buf, pos, count, 0, 0, iswrite,
					     VFIO_PCI_IO_WIDTH_4);
		vga_put(vdev->pdev, range->rsrc);
		if (ret > 0)
			*ppos += ret;
	}

	if (is_port)
		ioport_unmap(io);
	else
		iounmap(io);
	return ret;
}
