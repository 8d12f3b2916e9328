// Until Linux kernel ("vfio/spapr: Move VFIO_CHECK_EXTENSION into tce_iommu_ioctl()") and its series (gone in v6.2)
#include <linux/vfio.h>

void probe(struct pci_dev *pdev);
void probe(struct pci_dev *pdev)
{
	vfio_spapr_pci_eeh_open(pdev);
}
