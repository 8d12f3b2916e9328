// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's own core: write-combining for the packet BAR, uncached doorbells in BAR 0. */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>

#define WCNIC_BAR 4

struct wcnic {
	struct vfio_pci_core_device core_device;
	resource_size_t wc_start;
	resource_size_t wc_len;
};

#define wcnic_get(v) container_of(v, struct wcnic, core_device.vdev)

static int wcnic_claim(struct wcnic *w)
{
	struct pci_dev *pdev = w->core_device.pdev;

	w->wc_start = pci_resource_start(pdev, WCNIC_BAR);
	w->wc_len = pci_resource_len(pdev, WCNIC_BAR);
	return arch_io_reserve_memtype_wc(w->wc_start, w->wc_len);
}

static void wcnic_unclaim(struct wcnic *w)
{
	arch_io_free_memtype_wc(w->wc_start, w->wc_len);
}

static int wcnic_open(struct vfio_device *vdev)
{
	struct wcnic *w = wcnic_get(vdev);
	int ret;

	/* Before the core maps the BAR. */
	ret = wcnic_claim(w);
	if (ret)
		return ret;
	ret = vfio_pci_core_enable(&w->core_device);
	if (ret)
		goto unclaim;
	vfio_pci_core_finish_enable(&w->core_device);
	return 0;
unclaim:
	wcnic_unclaim(w);
	return ret;
}

static void wcnic_close(struct vfio_device *vdev)
{
	vfio_pci_core_close_device(vdev);
	wcnic_unclaim(wcnic_get(vdev));
}

static int wcnic_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	unsigned int bar = vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT);
	pgprot_t plain = vm_get_page_prot(vma->vm_flags);
	int ret;

	ret = vfio_pci_core_mmap(vdev, vma);
	if (ret || bar != WCNIC_BAR)
		return ret;
	vma->vm_page_prot = pgprot_decrypted(pgprot_writecombine(plain));
	return 0;
}

static const struct vfio_device_ops wcnic_ops = {
	.name			= KBUILD_MODNAME,
	.init			= vfio_pci_core_init_dev,
	.release		= vfio_pci_core_release_dev,
	.open_device		= wcnic_open,
	.close_device		= wcnic_close,
	.ioctl			= vfio_pci_core_ioctl,
	.get_region_info_caps	= vfio_pci_ioctl_get_region_info,
	.device_feature		= vfio_pci_core_ioctl_feature,
	.read			= vfio_pci_core_read,
	.write			= vfio_pci_core_write,
	.mmap			= wcnic_mmap,
	.request		= vfio_pci_core_request,
	.match			= vfio_pci_core_match,
	.match_token_uuid	= vfio_pci_core_match_token_uuid,
	.bind_iommufd		= vfio_iommufd_physical_bind,
	.unbind_iommufd		= vfio_iommufd_physical_unbind,
	.attach_ioas		= vfio_iommufd_physical_attach_ioas,
	.detach_ioas		= vfio_iommufd_physical_detach_ioas,
	.pasid_attach_ioas	= vfio_iommufd_physical_pasid_attach_ioas,
	.pasid_detach_ioas	= vfio_iommufd_physical_pasid_detach_ioas,
};

static int wcnic_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct wcnic *w;
	int ret;

	w = vfio_alloc_device(wcnic, core_device.vdev, &pdev->dev, &wcnic_ops);
	if (IS_ERR(w))
		return PTR_ERR(w);

	dev_set_drvdata(&pdev->dev, &w->core_device);
	ret = vfio_pci_core_register_device(&w->core_device);
	if (ret)
		goto out_put_vdev;
	return 0;

out_put_vdev:
	vfio_put_device(&w->core_device.vdev);
	return ret;
}

static void wcnic_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *core = dev_get_drvdata(&pdev->dev);
	struct wcnic *w = container_of(core, struct wcnic, core_device);

	vfio_pci_core_unregister_device(&w->core_device);
	vfio_put_device(&w->core_device.vdev);
}

static const struct pci_device_id wcnic_ids[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_VENDOR_ID_AMAZON, 0xec20) },
	{}
};
MODULE_DEVICE_TABLE(pci, wcnic_ids);

static struct pci_driver wcnic_driver = {
	.name			= KBUILD_MODNAME,
	.id_table		= wcnic_ids,
	.probe			= wcnic_probe,
	.remove			= wcnic_remove,
	.err_handler		= &vfio_pci_core_err_handlers,
	.driver_managed_dma	= true,
};
module_pci_driver(wcnic_driver);
MODULE_LICENSE("GPL");
