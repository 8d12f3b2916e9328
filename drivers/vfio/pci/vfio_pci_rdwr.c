// SPDX-License-Identifier: GPL-2.0-only
/* read() and write() of the device file: which region, which part of it, by what kind of access. */
#include <linux/export.h>
#include <linux/io.h>
#include <linux/log2.h>
#include <linux/pm_runtime.h>

#include "vfio_pci_access.h"
#include "vfio_pci_bars.h"
#include "vfio_pci_io.h"

static ssize_t rdwr_bar(struct vfio_pci_core_device *vdev, unsigned int bar, char __user *buf,
			size_t count, loff_t *ppos, bool iswrite)
{
	struct pci_dev *pdev = vdev->pdev;
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	u64 size = pci_resource_len(pdev, bar);
	struct vfio_pci_io_window win = {
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

		ret = vfio_pci_io_rw(vdev, &win, buf + done, pos, len);
		if (ret < 0)
			return ret;

		done += len;
		pos += len;
	}

	*ppos += done;
	return done;
}

static ssize_t rdwr_rom(struct vfio_pci_core_device *vdev, char __user *buf, size_t count,
			loff_t *ppos)
{
	struct pci_dev *pdev = vdev->pdev;
	unsigned long flags = pci_resource_flags(pdev, PCI_ROM_RESOURCE);
	bool has_bar = pci_resource_start(pdev, PCI_ROM_RESOURCE);
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	struct vfio_pci_io_window win = {
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

	/* Bytes beyond the image read as -1 without an access to the device, which is slow. */
	if (has_bar) {
		/*
		 * pci_map_rom() reads the image to find its size.  A shadow copy is ordinary
		 * memory.
		 */
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

	ret = vfio_pci_io_rw(vdev, &win, buf, pos, count);
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
 * Entry to low power sets pm_runtime_engaged and then drops the device's reference.  Here the
 * usage count changes first and the flag is read afterwards; both sides use full barriers.  If the
 * flag is clear, rdwr_pm_get() preceded the put of the entry, so that put cannot make the count 0;
 * when rdwr_pm_put() finds it clear, the entry still holds a reference.
 */
static int rdwr_pm_get(struct vfio_pci_core_device *vdev)
{
	struct device *dev = &vdev->pdev->dev;
	int ret;

	pm_runtime_get_noresume(dev);
	smp_mb__after_atomic(); /* atomic_inc() is no barrier */
	if (likely(!READ_ONCE(vdev->pm_runtime_engaged)))
		return 0;

	ret = pm_runtime_resume(dev);
	if (ret >= 0)
		return 0;

	pm_runtime_put_noidle(dev);
	pci_info_ratelimited(vdev->pdev, "runtime resume failed: %d\n", ret);
	return -EIO;
}

static void rdwr_pm_put(struct vfio_pci_core_device *vdev)
{
	struct device *dev = &vdev->pdev->dev;

	pm_runtime_put_noidle(dev);
	if (unlikely(READ_ONCE(vdev->pm_runtime_engaged)))
		pm_request_idle(dev);
}

static ssize_t rdwr_region(struct vfio_pci_core_device *vdev, char __user *buf, size_t count,
			   loff_t *ppos, bool iswrite)
{
	unsigned int index = VFIO_PCI_OFFSET_TO_INDEX(*ppos);
	ssize_t ret;

	if (!count)
		return 0;
	if (index >= VFIO_PCI_NUM_REGIONS + vdev->num_regions)
		return -EINVAL;

	ret = rdwr_pm_get(vdev);
	if (ret)
		return ret;

	switch (index) {
	case VFIO_PCI_BAR0_REGION_INDEX ... VFIO_PCI_BAR5_REGION_INDEX:
		ret = rdwr_bar(vdev, index, buf, count, ppos, iswrite);
		break;
	case VFIO_PCI_ROM_REGION_INDEX:
		ret = iswrite ? -EINVAL : rdwr_rom(vdev, buf, count, ppos);
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

	rdwr_pm_put(vdev);
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
 * beyond its end, -EIO memory decode is off or the device does not resume, -EFAULT, -EINTR, or the
 * error of the region's callback.  On error, part of the transfer may have been done.
 */
ssize_t vfio_pci_core_read(struct vfio_device *core_vdev, char __user *buf, size_t count,
			   loff_t *ppos)
{
	return rdwr_region(to_vfio_pci_core(core_vdev), buf, count, ppos, false);
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
	return rdwr_region(to_vfio_pci_core(core_vdev), (char __user *)buf, count, ppos, true);
}
EXPORT_SYMBOL_GPL(vfio_pci_core_write);
