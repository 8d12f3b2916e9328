// Linux kernel ("PCI: Add pci_is_display() to check if device is a display controller") (in v6.17)
#include <linux/pci.h>

bool probe(struct pci_dev *pdev);
bool probe(struct pci_dev *pdev)
{
	return pci_is_display(pdev);
}
