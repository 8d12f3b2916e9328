// SPDX-License-Identifier: GPL-2.0-only
/*
 * Register accesses: single ones for drivers, and transfers between user memory and registers.
 *
 * User memory is never touched under memory_lock: data crosses in a bounce buffer on the stack,
 * and one hold of the lock serves a whole buffer.
 */
#include <linux/export.h>
#include <linux/io.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/uaccess.h>

#include "vfio_pci_access.h"
#include "vfio_pci_io.h"

/* Long enough that lock and user copy cost little, short enough to keep a reset waiting briefly. */
#define IO_BATCH	256

/* Data keeps the device's byte order, which is little endian, on its way to user space. */
#define io_read8(io)		ioread8(io)
#define io_read16(io)		((__force u16)cpu_to_le16(ioread16(io)))
#define io_read32(io)		((__force u32)cpu_to_le32(ioread32(io)))
#define io_read64(io)		((__force u64)cpu_to_le64(ioread64(io)))
#define io_write8(val, io)	iowrite8(val, io)
#define io_write16(val, io)	iowrite16(le16_to_cpu((__force __le16)(val)), io)
#define io_write32(val, io)	iowrite32(le32_to_cpu((__force __le32)(val)), io)
#define io_write64(val, io)	iowrite64(le64_to_cpu((__force __le64)(val)), io)

/* Widest access that is aligned at @off and fits in @len. */
static unsigned int io_width(loff_t off, size_t len, unsigned int max_width)
{
	unsigned int width = BIT(__ffs(off | max_width));

	while (width > len)
		width /= 2;
	return width;
}

/* @val and @off have the same alignment. */
static void io_read_batch(const struct vfio_pci_io_window *win, loff_t off, void *val, size_t len)
{
	while (len) {
		const unsigned int width = io_width(off, len, win->max_width);
		size_t i, run = width == win->max_width ? round_down(len, width) : width;
		void __iomem *io = win->base + off;

		switch (width) {
		case 8:
			for (i = 0; i < run; i += 8)
				*(u64 *)(val + i) = io_read64(io + i);
			break;
		case 4:
			for (i = 0; i < run; i += 4)
				*(u32 *)(val + i) = io_read32(io + i);
			break;
		case 2:
			for (i = 0; i < run; i += 2)
				*(u16 *)(val + i) = io_read16(io + i);
			break;
		default:
			for (i = 0; i < run; i++)
				*(u8 *)(val + i) = io_read8(io + i);
		}
		off += run;
		val += run;
		len -= run;
	}
}

static void io_write_batch(const struct vfio_pci_io_window *win, loff_t off, const void *val,
			   size_t len)
{
	while (len) {
		const unsigned int width = io_width(off, len, win->max_width);
		size_t i, run = width == win->max_width ? round_down(len, width) : width;
		void __iomem *io = win->base + off;

		switch (width) {
		case 8:
			for (i = 0; i < run; i += 8)
				io_write64(*(u64 *)(val + i), io + i);
			break;
		case 4:
			for (i = 0; i < run; i += 4)
				io_write32(*(u32 *)(val + i), io + i);
			break;
		case 2:
			for (i = 0; i < run; i += 2)
				io_write16(*(u16 *)(val + i), io + i);
			break;
		default:
			for (i = 0; i < run; i++)
				io_write8(*(u8 *)(val + i), io + i);
		}
		off += run;
		val += run;
		len -= run;
	}
}

static int io_lock(struct vfio_pci_core_device *vdev, bool test_mem)
{
	if (!test_mem)
		return 0;

	vfio_pci_access_read_lock(vdev);
	if (vfio_pci_mem_decodes(vdev))
		return 0;

	vfio_pci_access_read_unlock(vdev);
	return -EIO;
}

static void io_unlock(struct vfio_pci_core_device *vdev, bool test_mem)
{
	if (test_mem)
		vfio_pci_access_read_unlock(vdev);
}

/* A single access; @width is a constant where this is inlined. */
static __always_inline void io_read_width(void __iomem *io, void *val, unsigned int width)
{
	switch (width) {
	case 8:
		*(u64 *)val = io_read64(io);
		break;
	case 4:
		*(u32 *)val = io_read32(io);
		break;
	case 2:
		*(u16 *)val = io_read16(io);
		break;
	default:
		*(u8 *)val = io_read8(io);
	}
}

static __always_inline void io_write_width(void __iomem *io, u64 val, unsigned int width)
{
	switch (width) {
	case 8:
		io_write64(val, io);
		break;
	case 4:
		io_write32((u32)val, io);
		break;
	case 2:
		io_write16((u16)val, io);
		break;
	default:
		io_write8((u8)val, io);
	}
}

static __always_inline int io_read_one(struct vfio_pci_core_device *vdev, bool test_mem,
				       void __iomem *io, void *val, unsigned int width)
{
	int ret = io_lock(vdev, test_mem);

	if (!ret) {
		io_read_width(io, val, width);
		io_unlock(vdev, test_mem);
	}
	return ret;
}

static noinline int io_write_locked(struct vfio_pci_core_device *vdev, void __iomem *io, u64 val,
				    unsigned int width)
{
	int ret = io_lock(vdev, true);

	if (!ret) {
		io_write_width(io, val, width);
		io_unlock(vdev, true);
	}
	return ret;
}

/* The lockless path is inlined: it is on the ioeventfd signalling path. */
static __always_inline int io_write_one(struct vfio_pci_core_device *vdev, bool test_mem,
					void __iomem *io, u64 val, unsigned int width)
{
	if (test_mem)
		return io_write_locked(vdev, io, val, width);

	io_write_width(io, val, width);
	return 0;
}

/**
 * vfio_pci_core_ioread8 - read a register
 * @vdev: the device, open and runtime-active
 * @test_mem: true for a register in a memory BAR
 * @val: set to the value, in the device's byte order: little endian
 * @io: address, from vfio_pci_core_get_iomap()
 *
 * vfio_pci_core_ioread16(), _ioread32() and _ioread64() are the same for wider registers.  On an
 * architecture without 64-bit accesses the last one makes two, low half first.
 *
 * @test_mem holds memory_lock for read around the access and requires memory decode.  I/O port
 * BARs need neither.
 *
 * Context: with @test_mem process, holding neither memory_lock nor exclusive access, and not
 * between vfio_pci_core_access_begin() and vfio_pci_core_access_end(); otherwise any.
 * Return: 0; -EIO memory decode is off, and @val is unchanged.
 */
int vfio_pci_core_ioread8(struct vfio_pci_core_device *vdev, bool test_mem, u8 *val,
			  void __iomem *io)
{
	return io_read_one(vdev, test_mem, io, val, sizeof(*val));
}
EXPORT_SYMBOL_GPL(vfio_pci_core_ioread8);

int vfio_pci_core_ioread16(struct vfio_pci_core_device *vdev, bool test_mem, u16 *val,
			   void __iomem *io)
{
	return io_read_one(vdev, test_mem, io, val, sizeof(*val));
}
EXPORT_SYMBOL_GPL(vfio_pci_core_ioread16);

int vfio_pci_core_ioread32(struct vfio_pci_core_device *vdev, bool test_mem, u32 *val,
			   void __iomem *io)
{
	return io_read_one(vdev, test_mem, io, val, sizeof(*val));
}
EXPORT_SYMBOL_GPL(vfio_pci_core_ioread32);

int vfio_pci_core_ioread64(struct vfio_pci_core_device *vdev, bool test_mem, u64 *val,
			   void __iomem *io)
{
	return io_read_one(vdev, test_mem, io, val, sizeof(*val));
}
EXPORT_SYMBOL_GPL(vfio_pci_core_ioread64);

/**
 * vfio_pci_core_iowrite8 - write a register
 * @vdev: the device, open and runtime-active
 * @test_mem: true for a register in a memory BAR
 * @val: the value, in the device's byte order: little endian
 * @io: address, from vfio_pci_core_get_iomap()
 *
 * vfio_pci_core_iowrite16(), _iowrite32() and _iowrite64() are the same for wider registers.  See
 * vfio_pci_core_ioread8() for 64-bit accesses and @test_mem.
 *
 * Context: as vfio_pci_core_ioread8().
 * Return: 0; -EIO memory decode is off, and nothing is written.
 */
int vfio_pci_core_iowrite8(struct vfio_pci_core_device *vdev, bool test_mem, u8 val,
			   void __iomem *io)
{
	return io_write_one(vdev, test_mem, io, val, sizeof(val));
}
EXPORT_SYMBOL_GPL(vfio_pci_core_iowrite8);

int vfio_pci_core_iowrite16(struct vfio_pci_core_device *vdev, bool test_mem, u16 val,
			    void __iomem *io)
{
	return io_write_one(vdev, test_mem, io, val, sizeof(val));
}
EXPORT_SYMBOL_GPL(vfio_pci_core_iowrite16);

int vfio_pci_core_iowrite32(struct vfio_pci_core_device *vdev, bool test_mem, u32 val,
			    void __iomem *io)
{
	return io_write_one(vdev, test_mem, io, val, sizeof(val));
}
EXPORT_SYMBOL_GPL(vfio_pci_core_iowrite32);

int vfio_pci_core_iowrite64(struct vfio_pci_core_device *vdev, bool test_mem, u64 val,
			    void __iomem *io)
{
	return io_write_one(vdev, test_mem, io, val, sizeof(val));
}
EXPORT_SYMBOL_GPL(vfio_pci_core_iowrite64);

static int io_batch(struct vfio_pci_core_device *vdev, const struct vfio_pci_io_window *win,
		    loff_t off, void *val, size_t len)
{
	if (win->test_mem) {
		if (vfio_pci_access_read_lock_killable(vdev))
			return -EINTR;
		/*
		 * Not the gate's predicate: user space may read and write in low power.  The
		 * runtime PM reference of rdwr_region() keeps the device awake meanwhile.
		 */
		if (!vfio_pci_mem_decodes(vdev)) {
			vfio_pci_access_read_unlock(vdev);
			return -EIO;
		}
	}

	if (win->write) {
		io_write_batch(win, off, val, len);
		if (win->wc)
			wmb(); /* flush before unlocking: no write may arrive after a revoke */
	} else {
		if (win->wc)
			wmb(); /* flush what the task wrote through a mapping before the read */
		io_read_batch(win, off, val, len);
	}

	io_unlock(vdev, win->test_mem);
	return 0;
}

/* Fast path for register sizes: get_user() and put_user() are one instruction. */
static int io_copy_in(void *val, const char __user *buf, size_t len)
{
	switch (len) {
	case 4:
		return get_user(*(u32 *)val, (u32 __user *)buf);
	case 8:
		return get_user(*(u64 *)val, (u64 __user *)buf);
	default:
		return copy_from_user(val, buf, len) ? -EFAULT : 0;
	}
}

static int io_copy_out(char __user *buf, const void *val, size_t len)
{
	switch (len) {
	case 4:
		return put_user(*(u32 *)val, (u32 __user *)buf);
	case 8:
		return put_user(*(u64 *)val, (u64 __user *)buf);
	default:
		return copy_to_user(buf, val, len) ? -EFAULT : 0;
	}
}

ssize_t vfio_pci_io_rw(struct vfio_pci_core_device *vdev, const struct vfio_pci_io_window *win,
		       char __user *buf, loff_t off, size_t count)
{
	/* Always written before it is read; clearing it would cost more than a register access. */
	u64 bounce[IO_BATCH / sizeof(u64)] __uninitialized;
	size_t done = 0;
	int ret = 0;

	while (done < count) {
		/* Aligned like the register, so that the widest access fits both. */
		void *val = (void *)bounce + off % sizeof(u64);
		size_t len = min_t(size_t, count - done, IO_BATCH - off % sizeof(u64));
		bool excluded = false;

		if (off < win->x_start) {
			len = min_t(u64, len, win->x_start - off);
		} else if (off < win->x_end) {
			len = min_t(u64, len, win->x_end - off);
			excluded = true;
		}

		if (excluded) {
			memset(val, 0xff, len);
		} else {
			if (win->write)
				ret = io_copy_in(val, buf, len);
			ret = ret ?: io_batch(vdev, win, off, val, len);
		}
		if (!win->write && !ret)
			ret = io_copy_out(buf, val, len);
		if (ret)
			return ret;

		off += len;
		buf += len;
		done += len;
	}

	return done;
}

/**
 * vfio_pci_core_do_io_rw - copy between user space and a register window
 * @vdev: the device, open and runtime-active
 * @test_mem: true for memory: each access needs memory decode, and is made under memory_lock
 * @io: kernel mapping, of offset 0
 * @buf: user memory
 * @off: offset of the first byte from @io
 * @count: bytes
 * @x_start: first byte of an excluded range, which reads as -1 and drops writes
 * @x_end: first byte after that range; equal to @x_start for none
 * @iswrite: true: from user space to the device
 * @max_width: widest access that the device tolerates
 *
 * Accesses are naturally aligned and as wide as alignment, @count and @max_width allow.
 *
 * Context: process; takes memory_lock for read if @test_mem; user memory must not be locked.
 * Return: @count; -EIO memory decode is off, -EFAULT bad user memory, -EINTR the task was killed.
 * On error, part of the transfer may have been done.
 */
ssize_t vfio_pci_core_do_io_rw(struct vfio_pci_core_device *vdev, bool test_mem, void __iomem *io,
			       char __user *buf, loff_t off, size_t count, size_t x_start,
			       size_t x_end, bool iswrite, enum vfio_pci_io_width max_width)
{
	struct vfio_pci_io_window win = {
		.base = io, .x_start = x_start, .x_end = x_end, .max_width = max_width,
		.write = iswrite, .test_mem = test_mem,
	};

	return vfio_pci_io_rw(vdev, &win, buf, off, count);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_do_io_rw);

/**
 * vfio_pci_core_range_intersect_range - bytes that a buffer and a register share
 * @buf_start: offset of the buffer's first byte
 * @buf_cnt: bytes of the buffer
 * @reg_start: offset of the register's first byte
 * @reg_cnt: bytes of the register
 * @buf_offset: set to the first shared byte, counted from @buf_start
 * @intersect_count: set to the number of shared bytes
 * @register_offset: set to the first shared byte, counted from @reg_start
 *
 * Context: any.
 * Return: true, and the three results set, when at least one byte is shared.
 */
bool vfio_pci_core_range_intersect_range(loff_t buf_start, size_t buf_cnt, loff_t reg_start,
					 size_t reg_cnt, loff_t *buf_offset,
					 size_t *intersect_count, size_t *register_offset)
{
	loff_t start = max(buf_start, reg_start);
	loff_t end = min_t(loff_t, buf_start + buf_cnt, reg_start + reg_cnt);

	if (start >= end)
		return false;

	*buf_offset = start - buf_start;
	*register_offset = start - reg_start;
	*intersect_count = end - start;
	return true;
}
EXPORT_SYMBOL_GPL(vfio_pci_core_range_intersect_range);
