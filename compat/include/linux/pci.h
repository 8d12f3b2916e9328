/* SPDX-License-Identifier: GPL-2.0-only */
/* <linux/pci.h> as Linux 7.3 has it, on older kernels. */
#include_next <linux/pci.h>

#ifndef VFIO_PCI_SDK_COMPAT_PCI_H
#define VFIO_PCI_SDK_COMPAT_PCI_H

/* True if the CPU can map this device's BARs. */
static inline bool pdev_bars_mappable(const struct pci_dev *pdev)
{
#ifdef HAVE_PDEV_HAS_NON_MAPPABLE_BARS
	return !pdev->non_mappable_bars;
#else
	return true;
#endif
}

/* These kernels allocate all MSI-X vectors at once; callers check pci_msix_can_alloc_dyn(). */
#ifndef HAVE_PCI_MSIX_CAN_ALLOC_DYN
struct irq_affinity_desc;

struct msi_map {
	int	index;
	int	virq;
};

static inline bool pci_msix_can_alloc_dyn(struct pci_dev *dev)
{
	return false;
}

static inline struct msi_map pci_msix_alloc_irq_at(struct pci_dev *dev, unsigned int index,
						   const struct irq_affinity_desc *affdesc)
{
	struct msi_map map = { .index = -EOPNOTSUPP };

	return map;
}
#endif

#ifndef HAVE_PCI_IS_DISPLAY
static inline bool pci_is_display(struct pci_dev *pdev)
{
	return (pdev->class >> 16) == PCI_BASE_CLASS_DISPLAY;
}
#endif

/* driver_override was a member of struct pci_dev before it moved to struct device. */
#ifndef HAVE_DEVICE_SET_DRIVER_OVERRIDE
static inline int device_set_driver_override(struct device *dev, const char *s)
{
	return driver_set_override(dev, &to_pci_dev(dev)->driver_override, s, strlen(s));
}
#endif

#endif /* VFIO_PCI_SDK_COMPAT_PCI_H */
