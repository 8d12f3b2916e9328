// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>
#include <linux/pci.h>
#include "owl_vfio.h"

struct owl_set {
	struct owl_vfio_device **devices;
	int max_index;
	int cur_index;
};

static int owl_reset_set(struct owl_set *devs, struct pci_dev *bridge)
{
	struct owl_vfio_device *owl;
	int i, j = 0, mem_idx = 0, ret = 0;

	for (i = 0; i < devs->cur_index; i++) {
		owl = devs->devices[i];

		if (!owl_zap_and_vma_lock(owl, true)) {
			ret = -EBUSY;
			break;
		}
		j++;
	}
	if (ret)
		goto hot_reset_release;

	for (; mem_idx < devs->cur_index; mem_idx++) {
		owl = devs->devices[mem_idx];

		ret = down_write_trylock(&owl->owl_memory_lock);
		if (!ret) {
			ret = -EBUSY;
			goto hot_reset_release;
		}
		ret = 0, owl->wc = false;
		mutex_unlock(&owl->owl_vma_lock);
	}

	ret = pci_reset_bus(bridge);

hot_reset_release:
	for (i = 0; i < j; i++) {
		owl = devs->devices[i];

		if (i < mem_idx)
			up_write(&owl->owl_memory_lock);
		else
			mutex_unlock(&owl->owl_vma_lock);
	}
	return ret;
}

static long owl_ioctl(struct vfio_device *core_vdev, unsigned int cmd, unsigned long arg)
{
	struct owl_vfio_device *owl = container_of(core_vdev, struct owl_vfio_device, core_device.vdev);

	if (cmd == VFIO_DEVICE_RESET) {
		int ret;

		owl_zap_and_down_write(owl);
		ret = pci_try_reset_function(owl->core_device.pdev);
		up_write(&owl->owl_memory_lock);
		return ret;
	}
	if (cmd == VFIO_DEVICE_PCI_HOT_RESET) {
		struct owl_set set = { .devices = &owl, .max_index = 1, .cur_index = 1 };

		return owl_reset_set(&set, owl->core_device.pdev);
	}
	return vfio_pci_core_ioctl(core_vdev, cmd, arg);
}

static int owl_init(struct vfio_device *core_vdev)
{
	struct owl_vfio_device *owl = container_of(core_vdev, struct owl_vfio_device, core_device.vdev);

	mutex_init(&owl->owl_vma_lock);
	INIT_LIST_HEAD(&owl->owl_vma_list);
	init_rwsem(&owl->owl_memory_lock);
	return vfio_pci_core_init_dev(core_vdev);
}

static void owl_release(struct vfio_device *core_vdev)
{
	struct owl_vfio_device *owl = container_of(core_vdev, struct owl_vfio_device, core_device.vdev);

	mutex_destroy(&owl->owl_vma_lock);
	vfio_pci_core_release_dev(core_vdev);
}

static const struct vfio_device_ops owl_ops = {
	.name = "owl-vfio-pci",
	.init = owl_init,
	.release = owl_release,
	.ioctl = owl_ioctl,
	.mmap = owl_mmap,
};

static int owl_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct owl_vfio_device *owl;

	owl = vfio_alloc_device(owl_vfio_device, core_device.vdev, &pdev->dev, &owl_ops);
	return PTR_ERR_OR_ZERO(owl);
}

static struct pci_driver owl_driver = {
	.name = "owl-vfio-pci",
	.probe = owl_probe,
};
module_pci_driver(owl_driver);
MODULE_LICENSE("GPL");
