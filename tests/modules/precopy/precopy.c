// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test module: a variant driver with PRE_COPY as one is written for Linux 7.3, with the names and
 * headers of that kernel.  Its stream is PRECOPY_INITIAL bytes that can be read in PRE_COPY, and
 * PRECOPY_FINAL more in STOP_COPY.  All of memory is always dirty.  It saves but does not resume.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/unaligned.h>
#include <linux/vfio_pci_core.h>

#include <vfio_pci_sdk/check.h>

#include "precopy.h"

struct precopy_stream {
	struct vfio_device		*core_vdev;	/* referenced: it may be closed before */
	struct mutex			lock;		/* what follows */
	enum vfio_device_mig_state	state;
	unsigned int			pos;
	u8				data[PRECOPY_INITIAL + PRECOPY_FINAL];
};

struct precopy_vfio_pci_core_device {
	struct vfio_pci_core_device	core_device;
	struct mutex			state_mutex;	/* the two below */
	enum vfio_device_mig_state	state;
	struct file			*stream;
};

static struct precopy_vfio_pci_core_device *to_precopy(struct vfio_device *core_vdev)
{
	return container_of(core_vdev, struct precopy_vfio_pci_core_device, core_device.vdev);
}

static bool in_pre_copy(enum vfio_device_mig_state state)
{
	return state == VFIO_DEVICE_STATE_PRE_COPY || state == VFIO_DEVICE_STATE_PRE_COPY_P2P;
}

/* How far the stream may be read by now. */
static unsigned int stream_end(const struct precopy_stream *stream)
{
	return in_pre_copy(stream->state) ? PRECOPY_INITIAL : sizeof(stream->data);
}

static ssize_t stream_read(struct file *file, char __user *buf, size_t count, loff_t *ppos)
{
	struct precopy_stream *stream = file->private_data;
	ssize_t ret;

	mutex_lock(&stream->lock);
	count = min_t(size_t, count, stream_end(stream) - stream->pos);
	if (stream->state == VFIO_DEVICE_STATE_ERROR)
		ret = -ENODEV;
	else if (!count)
		ret = in_pre_copy(stream->state) ? -ENOMSG : 0;
	else if (copy_to_user(buf, stream->data + stream->pos, count))
		ret = -EFAULT;
	else
		ret = count;
	if (ret > 0)
		stream->pos += ret;
	mutex_unlock(&stream->lock);
	return ret;
}

static long stream_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct precopy_stream *stream = file->private_data;
	struct vfio_precopy_info info;
	int ret;

	ret = vfio_check_precopy_ioctl(stream->core_vdev, cmd, arg, &info);
	if (ret)
		return ret;

	mutex_lock(&stream->lock);
	if (in_pre_copy(stream->state)) {
		info.initial_bytes = PRECOPY_INITIAL - stream->pos;
		info.dirty_bytes = 0;
		if (vfio_device_sdk_precopy_info_v2(stream->core_vdev) && !stream->pos)
			info.flags |= VFIO_PRECOPY_INFO_REINIT;
	} else {
		ret = -EINVAL;
	}
	mutex_unlock(&stream->lock);
	if (ret)
		return ret;
	return copy_to_user((void __user *)arg, &info,
			    offsetofend(struct vfio_precopy_info, dirty_bytes)) ? -EFAULT : 0;
}

static int stream_release(struct inode *inode, struct file *file)
{
	struct precopy_stream *stream = file->private_data;

	vfio_put_device(stream->core_vdev);
	mutex_destroy(&stream->lock);
	kfree(stream);
	return 0;
}

static const struct file_operations stream_fops = {
	.owner		= THIS_MODULE,
	.read		= stream_read,
	.unlocked_ioctl	= stream_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.release	= stream_release,
};

static struct file *stream_begin(struct precopy_vfio_pci_core_device *priv)
{
	struct precopy_stream *stream = kzalloc_obj(*stream, GFP_KERNEL_ACCOUNT);
	struct file *file;

	if (!stream)
		return ERR_PTR(-ENOMEM);

	file = anon_inode_getfile("[precopy]", &stream_fops, stream, O_RDONLY);
	if (IS_ERR(file)) {
		kfree(stream);
		return file;
	}
	stream_open(file_inode(file), file);
	mutex_init(&stream->lock);
	stream->core_vdev = &priv->core_device.vdev;
	get_device(&stream->core_vdev->device);
	put_unaligned_le32(PRECOPY_MAGIC, stream->data);

	priv->stream = get_file(file);
	return file;
}

static void stream_state(struct precopy_vfio_pci_core_device *priv,
			 enum vfio_device_mig_state state)
{
	struct precopy_stream *stream = priv->stream->private_data;

	mutex_lock(&stream->lock);
	stream->state = state;
	mutex_unlock(&stream->lock);
}

static void stream_end_of(struct precopy_vfio_pci_core_device *priv)
{
	if (!priv->stream)
		return;

	stream_state(priv, VFIO_DEVICE_STATE_ERROR);
	fput(priv->stream);
	priv->stream = NULL;
}

/* One step. Returns a new stream, or NULL, or an ERR_PTR(). */
static struct file *precopy_step(struct precopy_vfio_pci_core_device *priv,
				 enum vfio_device_mig_state next)
{
	struct file *file = NULL;

	if (next == VFIO_DEVICE_STATE_RESUMING)
		return ERR_PTR(-EOPNOTSUPP);

	if (!in_pre_copy(next) && next != VFIO_DEVICE_STATE_STOP_COPY) {
		stream_end_of(priv);
	} else {
		if (!priv->stream)
			file = stream_begin(priv);
		if (!IS_ERR(file))
			stream_state(priv, next);
	}
	if (!IS_ERR(file))
		priv->state = next;
	return file;
}

static struct file *precopy_set_state(struct vfio_device *core_vdev,
				      enum vfio_device_mig_state new_state)
{
	struct precopy_vfio_pci_core_device *priv = to_precopy(core_vdev);
	enum vfio_device_mig_state next;
	struct file *file = NULL;
	int ret;

	mutex_lock(&priv->state_mutex);
	while (!file && new_state != priv->state) {
		ret = vfio_mig_get_next_state(core_vdev, priv->state, new_state, &next);
		if (ret) {
			file = ERR_PTR(ret);
			break;
		}
		file = precopy_step(priv, next);
		if (IS_ERR(file))
			break;
		/* A stream begins with the last step, or something is wrong with the steps. */
		if (WARN_ON(file && next != new_state)) {
			fput(file);
			file = ERR_PTR(-EINVAL);
			break;
		}
	}
	mutex_unlock(&priv->state_mutex);
	return file;
}

static int precopy_get_state(struct vfio_device *core_vdev, enum vfio_device_mig_state *state)
{
	struct precopy_vfio_pci_core_device *priv = to_precopy(core_vdev);

	mutex_lock(&priv->state_mutex);
	*state = priv->state;
	mutex_unlock(&priv->state_mutex);
	return 0;
}

static int precopy_get_data_size(struct vfio_device *core_vdev, unsigned long *stop_copy_length)
{
	*stop_copy_length = PRECOPY_FINAL;
	return 0;
}

static const struct vfio_migration_ops precopy_mig_ops = {
	.migration_set_state		= precopy_set_state,
	.migration_get_state		= precopy_get_state,
	.migration_get_data_size	= precopy_get_data_size,
};

static int precopy_log_start(struct vfio_device *core_vdev, struct rb_root_cached *ranges,
			     u32 nnodes, u64 *page_size)
{
	return 0;
}

static int precopy_log_stop(struct vfio_device *core_vdev)
{
	return 0;
}

static int precopy_log_read_and_clear(struct vfio_device *core_vdev, unsigned long iova,
				      unsigned long length, struct iova_bitmap *dirty)
{
	iova_bitmap_set(dirty, iova, length);
	return 0;
}

static const struct vfio_log_ops precopy_log_ops = {
	.log_start		= precopy_log_start,
	.log_stop		= precopy_log_stop,
	.log_read_and_clear	= precopy_log_read_and_clear,
};

static int precopy_init(struct vfio_device *core_vdev)
{
	struct precopy_vfio_pci_core_device *priv = to_precopy(core_vdev);

	mutex_init(&priv->state_mutex);
	core_vdev->mig_ops = &precopy_mig_ops;
	core_vdev->log_ops = &precopy_log_ops;
	core_vdev->migration_flags = VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P |
				     VFIO_MIGRATION_PRE_COPY;
	return vfio_pci_core_init_dev(core_vdev);
}

static void precopy_release(struct vfio_device *core_vdev)
{
	mutex_destroy(&to_precopy(core_vdev)->state_mutex);
	vfio_pci_core_release_dev(core_vdev);
}

static int precopy_open(struct vfio_device *core_vdev)
{
	int ret = vfio_pci_core_open_device(core_vdev);

	if (!ret)
		to_precopy(core_vdev)->state = VFIO_DEVICE_STATE_RUNNING;
	return ret;
}

static void precopy_close(struct vfio_device *core_vdev)
{
	struct precopy_vfio_pci_core_device *priv = to_precopy(core_vdev);

	mutex_lock(&priv->state_mutex);
	stream_end_of(priv);
	mutex_unlock(&priv->state_mutex);
	vfio_pci_core_close_device(core_vdev);
}

DEFINE_VFIO_PCI_OPS(precopy_ops,
	.name		= "precopy",
	.init		= precopy_init,
	.release	= precopy_release,
	.open_device	= precopy_open,
	.close_device	= precopy_close,
);

static int precopy_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct precopy_vfio_pci_core_device *priv;
	int ret;

	priv = vfio_alloc_device(precopy_vfio_pci_core_device, core_device.vdev, &pdev->dev,
				 &precopy_ops);
	if (IS_ERR(priv))
		return PTR_ERR(priv);

	dev_set_drvdata(&pdev->dev, &priv->core_device);
	ret = vfio_pci_core_register_device(&priv->core_device);
	if (ret)
		vfio_put_device(&priv->core_device.vdev);
	return ret;
}

static void precopy_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);

	vfio_pci_core_unregister_device(vdev);
	vfio_put_device(&vdev->vdev);
}

static const struct pci_device_id precopy_ids[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(0x1234, 0x11e8) },
	{}
};
MODULE_DEVICE_TABLE(pci, precopy_ids);

static struct pci_driver precopy_driver = {
	.name			= "precopy",
	.id_table		= precopy_ids,
	.probe			= precopy_probe,
	.remove			= precopy_remove,
	.err_handler		= &vfio_pci_core_err_handlers,
	.driver_managed_dma	= true,
};
module_pci_driver(precopy_driver);

MODULE_IMPORT_NS("IOMMUFD");
MODULE_DESCRIPTION("Test module: a variant driver with PRE_COPY, written for Linux 7.3");
MODULE_LICENSE("GPL");
