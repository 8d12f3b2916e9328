// SPDX-License-Identifier: GPL-2.0-only
/* A VF with live migration; the state is fetched from the PF's firmware. */
#include <linux/anon_inodes.h>
#include <linux/cleanup.h>
#include <linux/file.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/uaccess.h>
#include <linux/vfio_pci_core.h>

#define MG_MAX	SZ_64K

struct mg_stream {
	struct file *file;
	struct mutex lock;
	bool dead;
	size_t used;
	u8 *bytes;
};

struct mg_vf {
	struct vfio_pci_core_device core;
	enum vfio_device_mig_state now;
	struct mutex state_lock;
	spinlock_t note_lock;
	bool noted;
	struct mg_stream *out, *in;
};

#define to_mg(p)	container_of((p), struct mg_vf, core.vdev)

/* What a stream has it has by itself, so nothing but @dead tells it from one in use. */
static void mg_kill(struct mg_stream **where)
{
	struct mg_stream *s = *where;

	if (!s)
		return;
	/* Without s->lock: a reset gets here, and a copy under that lock may wait for the reset. */
	WRITE_ONCE(s->dead, true);
	fput(s->file);
	*where = NULL;
}

static int mg_stream_release(struct inode *inode, struct file *filp)
{
	struct mg_stream *s = filp->private_data;

	kvfree(s->bytes);
	kfree(s);
	return 0;
}

static ssize_t mg_out(struct file *filp, char __user *buf, size_t len, loff_t *pos)
{
	struct mg_stream *s = filp->private_data;

	if (pos)
		return -ESPIPE;
	pos = &filp->f_pos;

	guard(mutex)(&s->lock);
	if (READ_ONCE(s->dead))
		return -ENODEV;
	if (*pos > s->used)
		return -EINVAL;
	len = min_t(size_t, len, s->used - *pos);
	if (copy_to_user(buf, s->bytes + *pos, len))
		return -EFAULT;
	*pos += len;
	return len;
}

static ssize_t mg_in(struct file *filp, const char __user *buf, size_t len, loff_t *pos)
{
	struct mg_stream *s = filp->private_data;
	loff_t end;
	ssize_t ret;

	if (pos)
		return -ESPIPE;
	pos = &filp->f_pos;

	mutex_lock(&s->lock);
	if (READ_ONCE(s->dead)) {
		ret = -ENODEV;
	} else if (check_add_overflow((loff_t)len, *pos, &end)) {
		ret = -EINVAL;
	} else if (end > MG_MAX) {
		ret = -ENOSPC;
	} else if (copy_from_user(s->bytes + *pos, buf, len)) {
		ret = -EFAULT;
	} else {
		s->used = *pos = end;
		ret = len;
	}
	mutex_unlock(&s->lock);
	return ret;
}

static const struct file_operations mg_out_fops = {
	.owner = THIS_MODULE,
	.read = mg_out,
	.release = mg_stream_release,
};

static const struct file_operations mg_in_fops = {
	.owner = THIS_MODULE,
	.write = mg_in,
	.release = mg_stream_release,
};

static struct mg_stream *mg_new(const char *what, const struct file_operations *fops, int flags)
{
	struct mg_stream *s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);
	int ret = -ENOMEM;

	if (!s)
		return ERR_PTR(-ENOMEM);
	s->bytes = kvzalloc(MG_MAX, GFP_KERNEL_ACCOUNT);
	if (!s->bytes)
		goto free;
	s->file = anon_inode_getfile(what, fops, s, flags);
	if (IS_ERR(s->file)) {
		ret = PTR_ERR(s->file);
		goto free;
	}
	stream_open(s->file->f_inode, s->file);
	mutex_init(&s->lock);
	return s;
free:
	kvfree(s->bytes);
	kfree(s);
	return ERR_PTR(ret);
}

static struct file *mg_step(struct mg_vf *vf, enum vfio_device_mig_state to)
{
	struct mg_stream *s;

	if (vf->now == VFIO_DEVICE_STATE_STOP && to == VFIO_DEVICE_STATE_STOP_COPY) {
		s = mg_new("mg-out", &mg_out_fops, O_RDONLY);
		if (IS_ERR(s))
			return ERR_CAST(s);
		get_file(s->file);
		vf->out = s;
		return s->file;
	}
	if (vf->now == VFIO_DEVICE_STATE_STOP && to == VFIO_DEVICE_STATE_RESUMING) {
		s = mg_new("mg-in", &mg_in_fops, O_WRONLY);
		if (IS_ERR(s))
			return ERR_CAST(s);
		get_file(s->file);
		vf->in = s;
		return s->file;
	}
	mg_kill(&vf->out);
	mg_kill(&vf->in);
	return NULL;
}

static void mg_state_unlock(struct mg_vf *vf)
{
again:
	spin_lock(&vf->note_lock);
	if (vf->noted) {
		vf->noted = false;
		spin_unlock(&vf->note_lock);
		vf->now = VFIO_DEVICE_STATE_RUNNING;
		mg_kill(&vf->out);
		mg_kill(&vf->in);
		goto again;
	}
	mutex_unlock(&vf->state_lock);
	spin_unlock(&vf->note_lock);
}

static struct file *mg_set_state(struct vfio_device *vdev, enum vfio_device_mig_state to)
{
	struct mg_vf *vf = to_mg(vdev);
	enum vfio_device_mig_state next;
	struct file *res = NULL;
	int ret;

	mutex_lock(&vf->state_lock);
	while (to != vf->now) {
		ret = vfio_mig_get_next_state(vdev, vf->now, to, &next);
		if (ret) {
			res = ERR_PTR(ret);
			break;
		}
		res = mg_step(vf, next);
		if (IS_ERR(res))
			break;
		vf->now = next;
		if (WARN_ON(res && to != vf->now)) {
			fput(res);
			res = ERR_PTR(-EINVAL);
			break;
		}
	}
	mg_state_unlock(vf);
	return res;
}

static int mg_get_state(struct vfio_device *vdev, enum vfio_device_mig_state *state)
{
	struct mg_vf *vf = to_mg(vdev);

	mutex_lock(&vf->state_lock);
	*state = vf->now;
	mg_state_unlock(vf);
	return 0;
}

static int mg_get_size(struct vfio_device *vdev, unsigned long *len)
{
	*len = MG_MAX;
	return 0;
}

static const struct vfio_migration_ops mg_mig_ops = {
	.migration_set_state = mg_set_state,
	.migration_get_state = mg_get_state,
	.migration_get_data_size = mg_get_size,
};

static void mg_reset_done(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *core = pci_get_drvdata(pdev);
	struct mg_vf *vf = container_of(core, struct mg_vf, core);

	/* Whoever has state_lock may wait for memory_lock, which is held here: leave a note. */
	spin_lock(&vf->note_lock);
	vf->noted = true;
	if (!mutex_trylock(&vf->state_lock)) {
		spin_unlock(&vf->note_lock);
		goto out;
	}
	spin_unlock(&vf->note_lock);
	mg_state_unlock(vf);
out:
	vfio_pci_core_reset_done(pdev);
}

static int mg_init(struct vfio_device *vdev)
{
	struct mg_vf *vf = to_mg(vdev);
	int ret;

	ret = vfio_pci_core_init_dev(vdev);
	if (ret)
		return ret;
	mutex_init(&vf->state_lock);
	spin_lock_init(&vf->note_lock);
	vdev->migration_flags = VFIO_MIGRATION_STOP_COPY;
	vdev->mig_ops = &mg_mig_ops;
	return 0;
}

static void mg_release(struct vfio_device *vdev)
{
	struct mg_vf *vf = to_mg(vdev);

	mutex_destroy(&vf->state_lock);
	vfio_pci_core_release_dev(vdev);
}

static int mg_open(struct vfio_device *vdev)
{
	struct mg_vf *vf = to_mg(vdev);
	int ret;

	ret = vfio_pci_core_enable(&vf->core);
	if (!ret) {
		vf->now = VFIO_DEVICE_STATE_RUNNING;
		vfio_pci_core_finish_enable(&vf->core);
	}
	return ret;
}

static void mg_close(struct vfio_device *vdev)
{
	struct mg_vf *vf = to_mg(vdev);

	mutex_lock(&vf->state_lock);
	mg_kill(&vf->out);
	mg_kill(&vf->in);
	mg_state_unlock(vf);
	vfio_pci_core_close_device(vdev);
}

DEFINE_VFIO_PCI_OPS(mg_ops,
	.name = KBUILD_MODNAME,
	.init = mg_init,
	.release = mg_release,
	.open_device = mg_open,
	.close_device = mg_close,
);

static int mg_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct mg_vf *vf = vfio_alloc_device(mg_vf, core.vdev, &pdev->dev, &mg_ops);
	int ret;

	if (IS_ERR(vf))
		return PTR_ERR(vf);
	pci_set_drvdata(pdev, &vf->core);
	ret = vfio_pci_core_register_device(&vf->core);
	if (ret < 0) {
		dev_err(&pdev->dev, "cannot register: %d\n", ret);
		vfio_put_device(&vf->core.vdev);
		return ret;
	}
	return 0;
}

static void mg_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *core = pci_get_drvdata(pdev);

	vfio_pci_core_unregister_device(core);
	vfio_put_device(&core->vdev);
}

static const struct pci_device_id mg_ids[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_VENDOR_ID_REDHAT_QUMRANET, 0x1234) },
	{}
};
MODULE_DEVICE_TABLE(pci, mg_ids);

static const struct pci_error_handlers mg_err = {
	.error_detected = vfio_pci_core_aer_err_detected,
	.reset_prepare = vfio_pci_core_reset_prepare,
	.reset_done = mg_reset_done,
};

static struct pci_driver mg_driver = {
	.name = KBUILD_MODNAME,
	.id_table = mg_ids,
	.probe = mg_probe,
	.remove = mg_remove,
	.err_handler = &mg_err,
	.driver_managed_dma = true,
};

static int __init mg_mod_init(void)
{
	return pci_register_driver(&mg_driver);
}
module_init(mg_mod_init);

static void __exit mg_mod_exit(void)
{
	pci_unregister_driver(&mg_driver);
}
module_exit(mg_mod_exit);
MODULE_LICENSE("GPL");
