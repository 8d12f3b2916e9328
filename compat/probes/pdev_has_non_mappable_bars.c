// Linux kernel ("PCI: Add pdev->non_mappable_bars") (in v6.15)
#include <linux/pci.h>

bool probe(struct pci_dev *pdev);
bool probe(struct pci_dev *pdev)
{
	return pdev->non_mappable_bars;
}
