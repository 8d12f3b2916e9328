// SPDX-License-Identifier: GPL-2.0-only
/*
 * pf-vf-vfio-pci: variant driver for the VFs of a PF that pf-vf-pf drives.  It shows answers of the
 * PF's driver in a region, and takes the VF away from its user while the PF is reset.
 */
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/uaccess.h>
#include <linux/vfio_pci_core.h>

#include <vfio_pci_sdk/check.h>

#include "pf.h"

struct pf_vf_vfio_pci_core_device {
	struct vfio_pci_core_device	core_device;
	struct pf_vf_pf			*pf;
	unsigned int			vf;
	struct pf_vf_client		client;
	struct lock_class_key		key;
};

static struct pf_vf_vfio_pci_core_device *to_pf_vf(struct vfio_device *core_vdev)
{
	return container_of(core_vdev, struct pf_vf_vfio_pci_core_device, core_device.vdev);
}

/* No lock is held here, which a call that waits for a reset of the PF relies on. */
static ssize_t pf_vf_region_rw(struct vfio_pci_core_device *vdev, char __user *buf, size_t count,
			       loff_t *ppos, bool iswrite)
{
	struct pf_vf_vfio_pci_core_device *priv = to_pf_vf(&vdev->vdev);
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	struct pf_vf_answer answer;
	int ret;

	if (iswrite || pos >= sizeof(answer))
		return -EINVAL;
	ret = pf_vf_query(priv->pf, priv->vf, &answer);
	if (ret)
		return ret;

	count = min_t(size_t, count, sizeof(answer) - pos);
	if (copy_to_user(buf, (u8 *)&answer + pos, count))
		return -EFAULT;
	*ppos += count;
	return count;
}

static void pf_vf_region_release(struct vfio_pci_core_device *vdev, struct vfio_pci_region *region)
{
}

static const struct vfio_pci_regops pf_vf_regops = {
	.rw		= pf_vf_region_rw,
	.release	= pf_vf_region_release,
};

static int pf_vf_vfio_pci_open_device(struct vfio_device *core_vdev)
{
	struct vfio_pci_core_device *vdev = &to_pf_vf(core_vdev)->core_device;
	int ret = vfio_pci_core_enable(vdev);

	if (ret)
		return ret;
	ret = vfio_pci_core_register_dev_region(vdev, PF_VF_REGION_TYPE, PF_VF_REGION_SUBTYPE,
						&pf_vf_regops, sizeof(struct pf_vf_answer),
						VFIO_REGION_INFO_FLAG_READ, NULL);
	if (ret)
		vfio_pci_core_disable(vdev);
	else
		vfio_pci_core_finish_enable(vdev);
	return ret;
}

static void pf_vf_vfio_pci_release(struct vfio_device *core_vdev)
{
	vfio_pci_core_release_dev(core_vdev);
	lockdep_unregister_key(&to_pf_vf(core_vdev)->key);
}

DEFINE_VFIO_PCI_OPS(pf_vf_vfio_pci_ops,
	.name		= "pf-vf-vfio-pci",
	.release	= pf_vf_vfio_pci_release,
	.open_device	= pf_vf_vfio_pci_open_device,
);

/* A reset of the PF is one of its VFs: mappings go, and accessors wait. */
static void pf_vf_reset_prepare(struct pf_vf_client *client)
{
	struct pf_vf_vfio_pci_core_device *priv =
		container_of(client, struct pf_vf_vfio_pci_core_device, client);

	vfio_pci_core_access_revoke(&priv->core_device);
}

/* The user has to set the VF up anew, and learns so by the error interrupt. */
static void pf_vf_reset_done(struct pf_vf_client *client)
{
	struct pf_vf_vfio_pci_core_device *priv =
		container_of(client, struct pf_vf_vfio_pci_core_device, client);

	vfio_pci_core_access_restore(&priv->core_device);
	vfio_pci_core_aer_err_detected(priv->core_device.pdev, pci_channel_io_normal);
}

static int pf_vf_vfio_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct pf_vf_pf *pf = pci_iov_get_pf_drvdata(pdev, &pf_vf_pf_driver);
	struct pf_vf_vfio_pci_core_device *priv;
	int vf = pci_iov_vf_id(pdev);
	int ret;

	if (IS_ERR(pf) || vf < 0) {
		pci_err(pdev, "is no VF of a PF that is bound to %s\n", pf_vf_pf_driver.name);
		return -ENODEV;
	}

	priv = vfio_alloc_device(pf_vf_vfio_pci_core_device, core_device.vdev, &pdev->dev,
				 &pf_vf_vfio_pci_ops);
	if (IS_ERR(priv))
		return PTR_ERR(priv);
	priv->pf = pf;
	priv->vf = vf;
	priv->client.reset_prepare = pf_vf_reset_prepare;
	priv->client.reset_done = pf_vf_reset_done;
	/*
	 * A reset of the PF takes the memory_locks of all its VFs, one task at a time, and nobody
	 * else waits for one with another held.
	 */
	lockdep_register_key(&priv->key);
	lockdep_set_class(&priv->core_device.memory_lock, &priv->key);
	dev_set_drvdata(&pdev->dev, &priv->core_device);

	/* Before it can be opened. */
	pf_vf_attach(pf, &priv->client);
	ret = vfio_pci_core_register_device(&priv->core_device);
	if (ret) {
		pf_vf_detach(pf, &priv->client);
		vfio_put_device(&priv->core_device.vdev);
	}
	return ret;
}

static void pf_vf_vfio_pci_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);
	struct pf_vf_vfio_pci_core_device *priv = to_pf_vf(&vdev->vdev);

	/* Waits for the user, to whom the PF answers until then. */
	vfio_pci_core_unregister_device(vdev);
	pf_vf_detach(priv->pf, &priv->client);
	vfio_put_device(&vdev->vdev);
}

/* No id table: bound by driver_override, and no alias by which tools could choose it. */
static struct pci_driver pf_vf_vfio_pci_driver = {
	.name			= "pf-vf-vfio-pci",
	.probe			= pf_vf_vfio_pci_probe,
	.remove			= pf_vf_vfio_pci_remove,
	.err_handler		= &vfio_pci_core_err_handlers,
	.driver_managed_dma	= true,
};
module_pci_driver(pf_vf_vfio_pci_driver);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("vfio driver for VFs that work with the driver of their PF");
