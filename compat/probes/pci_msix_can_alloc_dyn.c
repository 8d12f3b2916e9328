// Linux kernel ("PCI/MSI: Provide post-enable dynamic allocation interfaces for MSI-X") (in v6.2)
#include <linux/pci.h>

bool probe(struct pci_dev *pdev);
bool probe(struct pci_dev *pdev)
{
	return pci_msix_can_alloc_dyn(pdev);
}
