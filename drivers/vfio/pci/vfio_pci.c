// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio-pci-sdk: the plain driver, for any PCI function.
 *
 * It binds nothing by itself: functions are given to it by driver_override, new_id or parameter
 * ids.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "vfio_pci_priv.h"

static char *name = "vfio-pci-sdk";
module_param(name, charp, 0444);
MODULE_PARM_DESC(name,
		 "Name to register the driver by (default: vfio-pci-sdk); vfio-pci is for programs that look for that name, and is available only while the kernel's own driver of that name is not loaded");

static char ids[1024] __initdata;
module_param_string(ids, ids, sizeof(ids), 0);
MODULE_PARM_DESC(ids,
		 "Functions to bind: vendor:device[:subvendor[:subdevice[:class[:class_mask]]]], hexadecimal, separated by commas");

DEFINE_VFIO_PCI_PARAMS(plain_latch_params);

static bool enable_sriov;
module_param(enable_sriov, bool, 0644);
MODULE_PARM_DESC(enable_sriov,
		 "Let sriov_numvfs create VFs; they work only if the PF's user-space driver supports it (default: N)");

static bool disable_denylist;
module_param(disable_denylist, bool, 0444);
MODULE_PARM_DESC(disable_denylist,
		 "Bind even functions with errata that their user could exploit against the host (default: N)");

/* Known to hang or corrupt the host in the hands of an untrusted user. */
static const struct pci_device_id denylist[] = {
	{ PCI_VDEVICE(INTEL, PCI_DEVICE_ID_INTEL_QAT_C3XXX) },
	{ PCI_VDEVICE(INTEL, PCI_DEVICE_ID_INTEL_QAT_C3XXX_VF) },
	{ PCI_VDEVICE(INTEL, PCI_DEVICE_ID_INTEL_QAT_C62X) },
	{ PCI_VDEVICE(INTEL, PCI_DEVICE_ID_INTEL_QAT_C62X_VF) },
	{ PCI_VDEVICE(INTEL, PCI_DEVICE_ID_INTEL_QAT_DH895XCC) },
	{ PCI_VDEVICE(INTEL, PCI_DEVICE_ID_INTEL_QAT_DH895XCC_VF) },
	{ PCI_VDEVICE(INTEL, PCI_DEVICE_ID_INTEL_DSA_SPR0) },
	{ PCI_VDEVICE(INTEL, PCI_DEVICE_ID_INTEL_IAX_SPR0) },
	{}
};

static bool plain_is_denied(struct pci_dev *pdev)
{
	if (!pci_match_id(denylist, pdev))
		return false;

	if (disable_denylist) {
		pci_warn(pdev, "device denylist disabled - allowing device %04x:%04x\n",
			 pdev->vendor, pdev->device);
		return false;
	}

	pci_warn(pdev,
		 "%04x:%04x exists in the device denylist, driver probing disallowed: load %s with disable_denylist=1 if its user is trusted\n",
		 pdev->vendor, pdev->device, KBUILD_MODNAME);
	return true;
}

static int plain_init_dev(struct vfio_device *core_vdev)
{
	int ret = vfio_pci_core_init_dev(core_vdev);

	if (!ret)
		plain_latch_params(to_vfio_pci_core(core_vdev));
	return ret;
}

static int plain_open_device(struct vfio_device *core_vdev)
{
	struct vfio_pci_core_device *vdev = to_vfio_pci_core(core_vdev);
	int ret;

	ret = vfio_pci_core_enable(vdev);
	if (ret)
		return ret;

	if (vfio_pci_is_intel_display(vdev->pdev)) {
		ret = vfio_pci_igd_init(vdev);
		/* -ENODEV: discrete graphics, or no OpRegion. */
		if (ret && ret != -ENODEV) {
			pci_warn(vdev->pdev, "Failed to setup Intel IGD regions: %d\n", ret);
			vfio_pci_core_disable(vdev);
			return ret;
		}
	}

	vfio_pci_core_finish_enable(vdev);
	return 0;
}

/* Without a name: the module parameter sets it at load time. */
DEFINE_VFIO_PCI_OPS(nameless_ops, .init = plain_init_dev, .open_device = plain_open_device);

static struct vfio_device_ops plain_ops __ro_after_init;

static const struct vfio_pci_device_ops plain_pci_ops = {
	.get_dmabuf_phys	= vfio_pci_core_get_dmabuf_phys,
};

static int plain_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vfio_pci_core_device *vdev;
	int ret;

	if (plain_is_denied(pdev))
		return -EINVAL;

	vdev = vfio_alloc_device(vfio_pci_core_device, vdev, &pdev->dev, &plain_ops);
	if (IS_ERR(vdev))
		return PTR_ERR(vdev);

	dev_set_drvdata(&pdev->dev, vdev);
	vdev->pci_ops = &plain_pci_ops;

	ret = vfio_pci_core_register_device(vdev);
	if (ret)
		vfio_put_device(&vdev->vdev);
	return ret;
}

static void plain_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);

	vfio_pci_core_unregister_device(vdev);
	vfio_put_device(&vdev->vdev);
}

static int plain_sriov_configure(struct pci_dev *pdev, int nr_virtfn)
{
	if (!enable_sriov)
		return -ENOENT;

	return vfio_pci_core_sriov_configure(dev_get_drvdata(&pdev->dev), nr_virtfn);
}

/* No id table: bound by driver_override, and no alias by which tools could choose it. */
static struct pci_driver plain_driver = {
	.probe			= plain_probe,
	.remove			= plain_remove,
	.sriov_configure	= plain_sriov_configure,
	.err_handler		= &vfio_pci_core_err_handlers,
	.driver_managed_dma	= true,
};

static void __init plain_add_id(const char *id)
{
	u32 subvendor = PCI_ANY_ID, subdevice = PCI_ANY_ID, class = 0, class_mask = 0;
	u32 vendor, device;
	int ret;

	if (sscanf(id, "%x:%x:%x:%x:%x:%x", &vendor, &device, &subvendor, &subdevice, &class,
		   &class_mask) < 2) {
		pr_warn("invalid id string \"%s\" in ids: use vendor:device[:subvendor[:subdevice[:class[:class_mask]]]]\n",
			id);
		return;
	}

	ret = pci_add_dynid(&plain_driver, vendor, device, subvendor, subdevice, class,
			    class_mask, 0);
	if (ret)
		pr_warn("cannot add \"%s\" of ids: %d\n", id, ret);
	else
		pr_info("binding functions %s\n", id);
}

static int __init plain_init(void)
{
	char *rest = ids, *id;
	int ret;

	if (!*name || strchr(name, '/')) {
		pr_err("name=\"%s\" cannot be the name of a driver: omit the parameter for vfio-pci-sdk\n",
		       name);
		return -EINVAL;
	}

	/* Both names must match: new VFs get the name of the ops as driver_override. */
	plain_ops = nameless_ops;
	plain_ops.name = name;
	plain_driver.name = name;

	ret = pci_register_driver(&plain_driver);
	if (ret)
		return ret;

	while ((id = strsep(&rest, ",")))
		if (*id)
			plain_add_id(id);

	if (disable_denylist)
		pr_warn("device denylist disabled\n");
	return 0;
}
module_init(plain_init);

static void __exit plain_exit(void)
{
	pci_unregister_driver(&plain_driver);
}
module_exit(plain_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("vfio driver for any PCI function, on the SDK's vfio-pci core");
