// SPDX-License-Identifier: GPL-2.0-only
/*
 * read() and write() of the device file, and single register accesses for drivers.
 *
 * User memory is never touched under memory_lock: data crosses in a bounce buffer on the stack,
 * and one hold of the lock serves a whole buffer.
 */
#include <linux/export.h>
#include <linux/io.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/log2.h>
#include <linux/pm_runtime.h>
#include <linux/uaccess.h>

#include "vfio_pci_priv.h"

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

/*
 * What a transfer may do, apart from where it stands:
 * @base: kernel address of offset 0
 * @x_start: first byte of the excluded range: reads give -1, writes are dropped
 * @x_end: byte behind the excluded range
 * @max_width: widest access
 * @write: direction
 * @test_mem: needs memory decode, under memory_lock
 * @wc: the mapping is write-combining
 */
struct io_window {
	void __iomem	*base;
	u64		x_start;
	u64		x_end;
	unsigned int	max_width;
	bool		write;
	bool		test_mem;
	bool		wc;
};

/* Widest access that is aligned at @off and fits in @len. */
static unsigned int io_width(loff_t off, size_t len, unsigned int max_width)
{
	unsigned int width = BIT(__ffs(off | max_width));

	while (width > len)
		width /= 2;
	return width;
}

/* @val lies at the alignment of @off. */
static void io_read_batch(const struct io_window *win, loff_t off, void *val, size_t len)
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

static void io_write_batch(const struct io_window *win, loff_t off, const void *val, size_t len)
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

static int io_begin(struct vfio_pci_core_device *vdev, bool test_mem)
{
	if (!test_mem)
		return 0;

	vfio_pci_access_read_lock(vdev);
	if (vfio_pci_mem_decodes(vdev))
		return 0;

	vfio_pci_access_read_unlock(vdev);
	return -EIO;
}

static void io_end(struct vfio_pci_core_device *vdev, bool test_mem)
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
	int ret = io_begin(vdev, test_mem);

	if (!ret) {
		io_read_width(io, val, width);
		io_end(vdev, test_mem);
	}
	return ret;
}

static noinline int io_write_locked(struct vfio_pci_core_device *vdev, void __iomem *io, u64 val,
				    unsigned int width)
{
	int ret = io_begin(vdev, true);

	if (!ret) {
		io_write_width(io, val, width);
		io_end(vdev, true);
	}
	return ret;
}

/* Without the lock there is nothing to save on the stack: who signals an ioeventfd waits for it. */
static __always_inline int io_write_one(struct vfio_pci_core_device *vdev, bool test_mem,
					void __iomem *io, u64 val, unsigned int width)
{
	if (test_mem)
		return io_write_locked(vdev, io, val, width);

	io_write_width(io, val, width);
	return 0;
}

/**
 * vfio_pci_core_ioread8 - read a register of 8 bits
 * @vdev: the device, open and runtime-active
 * @test_mem: true for a register in memory
 * @val: set to the value, in the device's byte order: little endian
 * @io: address, from vfio_pci_core_get_iomap()
 *
 * @test_mem is for memory BARs: memory_lock is then held for read around the access, and memory
 * decode must be on.  I/O port BARs need neither.
 *
 * Context: process, memory_lock not held, not between vfio_pci_core_access_begin()
 * and its end; any if not @test_mem.
 * Return: 0; -EIO memory decode is off, and @val is as before.
 */
int vfio_pci_core_ioread8(struct vfio_pci_core_device *vdev, bool test_mem, u8 *val,
			  void __iomem *io)
{
	return io_read_one(vdev, test_mem, io, val, sizeof(*val));
}
EXPORT_SYMBOL_GPL(vfio_pci_core_ioread8);

/**
 * vfio_pci_core_ioread16 - read a register of 16 bits
 * @vdev: the device, open and runtime-active
 * @test_mem: true for a register in memory, see vfio_pci_core_ioread8()
 * @val: set to the value, in the device's byte order: little endian
 * @io: address, from vfio_pci_core_get_iomap()
 *
 * Context: process, memory_lock not held, not between vfio_pci_core_access_begin()
 * and its end; any if not @test_mem.
 * Return: 0; -EIO memory decode is off, and @val is as before.
 */
int vfio_pci_core_ioread16(struct vfio_pci_core_device *vdev, bool test_mem, u16 *val,
			   void __iomem *io)
{
	return io_read_one(vdev, test_mem, io, val, sizeof(*val));
}
EXPORT_SYMBOL_GPL(vfio_pci_core_ioread16);

/**
 * vfio_pci_core_ioread32 - read a register of 32 bits
 * @vdev: the device, open and runtime-active
 * @test_mem: true for a register in memory, see vfio_pci_core_ioread8()
 * @val: set to the value, in the device's byte order: little endian
 * @io: address, from vfio_pci_core_get_iomap()
 *
 * Context: process, memory_lock not held, not between vfio_pci_core_access_begin()
 * and its end; any if not @test_mem.
 * Return: 0; -EIO memory decode is off, and @val is as before.
 */
int vfio_pci_core_ioread32(struct vfio_pci_core_device *vdev, bool test_mem, u32 *val,
			   void __iomem *io)
{
	return io_read_one(vdev, test_mem, io, val, sizeof(*val));
}
EXPORT_SYMBOL_GPL(vfio_pci_core_ioread32);

/**
 * vfio_pci_core_ioread64 - read a register of 64 bits
 * @vdev: the device, open and runtime-active
 * @test_mem: true for a register in memory, see vfio_pci_core_ioread8()
 * @val: set to the value, in the device's byte order: little endian
 * @io: address, from vfio_pci_core_get_iomap()
 *
 * Two accesses, low half first, where the architecture has no wider one.
 *
 * Context: process, memory_lock not held, not between vfio_pci_core_access_begin()
 * and its end; any if not @test_mem.
 * Return: 0; -EIO memory decode is off, and @val is as before.
 */
int vfio_pci_core_ioread64(struct vfio_pci_core_device *vdev, bool test_mem, u64 *val,
			   void __iomem *io)
{
	return io_read_one(vdev, test_mem, io, val, sizeof(*val));
}
EXPORT_SYMBOL_GPL(vfio_pci_core_ioread64);

/**
 * vfio_pci_core_iowrite8 - write a register of 8 bits
 * @vdev: the device, open and runtime-active
 * @test_mem: true for a register in memory, see vfio_pci_core_ioread8()
 * @val: the value, in the device's byte order: little endian
 * @io: address, from vfio_pci_core_get_iomap()
 *
 * Context: process, memory_lock not held, not between vfio_pci_core_access_begin()
 * and its end; any if not @test_mem.
 * Return: 0; -EIO memory decode is off, and nothing is written.
 */
int vfio_pci_core_iowrite8(struct vfio_pci_core_device *vdev, bool test_mem, u8 val,
			   void __iomem *io)
{
	return io_write_one(vdev, test_mem, io, val, sizeof(val));
}
EXPORT_SYMBOL_GPL(vfio_pci_core_iowrite8);

/**
 * vfio_pci_core_iowrite16 - write a register of 16 bits
 * @vdev: the device, open and runtime-active
 * @test_mem: true for a register in memory, see vfio_pci_core_ioread8()
 * @val: the value, in the device's byte order: little endian
 * @io: address, from vfio_pci_core_get_iomap()
 *
 * Context: process, memory_lock not held, not between vfio_pci_core_access_begin()
 * and its end; any if not @test_mem.
 * Return: 0; -EIO memory decode is off, and nothing is written.
 */
int vfio_pci_core_iowrite16(struct vfio_pci_core_device *vdev, bool test_mem, u16 val,
			    void __iomem *io)
{
	return io_write_one(vdev, test_mem, io, val, sizeof(val));
}
EXPORT_SYMBOL_GPL(vfio_pci_core_iowrite16);

/**
 * vfio_pci_core_iowrite32 - write a register of 32 bits
 * @vdev: the device, open and runtime-active
 * @test_mem: true for a register in memory, see vfio_pci_core_ioread8()
 * @val: the value, in the device's byte order: little endian
 * @io: address, from vfio_pci_core_get_iomap()
 *
 * Context: process, memory_lock not held, not between vfio_pci_core_access_begin()
 * and its end; any if not @test_mem.
 * Return: 0; -EIO memory decode is off, and nothing is written.
 */
int vfio_pci_core_iowrite32(struct vfio_pci_core_device *vdev, bool test_mem, u32 val,
			    void __iomem *io)
{
	return io_write_one(vdev, test_mem, io, val, sizeof(val));
}
EXPORT_SYMBOL_GPL(vfio_pci_core_iowrite32);

/**
 * vfio_pci_core_iowrite64 - write a register of 64 bits
 * @vdev: the device, open and runtime-active
 * @test_mem: true for a register in memory, see vfio_pci_core_ioread8()
 * @val: the value, in the device's byte order: little endian
 * @io: address, from vfio_pci_core_get_iomap()
 *
 * Two accesses, low half first, where the architecture has no wider one.
 *
 * Context: process, memory_lock not held, not between vfio_pci_core_access_begin()
 * and its end; any if not @test_mem.
 * Return: 0; -EIO memory decode is off, and nothing is written.
 */
int vfio_pci_core_iowrite64(struct vfio_pci_core_device *vdev, bool test_mem, u64 val,
			    void __iomem *io)
{
	return io_write_one(vdev, test_mem, io, val, sizeof(val));
}
EXPORT_SYMBOL_GPL(vfio_pci_core_iowrite64);

static int io_batch(struct vfio_pci_core_device *vdev, const struct io_window *win, loff_t off,
		    void *val, size_t len)
{
	if (win->test_mem) {
		if (vfio_pci_access_read_lock_killable(vdev))
			return -EINTR;
		/*
		 * Not the gate's predicate: in low power, too, user space may read and write.  The
		 * runtime PM reference of vfio_pci_rw() keeps the device awake meanwhile.
		 */
		if (!vfio_pci_mem_decodes(vdev)) {
			vfio_pci_access_read_unlock(vdev);
			return -EIO;
		}
	}

	if (win->write) {
		io_write_batch(win, off, val, len);
		if (win->wc)
			wmb(); /* drained before the lock is: nothing may arrive after a revoke */
	} else {
		if (win->wc)
			wmb(); /* must not overtake what the task wrote by a mapping before */
		io_read_batch(win, off, val, len);
	}

	io_end(vdev, win->test_mem);
	return 0;
}

/* The sizes of registers are worth a case of their own: they cross in one instruction. */
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

static ssize_t io_rw(struct vfio_pci_core_device *vdev, const struct io_window *win,
		     char __user *buf, loff_t off, size_t count)
{
	/* Written before it is read; clearing it first would cost more than a register access. */
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
 * @x_end: the byte behind it; equal to @x_start for none
 * @iswrite: true: from user space to the device
 * @max_width: widest access the device stands
 *
 * Accesses are naturally aligned and as wide as alignment, @count and @max_width allow.
 *
 * Context: process; takes memory_lock for read if @test_mem; user memory must not be locked.
 * Return: @count; -EIO memory decode is off, -EFAULT bad user memory, -EINTR the task was killed.
 * Errors may come when part of it is done.
 */
ssize_t vfio_pci_core_do_io_rw(struct vfio_pci_core_device *vdev, bool test_mem, void __iomem *io,
			       char __user *buf, loff_t off, size_t count, size_t x_start,
			       size_t x_end, bool iswrite, enum vfio_pci_io_width max_width)
{
	struct io_window win = {
		.base = io, .x_start = x_start, .x_end = x_end, .max_width = max_width,
		.write = iswrite, .test_mem = test_mem,
	};

	return io_rw(vdev, &win, buf, off, count);
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

static ssize_t bar_rw(struct vfio_pci_core_device *vdev, unsigned int bar, char __user *buf,
		      size_t count, loff_t *ppos, bool iswrite)
{
	struct pci_dev *pdev = vdev->pdev;
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	u64 size = pci_resource_len(pdev, bar);
	struct io_window win = {
		.max_width = VFIO_PCI_IO_WIDTH_8, .write = iswrite,
		.test_mem = pci_resource_flags(pdev, bar) & IORESOURCE_MEM,
	};
	size_t done = 0;

	if (!pci_resource_start(pdev, bar) || pos >= size)
		return -EINVAL;
	count = min_t(u64, count, size - pos);

	if (bar == vdev->msix_bar) {
		win.x_start = vdev->msix_offset;
		win.x_end = win.x_start + vdev->msix_size;
	}

	while (done < count) {
		const struct vfio_pci_segment *seg = vfio_pci_bar_segment(vdev, bar, pos);
		size_t len;
		ssize_t ret;

		if (IS_ERR(seg))
			return PTR_ERR(seg);

		win.base = seg->io - seg->start;
		win.wc = seg->type == VFIO_PCI_MEMTYPE_WC;
		len = min_t(u64, count - done, seg->start + seg->len - pos);

		ret = io_rw(vdev, &win, buf + done, pos, len);
		if (ret < 0)
			return ret;

		done += len;
		pos += len;
	}

	*ppos += done;
	return done;
}

static ssize_t rom_read(struct vfio_pci_core_device *vdev, char __user *buf, size_t count,
			loff_t *ppos)
{
	struct pci_dev *pdev = vdev->pdev;
	unsigned long flags = pci_resource_flags(pdev, PCI_ROM_RESOURCE);
	bool has_bar = pci_resource_start(pdev, PCI_ROM_RESOURCE);
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	struct io_window win = {
		/* Some NICs answer 8-byte reads of their ROM with AER errors: Intel X710. */
		.max_width = VFIO_PCI_IO_WIDTH_4,
		.test_mem = flags & IORESOURCE_MEM,
	};
	size_t rom_size = 0;
	ssize_t ret;

	if (has_bar)
		win.x_end = pci_resource_len(pdev, PCI_ROM_RESOURCE);
	else if (pdev->rom && pdev->romlen)
		win.x_end = roundup_pow_of_two(pdev->romlen);
	else
		return -EINVAL;

	if (pos >= win.x_end)
		return -EINVAL;
	count = min_t(u64, count, win.x_end - pos);

	/* What the image does not fill reads as -1, without asking the (slow) device. */
	if (has_bar) {
		/* Finding the image's size reads it; a copy that the platform made is memory. */
		if (vfio_pci_access_read_lock_killable(vdev))
			return -EINTR;
		if (flags & IORESOURCE_ROM_SHADOW || vfio_pci_mem_decodes(vdev))
			win.base = pci_map_rom(pdev, &rom_size);
		vfio_pci_access_read_unlock(vdev);
		win.x_start = rom_size;
	} else {
		win.base = ioremap(pdev->rom, pdev->romlen);
		win.x_start = pdev->romlen;
	}
	if (!win.base)
		return -ENOMEM;

	ret = io_rw(vdev, &win, buf, pos, count);
	if (ret > 0)
		*ppos += ret;

	if (has_bar)
		pci_unmap_rom(pdev, win.base);
	else
		iounmap(win.base);
	return ret;
}

/*
 * Keep the device active during a read or write.  An open device has a runtime PM reference of its
 * own unless user space asked for low power, so as a rule there is nothing to resume, and nothing
 * to suspend afterwards.
 *
 * Entry to low power sets pm_runtime_engaged and then drops the device's reference; here the count
 * is changed first and the flag is read then, both by atomic operations that are full barriers.
 * Whoever finds the flag clear was faster: a new reference counts already when the device's goes,
 * and one that was dropped is not the last.
 */
static int rw_pm_get(struct vfio_pci_core_device *vdev)
{
	struct device *dev = &vdev->pdev->dev;
	int ret;

	pm_runtime_get_noresume(dev);
	smp_mb__after_atomic(); /* atomic_inc() alone is none */
	if (likely(!READ_ONCE(vdev->pm_runtime_engaged)))
		return 0;

	ret = pm_runtime_resume(dev);
	if (ret >= 0)
		return 0;

	pm_runtime_put_noidle(dev);
	pci_info_ratelimited(vdev->pdev, "cannot resume for a read or write: %d\n", ret);
	return -EIO;
}

static void rw_pm_put(struct vfio_pci_core_device *vdev)
{
	struct device *dev = &vdev->pdev->dev;

	pm_runtime_put_noidle(dev);
	if (unlikely(READ_ONCE(vdev->pm_runtime_engaged)))
		pm_request_idle(dev);
}

static ssize_t vfio_pci_rw(struct vfio_pci_core_device *vdev, char __user *buf, size_t count,
			   loff_t *ppos, bool iswrite)
{
	unsigned int index = VFIO_PCI_OFFSET_TO_INDEX(*ppos);
	ssize_t ret;

	if (!count)
		return 0;
	if (index >= VFIO_PCI_NUM_REGIONS + vdev->num_regions)
		return -EINVAL;

	ret = rw_pm_get(vdev);
	if (ret)
		return ret;

	switch (index) {
	case VFIO_PCI_BAR0_REGION_INDEX ... VFIO_PCI_BAR5_REGION_INDEX:
		ret = bar_rw(vdev, index, buf, count, ppos, iswrite);
		break;
	case VFIO_PCI_ROM_REGION_INDEX:
		ret = iswrite ? -EINVAL : rom_read(vdev, buf, count, ppos);
		break;
	case VFIO_PCI_CONFIG_REGION_INDEX:
		ret = vfio_pci_config_rw(vdev, buf, count, ppos, iswrite);
		break;
	case VFIO_PCI_VGA_REGION_INDEX:
		ret = vfio_pci_vga_rw(vdev, buf, count, ppos, iswrite);
		break;
	default:
		ret = vfio_pci_region_rw(vdev, index, buf, count, ppos, iswrite);
	}

	rw_pm_put(vdev);
	return ret;
}

/**
 * vfio_pci_core_read - read callback of a vfio device
 * @core_vdev: the device
 * @buf: user memory
 * @count: bytes
 * @ppos: offset in the device file; advanced by the bytes read
 *
 * Context: process, device open; no lock held.  Resumes the device for the time of the call.
 * Return: bytes read, fewer than @count at the end of the region only; -EINVAL no such region, or
 * beyond its end, -EIO memory decode is off or the device does not resume, -EFAULT, -EINTR, or what
 * the region's callback says.  An error may come when part of it is done.
 */
ssize_t vfio_pci_core_read(struct vfio_device *core_vdev, char __user *buf, size_t count,
			   loff_t *ppos)
{
	return vfio_pci_rw(to_vfio_pci_core(core_vdev), buf, count, ppos, false);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_read);

/**
 * vfio_pci_core_write - write callback of a vfio device
 * @core_vdev: the device
 * @buf: user memory
 * @count: bytes
 * @ppos: offset in the device file; advanced by the bytes written
 *
 * Context: as vfio_pci_core_read().
 * Return: as vfio_pci_core_read(), for bytes written; -EINVAL also for the ROM.
 */
ssize_t vfio_pci_core_write(struct vfio_device *core_vdev, const char __user *buf, size_t count,
			    loff_t *ppos)
{
	return vfio_pci_rw(to_vfio_pci_core(core_vdev), (char __user *)buf, count, ppos, true);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_write);
