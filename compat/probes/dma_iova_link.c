// Linux kernel ("dma-mapping: Implement link/unlink ranges API") (in v6.16)
#include <linux/dma-mapping.h>

int probe(struct device *dev, struct dma_iova_state *state);
int probe(struct device *dev, struct dma_iova_state *state)
{
	return dma_iova_link(dev, state, 0, 0, PAGE_SIZE, DMA_TO_DEVICE, 0);
}
