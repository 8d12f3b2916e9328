// SPDX-License-Identifier: GPL-2.0-only
/* Keeps the last vector of the device for a heartbeat, which it forwards to an eventfd. */
#include <linux/eventfd.h>
#include <linux/interrupt.h>
#include <linux/irqbypass.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/uaccess.h>
#include <linux/vfio_pci_core.h>

#define HB_IOC_BIND	_IO(';', 230)

struct hb_bind {
	__u32 argsz;
	__s32 fd;
};

struct hb_device {
	struct vfio_pci_core_device core_dev;
	struct eventfd_ctx *beat;
	struct irq_bypass_producer prod;
	int irq;
	bool armed;
};

static struct hb_device *hb_from(struct vfio_device *vdev)
{
	return container_of(vdev, struct hb_device, core_dev.vdev);
}

static irqreturn_t hb_isr(int irq, void *cookie)
{
	struct hb_device *hb = cookie;

	eventfd_signal(hb->beat);
	return IRQ_HANDLED;
}

static void hb_disarm(struct hb_device *hb)
{
	if (!hb->armed)
		return;
	irq_bypass_unregister_producer(&hb->prod);
	free_irq(hb->irq, hb);
	eventfd_ctx_put(hb->beat);
	hb->beat = NULL;
	hb->armed = false;
}

static int hb_arm(struct hb_device *hb, int fd)
{
	struct eventfd_ctx *ctx = eventfd_ctx_fdget(fd);
	int ret;

	if (IS_ERR(ctx))
		return PTR_ERR(ctx);

	hb->beat = ctx;
	ret = request_irq(hb->irq, hb_isr, 0, "hb", hb);
	if (ret) {
		eventfd_ctx_put(ctx);
		hb->beat = NULL;
		return ret;
	}
	hb->armed = true;
	return 0;
}

static long hb_bind(struct hb_device *hb, unsigned long arg)
{
	unsigned long minsz = offsetofend(struct hb_bind, fd);
	struct hb_bind bind;
	long ret = 0;

	if (copy_from_user(&bind, (void __user *)arg, minsz))
		return -EFAULT;
	if (bind.argsz < minsz)
		return -EINVAL;

	mutex_lock(&hb->core_dev.igate);
	hb_disarm(hb);
	if (bind.fd >= 0)
		ret = hb_arm(hb, bind.fd);
	mutex_unlock(&hb->core_dev.igate);
	return ret;
}

static long hb_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	struct hb_device *hb = hb_from(vdev);

	return cmd == HB_IOC_BIND ? hb_bind(hb, arg) : vfio_pci_core_ioctl(vdev, cmd, arg);
}

static int hb_open_device(struct vfio_device *vdev)
{
	struct hb_device *hb = hb_from(vdev);
	int ret;

	if ((ret = vfio_pci_core_enable(&hb->core_dev)))
		return ret;
	hb->irq = pci_irq_vector(hb->core_dev.pdev, 0);
	if (hb->irq < 0) {
		vfio_pci_core_disable(&hb->core_dev);
		return hb->irq;
	}
	vfio_pci_core_finish_enable(&hb->core_dev);
	return 0;
}

static void hb_close_device(struct vfio_device *vdev)
{
	struct hb_device *hb = hb_from(vdev);

	mutex_lock(&hb->core_dev.igate);
	hb_disarm(hb);
	mutex_unlock(&hb->core_dev.igate);
	vfio_pci_core_close_device(vdev);
}

static void hb_release(struct vfio_device *vdev)
{
	vfio_pci_core_release_dev(vdev);
}

DEFINE_VFIO_PCI_OPS(hb_ops,
	.name = KBUILD_MODNAME,
	.open_device = hb_open_device,
	.close_device = hb_close_device,
	.ioctl = hb_ioctl,
	.release = hb_release,
);

static int hb_probe(struct pci_dev *dev, const struct pci_device_id *ent)
{
	struct hb_device *hb;
	int ret;

	hb = vfio_alloc_device(hb_device, core_dev.vdev, &dev->dev, &hb_ops);
	if (IS_ERR(hb))
		return PTR_ERR(hb);
	dev_set_drvdata(&dev->dev, &hb->core_dev);
	ret = vfio_pci_core_register_device(&hb->core_dev);
	if (ret)
		goto err_put;
	pci_info(dev, "ready\n");
	return ret;

err_put:
	vfio_put_device(&hb->core_dev.vdev);
	return ret;
}

static void hb_remove(struct pci_dev *dev)
{
	struct vfio_pci_core_device *core_dev = dev_get_drvdata(&dev->dev);

	vfio_pci_core_unregister_device(core_dev);
	vfio_put_device(&core_dev->vdev);
}

static const struct pci_device_id hb_match[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_VENDOR_ID_XILINX, 0x9038) },
	{}
};
MODULE_DEVICE_TABLE(pci, hb_match);

static struct pci_driver hb_pci = {
	.name = KBUILD_MODNAME,
	.id_table = hb_match,
	.probe = hb_probe,
	.remove = hb_remove,
	.err_handler = &vfio_pci_core_err_handlers,
	.driver_managed_dma = true,
};
module_pci_driver(hb_pci);
MODULE_LICENSE("GPL");
