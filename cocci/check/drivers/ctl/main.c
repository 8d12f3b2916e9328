// SPDX-License-Identifier: GPL-2.0-only
/* Key store: a private feature sets slots, a private region shows a log. */
#include <linux/cleanup.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/overflow.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio_pci_core.h>

#define KS_SLOTS	16
#define KS_LOG		4096
#define KS_CMD_SET	_IO(';', 200)
#define KS_CMD_BULK	_IO(';', 201)
#define KS_REGION	VFIO_PCI_NUM_REGIONS

struct ks_set {
	__u32 argsz;
	__u32 flags;
	__u32 slot;
	__u32 pad;
	__u64 key;
};

struct ks_bulk {
	__u32 argsz;
	__u32 count;
	__u64 user;
};

struct ks_priv {
	struct vfio_pci_core_device pci;
	struct mutex lock;
	u64 keys[KS_SLOTS];
	char log[KS_LOG];
	size_t log_used;
};

static struct ks_priv *ks(struct vfio_device *d)
{
	return container_of(container_of(d, struct vfio_pci_core_device, vdev), struct ks_priv, pci);
}

static void ks_poke(struct ks_priv *p, unsigned int slot, u64 key)
{
	scoped_guard(rwsem_read, &p->pci.memory_lock) {
		if (__vfio_pci_memory_enabled(&p->pci))
			p->keys[slot] = key;
	}
}

static int ks_set(struct ks_priv *p, void __user *uarg)
{
	struct ks_set set;

	if (copy_from_user(&set, uarg, sizeof(set)))
		return -EFAULT;
	if (set.argsz < sizeof(set) || set.flags)
		return -EINVAL;
	if (set.slot >= ARRAY_SIZE(p->keys))
		return -ENOENT;
	ks_poke(p, array_index_nospec(set.slot, KS_SLOTS), set.key);
	return 0;
}

static int ks_bulk(struct ks_priv *p, void __user *uarg)
{
	struct ks_bulk req;
	unsigned int i;

	if (copy_from_user(&req, uarg, sizeof(req)))
		return -EFAULT;
	if (req.argsz < sizeof(req))
		return -EINVAL;
	if (req.count > KS_SLOTS)
		return -E2BIG;

	u64 *keys __free(kfree) = memdup_array_user(u64_to_user_ptr(req.user), req.count,
						    sizeof(*keys));
	if (IS_ERR(keys))
		return PTR_ERR(no_free_ptr(keys));
	for (i = 0; i < req.count; i++)
		ks_poke(p, i, keys[i]);
	return 0;
}

static long ks_ioctl(struct vfio_device *d, unsigned int cmd, unsigned long arg)
{
	struct ks_priv *p = ks(d);

	switch (cmd) {
	case KS_CMD_SET:
		return ks_set(p, (void __user *)arg);
	case KS_CMD_BULK:
		return ks_bulk(p, (void __user *)arg);
	}
	return vfio_pci_core_ioctl(d, cmd, arg);
}

static ssize_t ks_log_read(struct ks_priv *p, char __user *buf, size_t count, loff_t *ppos)
{
	loff_t pos = *ppos & VFIO_PCI_OFFSET_MASK;

	guard(mutex)(&p->lock);
	return simple_read_from_buffer(buf, count, &pos, p->log, p->log_used);
}

static ssize_t ks_read(struct vfio_device *d, char __user *buf, size_t count, loff_t *ppos)
{
	if (VFIO_PCI_OFFSET_TO_INDEX(*ppos) == KS_REGION)
		return ks_log_read(ks(d), buf, count, ppos);
	return vfio_pci_core_read(d, buf, count, ppos);
}

static ssize_t ks_write(struct vfio_device *d, const char __user *buf, size_t count, loff_t *ppos)
{
	struct ks_priv *p = ks(d);
	loff_t pos = *ppos & VFIO_PCI_OFFSET_MASK;
	char line[64];

	if (VFIO_PCI_OFFSET_TO_INDEX(*ppos) != KS_REGION)
		return vfio_pci_core_write(d, buf, count, ppos);
	if (pos != 0)
		return -EINVAL;
	if (count >= sizeof(line))
		count = sizeof(line) - 1;
	if (copy_from_user(line, buf, count))
		return -EFAULT;
	line[count] = '\0';
	mutex_lock(&p->lock);
	p->log_used = strscpy(p->log, line, sizeof(p->log));
	mutex_unlock(&p->lock);
	return count;
}

static int ks_regions(struct vfio_device *d, struct vfio_region_info *info,
		      struct vfio_info_cap *caps)
{
	if (info->index == KS_REGION) {
		info->offset = VFIO_PCI_INDEX_TO_OFFSET(KS_REGION);
		info->size = KS_LOG;
		info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
		return 0;
	}
	return vfio_pci_ioctl_get_region_info(d, info, caps);
}

static int ks_open(struct vfio_device *d)
{
	struct ks_priv *p = ks(d);
	int rc;

	rc = vfio_pci_core_enable(&p->pci);
	if (rc)
		goto out;
	memset(p->keys, 0, sizeof(p->keys));
	vfio_pci_core_finish_enable(&p->pci);
out:
	return rc;
}

DEFINE_VFIO_PCI_OPS(ks_ops,
	.name = KBUILD_MODNAME,
	.open_device = ks_open,
	.ioctl = ks_ioctl,
	.get_region_info_caps = ks_regions,
	.read = ks_read,
	.write = ks_write,
);

static int ks_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct ks_priv *p;
	int rc;

	p = vfio_alloc_device(ks_priv, pci.vdev, &pdev->dev, &ks_ops);
	if (IS_ERR(p))
		return PTR_ERR(p);
	mutex_init(&p->lock);
	dev_set_drvdata(&pdev->dev, &p->pci);
	rc = vfio_pci_core_register_device(&p->pci);
	if (!rc)
		return 0;
	vfio_put_device(&p->pci.vdev);
	return rc;
}

static void ks_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *pci = dev_get_drvdata(&pdev->dev);
	struct ks_priv *p = container_of(pci, struct ks_priv, pci);

	vfio_pci_core_unregister_device(&p->pci);
	memzero_explicit(p->keys, sizeof(p->keys));
	vfio_put_device(&p->pci.vdev);
}

static const struct pci_device_id ks_table[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(0x1b36, 0x77) },
	{ 0, }
};
MODULE_DEVICE_TABLE(pci, ks_table);

static struct pci_driver ks_driver = {
	.name = KBUILD_MODNAME,
	.id_table = ks_table,
	.probe = ks_probe,
	.remove = ks_remove,
	.err_handler = &vfio_pci_core_err_handlers,
	.driver_managed_dma = true,
};
module_pci_driver(ks_driver);
MODULE_LICENSE("GPL");
