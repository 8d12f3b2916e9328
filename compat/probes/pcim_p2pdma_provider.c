// Linux kernel ("PCI/P2PDMA: Separate the mmap() support from the core logic") (in v6.19)
#include <linux/pci-p2pdma.h>

struct p2pdma_provider *probe(struct pci_dev *pdev);
struct p2pdma_provider *probe(struct pci_dev *pdev)
{
	return pcim_p2pdma_provider(pdev, 0);
}
