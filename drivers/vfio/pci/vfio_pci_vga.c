// SPDX-License-Identifier: GPL-2.0-only
/* VGA arbitration: tell the VGA arbiter which legacy ranges a device decodes. */
#include <linux/aperture.h>
#include <linux/vgaarb.h>

#include "vfio_pci_priv.h"

#define VGA_BARS	(VGA_RSRC_NORMAL_IO | VGA_RSRC_NORMAL_MEM)
#define VGA_LEGACY	(VGA_RSRC_LEGACY_IO | VGA_RSRC_LEGACY_MEM)

bool vfio_pci_vga_disabled(struct vfio_pci_core_device *vdev)
{
	return !IS_ENABLED(CONFIG_VFIO_PCI_VGA) || vdev->disable_vga;
}

/* True if another VGA device is on or below the bus of @pdev: a bridge forwards VGA to both. */
static bool vga_shares_bridge(struct pci_dev *pdev)
{
	unsigned char last = pci_bus_max_busnr(pdev->bus);
	struct pci_dev *vga = NULL;

	while ((vga = pci_get_class(PCI_CLASS_DISPLAY_VGA << 8, vga))) {
		if (vga != pdev && pci_domain_nr(vga->bus) == pci_domain_nr(pdev->bus) &&
		    !pci_is_root_bus(vga->bus) && vga->bus->number >= pdev->bus->number &&
		    vga->bus->number <= last) {
			pci_dev_put(vga);
			return true;
		}
	}
	return false;
}

/*
 * Assume that the device decodes the legacy ranges.  They are inaccessible only if user access is
 * disabled and the bridge above can stop forwarding them to this device alone.
 */
static unsigned int vfio_pci_vga_set_decode(struct pci_dev *pdev, bool single_vga)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);

	if (single_vga || !vfio_pci_vga_disabled(vdev) || pci_is_root_bus(pdev->bus) ||
	    vga_shares_bridge(pdev))
		return VGA_BARS | VGA_LEGACY;
	return VGA_BARS;
}

int vfio_pci_vga_init(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	int ret;

	if (!vfio_pci_is_vga(pdev))
		return 0;

	/* Remove the boot framebuffer driver, which writes to the device. */
	ret = aperture_remove_conflicting_pci_devices(pdev, vdev->vdev.ops->name);
	if (ret)
		return ret;

	ret = vga_client_register(pdev, vfio_pci_vga_set_decode);
	if (ret)
		return ret;

	vga_set_legacy_decoding(pdev, vfio_pci_vga_set_decode(pdev, false));
	return 0;
}

void vfio_pci_vga_uninit(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;

	if (!vfio_pci_is_vga(pdev))
		return;

	vga_client_unregister(pdev);
	vga_set_legacy_decoding(pdev, VGA_BARS | VGA_LEGACY);
}
