/* SPDX-License-Identifier: GPL-2.0-only */
/* vfio_pci_io.c: data on its way between user memory and a kernel mapping of registers. */
#ifndef VFIO_PCI_IO_H
#define VFIO_PCI_IO_H

#include "vfio_pci_priv.h"

/**
 * struct vfio_pci_io_window - what a transfer may reach, and how
 * @base: kernel address of offset 0
 * @x_start: first byte of the excluded range: reads give -1, writes are dropped
 * @x_end: first byte after the excluded range
 * @max_width: widest access
 * @write: direction
 * @test_mem: requires memory decode and holds memory_lock
 * @wc: the mapping is write-combining
 */
struct vfio_pci_io_window {
	void __iomem	*base;
	u64		x_start;
	u64		x_end;
	unsigned int	max_width;
	bool		write;
	bool		test_mem;
	bool		wc;
};

ssize_t vfio_pci_io_rw(struct vfio_pci_core_device *vdev, const struct vfio_pci_io_window *win,
		       char __user *buf, loff_t off, size_t count);

#endif /* VFIO_PCI_IO_H */
