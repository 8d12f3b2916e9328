// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test module: imports a dma-buf on behalf of a PCI device, as a driver for RDMA or a GPU does.  It
 * never does DMA; what counts is when it may map, and that it is told in time to unmap.
 */
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "dmaimport.h"

MODULE_IMPORT_NS("DMA_BUF");

/**
 * struct dmaimport - one importer
 * @lock: held by each ioctl
 * @attachment: to the buffer; NULL before DMAIMPORT_ATTACH
 * @dmabuf: the buffer
 * @pdev: the device that would do the DMA
 * @sgt: the mapping, or NULL; under the buffer's dma_resv, like the rest
 * @invalidations: how often the exporter told us to unmap
 * @slow: unmap later, in @unmap
 * @unmap: the work that does it
 */
struct dmaimport {
	struct mutex			lock;	/* one ioctl at a time */
	struct dma_buf_attachment	*attachment;
	struct dma_buf			*dmabuf;
	struct pci_dev			*pdev;
	struct sg_table			*sgt;
	unsigned int			invalidations;
	bool				slow;
	struct delayed_work		unmap;
};

static void dmaimport_unmap_locked(struct dmaimport *import)
{
	if (!import->sgt)
		return;
	dma_buf_unmap_attachment(import->attachment, import->sgt, DMA_BIDIRECTIONAL);
	import->sgt = NULL;
}

static void dmaimport_unmap(struct dmaimport *import)
{
	struct dma_resv *resv = import->dmabuf->resv;

	dma_resv_lock(resv, NULL);
	dmaimport_unmap_locked(import);
	dma_resv_unlock(resv);
}

static void dmaimport_unmap_work(struct work_struct *work)
{
	dmaimport_unmap(container_of(to_delayed_work(work), struct dmaimport, unmap));
}

/* Under dma_resv. */
static void dmaimport_invalidate(struct dma_buf_attachment *attachment)
{
	struct dmaimport *import = attachment->importer_priv;

	import->invalidations++;
	if (import->slow)
		schedule_delayed_work(&import->unmap, msecs_to_jiffies(DMAIMPORT_DELAY));
	else
		dmaimport_unmap_locked(import);
}

static const struct dma_buf_attach_ops dmaimport_ops[] = {
	[0] = { },
	[DMAIMPORT_P2P] = { .allow_peer2peer = true },
	[DMAIMPORT_REVOCABLE] = { .invalidate_mappings = dmaimport_invalidate },
	[DMAIMPORT_P2P | DMAIMPORT_REVOCABLE] = {
		.allow_peer2peer = true,
		.invalidate_mappings = dmaimport_invalidate,
	},
};

static int dmaimport_attach(struct dmaimport *import, const struct dmaimport_attach *how)
{
	struct dma_buf_attachment *attachment;
	struct dma_buf *dmabuf;

	if (import->attachment)
		return -EBUSY;

	dmabuf = dma_buf_get(how->fd);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);

	import->slow = how->flags & DMAIMPORT_SLOW;
	import->pdev = pci_get_domain_bus_and_slot(how->segment, how->bus, how->devfn);
	attachment = import->pdev ?
		dma_buf_dynamic_attach(dmabuf, &import->pdev->dev,
				       &dmaimport_ops[how->flags & ~DMAIMPORT_SLOW], import) :
		ERR_PTR(-ENXIO);
	if (IS_ERR(attachment)) {
		pci_dev_put(import->pdev);
		dma_buf_put(dmabuf);
		return PTR_ERR(attachment);
	}
	import->attachment = attachment;
	import->dmabuf = dmabuf;
	return 0;
}

static int dmaimport_map(struct dmaimport *import)
{
	struct dma_resv *resv = import->dmabuf->resv;
	struct sg_table *sgt;
	int ret = -EBUSY;

	dma_resv_lock(resv, NULL);
	if (!import->sgt) {
		sgt = dma_buf_map_attachment(import->attachment, DMA_BIDIRECTIONAL);
		ret = PTR_ERR_OR_ZERO(sgt);
		if (!ret)
			import->sgt = sgt;
	}
	dma_resv_unlock(resv);
	return ret;
}

static void dmaimport_status(struct dmaimport *import, struct dmaimport_status *status)
{
	struct dma_resv *resv = import->dmabuf->resv;
	struct scatterlist *sg;
	int i;

	dma_resv_lock(resv, NULL);
	status->invalidations = import->invalidations;
	if (import->sgt) {
		status->addr = sg_dma_address(import->sgt->sgl);
		for_each_sgtable_dma_sg(import->sgt, sg, i)
			status->size += sg_dma_len(sg);
	}
	dma_resv_unlock(resv);
}

static long dmaimport_ioctl_locked(struct dmaimport *import, unsigned int cmd, void __user *user)
{
	struct dmaimport_status status = {};
	struct dmaimport_attach how;

	if (cmd == DMAIMPORT_ATTACH) {
		if (copy_from_user(&how, user, sizeof(how)))
			return -EFAULT;
		if (how.flags > (DMAIMPORT_P2P | DMAIMPORT_REVOCABLE | DMAIMPORT_SLOW))
			return -EINVAL;
		return dmaimport_attach(import, &how);
	}

	if (!import->attachment)
		return -ENOTCONN;

	switch (cmd) {
	case DMAIMPORT_MAP:
		return dmaimport_map(import);
	case DMAIMPORT_UNMAP:
		dmaimport_unmap(import);
		return 0;
	case DMAIMPORT_STATUS:
		dmaimport_status(import, &status);
		return copy_to_user(user, &status, sizeof(status)) ? -EFAULT : 0;
	default:
		return -ENOTTY;
	}
}

static long dmaimport_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct dmaimport *import = file->private_data;
	long ret;

	mutex_lock(&import->lock);
	ret = dmaimport_ioctl_locked(import, cmd, (void __user *)arg);
	mutex_unlock(&import->lock);
	return ret;
}

static int dmaimport_open(struct inode *inode, struct file *file)
{
	struct dmaimport *import = kzalloc(sizeof(*import), GFP_KERNEL);

	if (!import)
		return -ENOMEM;
	mutex_init(&import->lock);
	INIT_DELAYED_WORK(&import->unmap, dmaimport_unmap_work);
	file->private_data = import;
	return 0;
}

static int dmaimport_release(struct inode *inode, struct file *file)
{
	struct dmaimport *import = file->private_data;

	if (import->attachment) {
		dmaimport_unmap(import);
		dma_buf_detach(import->dmabuf, import->attachment);
		/* The work can no longer be scheduled. */
		cancel_delayed_work_sync(&import->unmap);
		dma_buf_put(import->dmabuf);
		pci_dev_put(import->pdev);
	}
	kfree(import);
	return 0;
}

static const struct file_operations dmaimport_fops = {
	.owner = THIS_MODULE,
	.open = dmaimport_open,
	.release = dmaimport_release,
	.unlocked_ioctl = dmaimport_ioctl,
};

static struct miscdevice dmaimport_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "dmaimport",
	.fops = &dmaimport_fops,
};
module_misc_device(dmaimport_device);

MODULE_DESCRIPTION("Test module: imports dma-bufs");
MODULE_LICENSE("GPL");
