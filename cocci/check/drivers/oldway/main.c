// SPDX-License-Identifier: GPL-2.0-only
/* A port of a 6.1-era driver: macros for the ops, -1 style unwinding, one exit. */
#include <linux/module.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>

#define OW_DRV "oldway-vfio-pci"
#define OW_BAR 0
#define OW_PRIVATE_PAGES 4UL

#define OW_COMMON_OPS						\
	.name			= OW_DRV,			\
	.init			= vfio_pci_core_init_dev,	\
	.release		= vfio_pci_core_release_dev,	\
	.read			= vfio_pci_core_read,		\
	.write			= vfio_pci_core_write,		\
	.ioctl			= vfio_pci_core_ioctl,		\
	.get_region_info_caps	= vfio_pci_ioctl_get_region_info, \
	.device_feature		= vfio_pci_core_ioctl_feature,	\
	.request		= vfio_pci_core_request,	\
	.match			= vfio_pci_core_match,		\
	.match_token_uuid	= vfio_pci_core_match_token_uuid, \
	.bind_iommufd		= vfio_iommufd_physical_bind,	\
	.unbind_iommufd		= vfio_iommufd_physical_unbind,	\
	.attach_ioas		= vfio_iommufd_physical_attach_ioas, \
	.detach_ioas		= vfio_iommufd_physical_detach_ioas, \
	.pasid_attach_ioas	= vfio_iommufd_physical_pasid_attach_ioas, \
	.pasid_detach_ioas	= vfio_iommufd_physical_pasid_detach_ioas

typedef struct vfio_pci_core_device vpcd_t;

struct ow {
	vpcd_t base;
	struct work_struct poll;
	atomic_t users;
};

static struct ow *vdev2ow(struct vfio_device *v)
{
	return container_of(v, struct ow, base.vdev);
}

static void ow_poll(struct work_struct *w)
{
	struct ow *o = container_of(w, struct ow, poll);

	atomic_inc(&o->users);
}

static int ow_start(struct ow *o)
{
	return schedule_work(&o->poll) ? 0 : -EBUSY;
}

static int ow_open(struct vfio_device *v)
{
	struct ow *o = vdev2ow(v);
	int rc = -ENODEV;

	if (!o->base.pdev)
		goto out;

	rc = vfio_pci_core_enable(&o->base);
	if (rc != 0)
		goto out;

	rc = ow_start(o);
	if (rc < 0)
		goto out_disable;

	vfio_pci_core_finish_enable(&o->base);
	goto out;

out_disable:
	vfio_pci_core_disable(&o->base);
out:
	return rc;
}

static void ow_close(struct vfio_device *v)
{
	struct ow *o = vdev2ow(v);

	cancel_work_sync(&o->poll);
	vfio_pci_core_close_device(v);
}

/* The last pages of BAR 0 are the host's. */
static int ow_mmap(struct vfio_device *v, struct vm_area_struct *vma)
{
	struct ow *o = vdev2ow(v);
	unsigned long bar_pages = pci_resource_len(o->base.pdev, OW_BAR) >> PAGE_SHIFT;
	unsigned long pg = vma->vm_pgoff & ((1UL << (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT)) - 1);
	unsigned int idx = vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT);

	if (idx == OW_BAR) {
		if (pg >= bar_pages - OW_PRIVATE_PAGES)
			return -EPERM;
		if (vma_pages(vma) > bar_pages - OW_PRIVATE_PAGES - pg)
			return -EPERM;
	}
	return vfio_pci_core_mmap(v, vma);
}

static const struct vfio_device_ops ow_ops = {
	OW_COMMON_OPS,
	.open_device	= ow_open,
	.close_device	= ow_close,
	.mmap		= ow_mmap,
};

static int ow_setup(struct pci_dev *pdev, struct ow *o)
{
	INIT_WORK(&o->poll, ow_poll);
	atomic_set(&o->users, 0);
	dev_set_drvdata(&pdev->dev, &o->base);
	return vfio_pci_core_register_device(&o->base);
}

static int ow_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct ow *o;
	int rc;

	o = vfio_alloc_device(ow, base.vdev, &pdev->dev, &ow_ops);
	if (IS_ERR(o)) {
		rc = PTR_ERR(o);
		goto out;
	}

	rc = ow_setup(pdev, o);
	if (rc)
		vfio_put_device(&o->base.vdev);
out:
	return rc;
}

static void ow_remove(struct pci_dev *pdev)
{
	vpcd_t *base = dev_get_drvdata(&pdev->dev);

	vfio_pci_core_unregister_device(base);
	vfio_put_device(&base->vdev);
}

static int ow_sriov(struct pci_dev *pdev, int nr)
{
	vpcd_t *base = dev_get_drvdata(&pdev->dev);

	return vfio_pci_core_sriov_configure(base, nr);
}

static const struct pci_device_id ow_ids[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_VENDOR_ID_INTEL, 0x1111) },
	{}
};
MODULE_DEVICE_TABLE(pci, ow_ids);

static struct pci_driver ow_driver = {
	.name			= OW_DRV,
	.id_table		= ow_ids,
	.probe			= ow_probe,
	.remove			= ow_remove,
	.sriov_configure	= ow_sriov,
	.err_handler		= &vfio_pci_core_err_handlers,
	.driver_managed_dma	= 1,
};
module_pci_driver(ow_driver);
MODULE_LICENSE("GPL v2");
