// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the benchmarks compare the library with: live migration of a buffer, written by hand in the
 * shape of the kernel's drivers.  It has their faults, the cycle of locks among them (copies are
 * made under the file's lock), so nobody resets a device while it has it.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/uaccess.h>
#include <linux/vfio_pci_core.h>
#include <vfio_pci_sdk/check.h>

#define LIVEHAND_SIZE	(16 << 20)

struct livehand_file {
	struct file	*filp;
	struct mutex	lock;		/* all of it */
	bool		disabled;
	size_t		len;
	u8		*buf;
};

struct livehand_device {
	struct vfio_pci_core_device	core_device;
	struct mutex			state_mutex;	/* what follows */
	enum vfio_device_mig_state	state;
	struct livehand_file		*file;
	u8				*buf;
	bool				stopped;
	spinlock_t			reset_lock;	/* deferred_reset */
	bool				deferred_reset;
};

static struct livehand_device *to_livehand(struct vfio_device *core_vdev)
{
	return container_of(core_vdev, struct livehand_device, core_device.vdev);
}

static void livehand_disable(struct livehand_device *priv)
{
	struct livehand_file *file = priv->file;

	if (!file)
		return;
	mutex_lock(&file->lock);
	file->disabled = true;
	mutex_unlock(&file->lock);
	priv->file = NULL;
	fput(file->filp);
}

static int livehand_release(struct inode *inode, struct file *filp)
{
	struct livehand_file *file = filp->private_data;

	mutex_destroy(&file->lock);
	kfree(file);
	return 0;
}

static ssize_t livehand_read(struct file *filp, char __user *buf, size_t len, loff_t *pos)
{
	struct livehand_file *file = filp->private_data;
	ssize_t ret;

	mutex_lock(&file->lock);
	len = min_t(size_t, len, file->len - filp->f_pos);
	if (file->disabled)
		ret = -ENODEV;
	else if (copy_to_user(buf, file->buf + filp->f_pos, len))
		ret = -EFAULT;
	else
		ret = len;
	if (ret > 0)
		filp->f_pos += ret;
	mutex_unlock(&file->lock);
	return ret;
}

static ssize_t livehand_write(struct file *filp, const char __user *buf, size_t len, loff_t *pos)
{
	struct livehand_file *file = filp->private_data;
	ssize_t ret;

	mutex_lock(&file->lock);
	if (file->disabled)
		ret = -ENODEV;
	else if (len > LIVEHAND_SIZE - filp->f_pos)
		ret = -ENOSPC;
	else if (copy_from_user(file->buf + filp->f_pos, buf, len))
		ret = -EFAULT;
	else
		ret = len;
	if (ret > 0)
		filp->f_pos += ret;
	mutex_unlock(&file->lock);
	return ret;
}

static const struct file_operations livehand_fops = {
	.owner		= THIS_MODULE,
	.read		= livehand_read,
	.write		= livehand_write,
	.release	= livehand_release,
};

static struct file *livehand_open(struct livehand_device *priv, int flags)
{
	struct livehand_file *file = kzalloc(sizeof(*file), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!file)
		return ERR_PTR(-ENOMEM);
	mutex_init(&file->lock);
	file->buf = priv->buf;
	file->len = LIVEHAND_SIZE;
	file->filp = anon_inode_getfile("livehand", &livehand_fops, file, flags);
	if (IS_ERR(file->filp)) {
		ret = PTR_ERR(file->filp);
		kfree(file);
		return ERR_PTR(ret);
	}
	stream_open(file_inode(file->filp), file->filp);
	get_file(file->filp);
	priv->file = file;
	return file->filp;
}

/* Stands for the command that a driver gives its device. */
static noinline int livehand_stop(struct livehand_device *priv, bool stop)
{
	priv->stopped = stop;
	return 0;
}

/* A reset that came in between has only left a note. */
static void livehand_state_unlock(struct livehand_device *priv)
{
again:
	spin_lock(&priv->reset_lock);
	if (priv->deferred_reset) {
		priv->deferred_reset = false;
		spin_unlock(&priv->reset_lock);
		priv->state = VFIO_DEVICE_STATE_RUNNING;
		livehand_disable(priv);
		goto again;
	}
	mutex_unlock(&priv->state_mutex);
	spin_unlock(&priv->reset_lock);
}

static struct file *livehand_step(struct livehand_device *priv, enum vfio_device_mig_state next)
{
	enum vfio_device_mig_state cur = priv->state;

	if ((cur == VFIO_DEVICE_STATE_RUNNING && next == VFIO_DEVICE_STATE_RUNNING_P2P) ||
	    (cur == VFIO_DEVICE_STATE_RUNNING_P2P && next == VFIO_DEVICE_STATE_STOP))
		return ERR_PTR(livehand_stop(priv, true));
	if ((cur == VFIO_DEVICE_STATE_STOP && next == VFIO_DEVICE_STATE_RUNNING_P2P) ||
	    (cur == VFIO_DEVICE_STATE_RUNNING_P2P && next == VFIO_DEVICE_STATE_RUNNING))
		return ERR_PTR(livehand_stop(priv, false));
	if (cur == VFIO_DEVICE_STATE_STOP && next == VFIO_DEVICE_STATE_STOP_COPY)
		return livehand_open(priv, O_RDONLY);
	if (cur == VFIO_DEVICE_STATE_STOP && next == VFIO_DEVICE_STATE_RESUMING)
		return livehand_open(priv, O_WRONLY);
	if (cur == VFIO_DEVICE_STATE_STOP_COPY || cur == VFIO_DEVICE_STATE_RESUMING)
		livehand_disable(priv);
	return NULL;
}

static struct file *livehand_set_state(struct vfio_device *core_vdev,
				       enum vfio_device_mig_state new)
{
	struct livehand_device *priv = to_livehand(core_vdev);
	enum vfio_device_mig_state next;
	struct file *file = NULL;
	int ret;

	mutex_lock(&priv->state_mutex);
	while (new != priv->state) {
		ret = vfio_mig_get_next_state(core_vdev, priv->state, new, &next);
		if (ret) {
			file = ERR_PTR(ret);
			break;
		}
		file = livehand_step(priv, next);
		if (IS_ERR(file))
			break;
		priv->state = next;
	}
	livehand_state_unlock(priv);
	return file;
}

static int livehand_get_state(struct vfio_device *core_vdev, enum vfio_device_mig_state *state)
{
	struct livehand_device *priv = to_livehand(core_vdev);

	mutex_lock(&priv->state_mutex);
	*state = priv->state;
	livehand_state_unlock(priv);
	return 0;
}

static int livehand_get_data_size(struct vfio_device *core_vdev, unsigned long *len)
{
	*len = LIVEHAND_SIZE;
	return 0;
}

static const struct vfio_migration_ops livehand_mig_ops = {
	.migration_set_state		= livehand_set_state,
	.migration_get_state		= livehand_get_state,
	.migration_get_data_size	= livehand_get_data_size,
};

static void livehand_close_device(struct vfio_device *core_vdev)
{
	struct livehand_device *priv = to_livehand(core_vdev);

	mutex_lock(&priv->state_mutex);
	livehand_disable(priv);
	priv->state = VFIO_DEVICE_STATE_RUNNING;
	livehand_state_unlock(priv);
	vfio_pci_core_close_device(core_vdev);
}

DEFINE_VFIO_PCI_OPS(livehand_ops,
	.name		= KBUILD_MODNAME,
	.close_device	= livehand_close_device,
);

static int livehand_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct livehand_device *priv;
	int ret = -ENOMEM;

	priv = vfio_alloc_device(livehand_device, core_device.vdev, &pdev->dev, &livehand_ops);
	if (IS_ERR(priv))
		return PTR_ERR(priv);
	dev_set_drvdata(&pdev->dev, &priv->core_device);
	mutex_init(&priv->state_mutex);
	spin_lock_init(&priv->reset_lock);
	priv->state = VFIO_DEVICE_STATE_RUNNING;
	priv->core_device.vdev.migration_flags = VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P;
	priv->core_device.vdev.mig_ops = &livehand_mig_ops;
	priv->buf = kvzalloc(LIVEHAND_SIZE, GFP_KERNEL);
	if (priv->buf)
		ret = vfio_pci_core_register_device(&priv->core_device);
	if (ret) {
		kvfree(priv->buf);
		vfio_put_device(&priv->core_device.vdev);
	}
	return ret;
}

static void livehand_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);
	u8 *buf = to_livehand(&vdev->vdev)->buf;

	vfio_pci_core_unregister_device(vdev);
	vfio_put_device(&vdev->vdev);
	kvfree(buf);
}

static void livehand_reset_done(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);
	struct livehand_device *priv = to_livehand(&vdev->vdev);

	spin_lock(&priv->reset_lock);
	priv->deferred_reset = true;
	if (mutex_trylock(&priv->state_mutex)) {
		spin_unlock(&priv->reset_lock);
		livehand_state_unlock(priv);
	} else {
		spin_unlock(&priv->reset_lock);
	}
	vfio_pci_core_reset_done(pdev);
}

static const struct pci_error_handlers livehand_err = {
	.error_detected	= vfio_pci_core_aer_err_detected,
	.reset_prepare	= vfio_pci_core_reset_prepare,
	.reset_done	= livehand_reset_done,
};

static const struct pci_device_id livehand_table[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_ANY_ID, PCI_ANY_ID) },
	{}
};

static struct pci_driver livehand_driver = {
	.name			= KBUILD_MODNAME,
	.id_table		= livehand_table,
	.probe			= livehand_probe,
	.remove			= livehand_remove,
	.err_handler		= &livehand_err,
	.driver_managed_dma	= true,
};
module_pci_driver(livehand_driver);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The vfio-pci SDK authors");
MODULE_DESCRIPTION("benchmark: live migration of a buffer, by hand");
