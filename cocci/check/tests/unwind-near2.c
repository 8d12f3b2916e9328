// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

struct acme_file {
	struct file *filp;
	struct mutex lock;
	bool dead;
	size_t size;
	struct acme_device *acme;
};

struct acme_device {
	struct vfio_pci_core_device core_device;
	struct mutex state_mutex;
	enum vfio_device_mig_state state;
	struct acme_file *out;
	void __iomem *regs;
	u32 count;
};

/* probe, whose put runs .release; an object that init hands on; a reference that the error path drops through a helper. */
static void acme_drop(struct acme_file *out)
{
	fput(out->filp);
}

static struct file *acme_hand_out(struct acme_device *acme)
{
	struct acme_file *out = acme->out;
	int ret;

	get_file(out->filp);
	ret = parent_stop(acme->core_device.pdev);
	if (ret) {
		acme_drop(out);
		return ERR_PTR(ret);
	}
	return out->filp;
}

static int acme_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct acme_device *acme;
	int ret;

	acme = vfio_alloc_device(acme_device, core_device.vdev, &pdev->dev, &acme_ops);
	if (IS_ERR(acme))
		return PTR_ERR(acme);
	dev_set_drvdata(&pdev->dev, &acme->core_device);
	ret = parent_register_client(pdev);
	if (!ret)
		ret = vfio_pci_core_register_device(&acme->core_device);
	if (ret) {
		vfio_put_device(&acme->core_device.vdev);
		return ret;
	}
	return 0;
}

static void acme_release(struct vfio_device *vdev)
{
	parent_unregister_client(to_pci_dev(vdev->dev));
	vfio_pci_core_release_dev(vdev);
}

static const struct vfio_device_ops acme_ops = {
	.release = acme_release,
	.vfio_pci_ops = 1,
};

static struct pci_driver acme_driver = {
	.name = KBUILD_MODNAME,
	.probe = acme_probe,
	.err_handler = &vfio_pci_core_err_handlers,
	.driver_managed_dma = true,
};
