// SPDX-License-Identifier: GPL-2.0-only
#include <linux/vfio_pci_core.h>

struct acme_file {
	struct file *filp;
	struct mutex lock;
	bool dead;
	size_t size;
	struct acme_device *acme;
};

struct acme_device {
	struct vfio_pci_core_device core_device;
	struct mutex state_mutex;
	enum vfio_device_mig_state state;
	struct acme_file *out;
	void __iomem *regs;
	u32 count;
};

/* Handed on, undone by a helper, or kept by whoever makes it. */
static struct parent_obj *acme_find(struct acme_device *acme)
{
	struct parent_obj *obj = parent_obj_create(acme->core_device.pdev);

	if (IS_ERR(obj))
		return obj;
	if (!acme->count) {
		parent_obj_destroy(obj);
		return ERR_PTR(-ENODEV);
	}
	return obj;
}

static void acme_unmap(struct device *dev, dma_addr_t addr)
{
	dma_unmap_single(dev, addr, 64, DMA_TO_DEVICE);
}

static int acme_command(struct acme_device *acme, void *data, size_t len)
{
	struct device *dev = &acme->core_device.pdev->dev;
	dma_addr_t addr = dma_map_single(dev, data, len, DMA_TO_DEVICE);
	int ret;

	ret = dma_mapping_error(dev, addr);
	if (ret)
		return ret;
	ret = parent_command(dev, cpu_to_le64(addr));
	acme_unmap(dev, addr);
	return ret;
}
