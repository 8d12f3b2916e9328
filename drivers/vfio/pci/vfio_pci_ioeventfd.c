// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioeventfds: write a value to a BAR whenever an eventfd is signalled.
 *
 * The write happens in the context of the signaller, which holds the lock of the eventfd and cannot
 * sleep.  If the gate's locks are contended, a workqueue does the write a little later.
 */
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "vfio_pci_access.h"
#include "vfio_pci_bars.h"

/**
 * struct vfio_pci_ioeventfd - one write
 * @next: in vdev->ioeventfds_list; under ioeventfds_lock
 * @vdev: the device
 * @virqfd: connection to the eventfd; NULL once the eventfd is closed
 * @io: where to write
 * @data: what to write
 * @pos: offset in the BAR; with @data, @bar and @count it identifies the entry to the user
 * @bar: index
 * @count: bytes to write: 1, 2, 4 or 8
 * @test_mem: the BAR is memory, which may be inaccessible
 */
struct vfio_pci_ioeventfd {
	struct list_head		next;
	struct vfio_pci_core_device	*vdev;
	struct virqfd			*virqfd;
	void __iomem			*io;
	u64				data;
	u64				pos;
	unsigned int			bar;
	unsigned int			count;
	bool				test_mem;
};

/* Errors cannot be reported.  Inlined: this is on the signalling path. */
static __always_inline void ioeventfd_write(const struct vfio_pci_ioeventfd *entry)
{
	switch (entry->count) {
	case 1:
		vfio_pci_core_iowrite8(entry->vdev, false, entry->data, entry->io);
		return;
	case 2:
		vfio_pci_core_iowrite16(entry->vdev, false, entry->data, entry->io);
		return;
	case 4:
		vfio_pci_core_iowrite32(entry->vdev, false, entry->data, entry->io);
		return;
	case 8:
		vfio_pci_core_iowrite64(entry->vdev, false, entry->data, entry->io);
		return;
	}
}

/* Called with vfio_pci_access_read_lock() held; releases it. */
static __always_inline void ioeventfd_write_unlock(const struct vfio_pci_ioeventfd *entry)
{
	if (vfio_pci_mem_accessible(entry->vdev))
		ioeventfd_write(entry);
	vfio_pci_access_read_unlock(entry->vdev);
}

static void ioeventfd_thread(void *opaque, void *unused)
{
	const struct vfio_pci_ioeventfd *entry = opaque;

	vfio_pci_access_read_lock(entry->vdev);
	ioeventfd_write_unlock(entry);
}

/* Returns 1 to have ioeventfd_thread() called. */
static int ioeventfd_handler(void *opaque, void *unused)
{
	const struct vfio_pci_ioeventfd *entry = opaque;

	if (!entry->test_mem) {
		ioeventfd_write(entry);
		return 0;
	}

	if (!vfio_pci_access_read_trylock(entry->vdev))
		return 1;
	ioeventfd_write_unlock(entry);
	return 0;
}

static struct vfio_pci_ioeventfd *ioeventfd_find(struct vfio_pci_core_device *vdev,
						 const struct vfio_pci_ioeventfd *key)
{
	struct vfio_pci_ioeventfd *entry;

	list_for_each_entry(entry, &vdev->ioeventfds_list, next)
		if (entry->pos == key->pos && entry->bar == key->bar &&
		    entry->data == key->data && entry->count == key->count)
			return entry;
	return NULL;
}

static int ioeventfd_add_locked(struct vfio_pci_ioeventfd *entry, int fd)
{
	struct vfio_pci_core_device *vdev = entry->vdev;
	int ret;

	if (ioeventfd_find(vdev, entry))
		return -EEXIST;
	if (vdev->ioeventfds_nr >= VFIO_PCI_IOEVENTFD_MAX)
		return -ENOSPC;

	ret = vfio_virqfd_enable(entry, ioeventfd_handler, ioeventfd_thread, NULL, &entry->virqfd,
				 fd);
	if (ret)
		return ret;

	list_add(&entry->next, &vdev->ioeventfds_list);
	vdev->ioeventfds_nr++;
	return 0;
}

static long ioeventfd_add(const struct vfio_pci_ioeventfd *key, int fd)
{
	struct vfio_pci_ioeventfd *entry;
	int ret;

	entry = kmalloc(sizeof(*entry), GFP_KERNEL_ACCOUNT);
	if (!entry)
		return -ENOMEM;
	*entry = *key;

	mutex_lock(&entry->vdev->ioeventfds_lock);
	ret = ioeventfd_add_locked(entry, fd);
	mutex_unlock(&entry->vdev->ioeventfds_lock);

	if (ret)
		kfree(entry);
	return ret;
}

static void ioeventfd_remove_locked(struct vfio_pci_core_device *vdev,
				    struct vfio_pci_ioeventfd *entry)
{
	/*
	 * Waits for a running handler or thread, even if closing the eventfd already disabled it.
	 */
	vfio_virqfd_disable(&entry->virqfd);
	list_del(&entry->next);
	vdev->ioeventfds_nr--;
	kfree(entry);
}

static long ioeventfd_remove(const struct vfio_pci_ioeventfd *key)
{
	struct vfio_pci_core_device *vdev = key->vdev;
	struct vfio_pci_ioeventfd *entry;

	mutex_lock(&vdev->ioeventfds_lock);
	entry = ioeventfd_find(vdev, key);
	if (entry)
		ioeventfd_remove_locked(vdev, entry);
	mutex_unlock(&vdev->ioeventfds_lock);

	return entry ? 0 : -ENODEV;
}

/* Fill in the address to write to.  Returns 0, or -errno if writing there is not allowed. */
static int ioeventfd_locate(struct vfio_pci_core_device *vdev, struct vfio_pci_ioeventfd *key)
{
	const struct vfio_pci_segment *segment;
	u64 end = key->pos + key->count;

	if (end > pci_resource_len(vdev->pdev, key->bar))
		return -EINVAL;

	/* Unaligned MMIO works on x86; elsewhere (arm64) it faults, in kernel mode. */
	if (!IS_ENABLED(CONFIG_X86) && key->pos % key->count)
		return -EINVAL;

	/* A write to the MSI-X table would bypass interrupt remapping. */
	if (key->bar == vdev->msix_bar && end > vdev->msix_offset &&
	    key->pos < (u64)vdev->msix_offset + vdev->msix_size)
		return -EINVAL;

	segment = vfio_pci_bar_segment(vdev, key->bar, key->pos);
	if (IS_ERR(segment))
		return PTR_ERR(segment);

	/* A doorbell must take effect at once, not when a write-combining buffer is flushed. */
	if (end > segment->start + segment->len || segment->type == VFIO_PCI_MEMTYPE_WC)
		return -EINVAL;

	key->io = segment->io + (key->pos - segment->start);
	key->test_mem = pci_resource_flags(vdev->pdev, key->bar) & IORESOURCE_MEM;
	return 0;
}

long vfio_pci_ioctl_ioeventfd(struct vfio_pci_core_device *vdev,
			      struct vfio_device_ioeventfd __user *arg)
{
	const size_t minsz = offsetofend(struct vfio_device_ioeventfd, fd);
	struct vfio_pci_ioeventfd key = { .vdev = vdev };
	struct vfio_device_ioeventfd req;
	u64 index;
	int ret;

	if (copy_from_user(&req, arg, minsz))
		return -EFAULT;

	/* Each size flag equals its number of bytes. */
	if (req.argsz < minsz || req.flags & ~VFIO_DEVICE_IOEVENTFD_SIZE_MASK ||
	    !is_power_of_2(req.flags) || req.fd < -1)
		return -EINVAL;

	index = VFIO_PCI_OFFSET_TO_INDEX(req.offset);
	if (index > VFIO_PCI_BAR5_REGION_INDEX)
		return -EINVAL;

	key.bar = index;
	key.pos = req.offset & VFIO_PCI_OFFSET_MASK;
	key.data = req.data;
	key.count = req.flags;
	ret = ioeventfd_locate(vdev, &key);
	if (ret)
		return ret;

	return req.fd < 0 ? ioeventfd_remove(&key) : ioeventfd_add(&key, req.fd);
}

/* At close, when none can be added any more. */
void vfio_pci_ioeventfd_release_all(struct vfio_pci_core_device *vdev)
{
	struct vfio_pci_ioeventfd *entry, *next;

	list_for_each_entry_safe(entry, next, &vdev->ioeventfds_list, next)
		ioeventfd_remove_locked(vdev, entry);
}
