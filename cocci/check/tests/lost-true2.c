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

static int acme_copy(struct page *page, const char __user *buf, size_t len)
{
	void *to = kmap_local_page(page);

	if (len > PAGE_SIZE)
		return -EINVAL; // finds VPS-ERR-01
	if (copy_from_user(to, buf, len)) {
		kunmap_local(to);
		return -EFAULT;
	}
	kunmap_local(to);
	return 0;
}

static int acme_command(struct acme_device *acme, void *data, size_t len)
{
	struct device *dev = &acme->core_device.pdev->dev;
	dma_addr_t addr = dma_map_single(dev, data, len, DMA_TO_DEVICE);
	int ret;

	if (dma_mapping_error(dev, addr))
		return -EIO;
	ret = parent_command(dev, cpu_to_le64(addr));
	if (ret)
		return ret; // finds VPS-ERR-01
	dma_unmap_single(dev, addr, len, DMA_TO_DEVICE);
	return 0;
}

static int acme_make(struct acme_device *acme)
{
	struct parent_obj *obj = parent_obj_create(acme->core_device.pdev);
	int ret;

	if (IS_ERR(obj))
		return PTR_ERR(obj);
	ret = parent_obj_start(obj);
	if (ret)
		return ret; // finds VPS-ERR-01
	acme->regs = obj->regs;
	parent_obj_destroy(obj);
	return 0;
}
