// SPDX-License-Identifier: GPL-2.0-only
/*
 * wc-bar-vfio-pci: gives user space write-combining BARs, of any PCI function.
 *
 * The driver only declares what is to be write-combining.  At each open the core does the rest, in
 * this order; docs/memory-types.md explains the order:
 *
 *   1. claim the BAR, so that no other driver maps it;
 *   2. cut it into segments, with MSI-X pages separate;
 *   3. ioremap_wc() each write-combining segment, which also reserves its memory type (x86 has one
 *      type for each physical range: the first request decides);
 *   4. verify the type in the page tables, because every call so far reports success even if it was
 *      not granted;
 *   5. if not granted: fall back to uncached or fail the open, as the driver chose;
 *   6. at each fault, insert entries with the type of their segment.
 *
 * Close undoes 3 and 1.  User space finds the result in VFIO_REGION_INFO_CAP_SDK_MEMTYPE.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vfio_pci_core.h>

#include <vfio_pci_sdk/check.h>

static char *ranges = "";
module_param(ranges, charp, 0444);
MODULE_PARM_DESC(ranges,
		 "What to map write-combining: BAR[:OFFSET:LENGTH], separated by commas, in bytes, page aligned (default: all of each prefetchable memory BAR)");

static bool strict;
module_param(strict, bool, 0444);
MODULE_PARM_DESC(strict,
		 "Refuse to open a device whose BARs did not become write-combining (default: N, uncached then)");

static bool nonprefetch;
module_param(nonprefetch, bool, 0444);
MODULE_PARM_DESC(nonprefetch,
		 "Allow ranges in BARs that are not prefetchable: only if the device's documentation says that reads have no side effects and writes may be merged (default: N)");

static char *name = "wc-bar-vfio-pci";
module_param(name, charp, 0444);
MODULE_PARM_DESC(name,
		 "Name to register the driver by (default: wc-bar-vfio-pci); vfio-pci is for programs that look for that name, DPDK among them, and free only while the kernel's own driver of that name is not loaded");

/*
 * The core enforces two rules.  A BAR that is not prefetchable may have registers whose reads have
 * side effects, and a write-combining mapping allows speculative reads: it is refused without
 * VFIO_PCI_MEMTYPE_NONPREFETCH.  The pages of the MSI-X table and pending bits are always uncached:
 * a write that unmasks a vector must not stay in a CPU's buffer.
 */
static int wc_bar_vfio_pci_declare(struct vfio_pci_core_device *vdev, unsigned int bar, u64 offset,
				   u64 len)
{
	unsigned int flags = 0;
	int ret;

	if (strict)
		flags |= VFIO_PCI_MEMTYPE_STRICT;
	if (nonprefetch)
		flags |= VFIO_PCI_MEMTYPE_NONPREFETCH;

	ret = vfio_pci_core_set_memtype(vdev, bar, offset, len, VFIO_PCI_MEMTYPE_WC, flags);
	if (ret)
		pci_err(vdev->pdev, "BAR %u, offset %#llx, length %#llx: not declared write-combining: %d%s\n",
			bar, offset, len, ret,
			ret == -EPERM ? " (not prefetchable; see the parameter nonprefetch)" : "");
	return ret;
}

static int wc_bar_vfio_pci_declare_prefetchable(struct vfio_pci_core_device *vdev)
{
	const unsigned long want = IORESOURCE_MEM | IORESOURCE_PREFETCH;
	unsigned int bar, found = 0;
	u64 len;
	int ret;

	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		len = pci_resource_len(vdev->pdev, bar);
		if ((pci_resource_flags(vdev->pdev, bar) & want) != want || !len ||
		    !PAGE_ALIGNED(len))
			continue;

		ret = wc_bar_vfio_pci_declare(vdev, bar, 0, len);
		if (ret)
			return ret;
		found++;
	}

	if (!found)
		pci_notice(vdev->pdev, "no prefetchable memory BAR: all BARs remain uncached\n");
	return 0;
}

/* "2" or "2:0x1000:0x3000", or a comma-separated list of these. */
static int wc_bar_vfio_pci_declare_ranges(struct vfio_pci_core_device *vdev)
{
	char *copy, *rest, *item;
	int ret = 0;

	copy = kstrdup(ranges, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;

	rest = copy;
	while (!ret && (item = strsep(&rest, ","))) {
		u64 offset = 0, len;
		unsigned int bar;
		int fields, used = 0;

		fields = sscanf(item, "%u%n:%lli:%lli%n", &bar, &used, &offset, &len, &used);
		if ((fields != 1 && fields != 3) || item[used] || bar >= PCI_STD_NUM_BARS) {
			pci_err(vdev->pdev, "invalid range \"%s\" in ranges: use BAR[:OFFSET:LENGTH]\n",
				item);
			ret = -EINVAL;
			break;
		}
		if (fields == 1)
			len = pci_resource_len(vdev->pdev, bar);
		ret = wc_bar_vfio_pci_declare(vdev, bar, offset, len);
	}

	kfree(copy);
	return ret;
}

/* Without a name: the module parameter sets it at load time. */
DEFINE_VFIO_PCI_OPS(wc_bar_vfio_pci_nameless_ops);

static struct vfio_device_ops wc_bar_vfio_pci_ops __ro_after_init;

static int wc_bar_vfio_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vfio_pci_core_device *vdev;
	int ret;

	vdev = vfio_alloc_device(vfio_pci_core_device, vdev, &pdev->dev, &wc_bar_vfio_pci_ops);
	if (IS_ERR(vdev))
		return PTR_ERR(vdev);

	dev_set_drvdata(&pdev->dev, vdev);

	/* Before the device can be opened: open maps these BARs. */
	if (*ranges)
		ret = wc_bar_vfio_pci_declare_ranges(vdev);
	else
		ret = wc_bar_vfio_pci_declare_prefetchable(vdev);
	if (!ret)
		ret = vfio_pci_core_register_device(vdev);
	if (ret)
		vfio_put_device(&vdev->vdev);
	return ret;
}

static void wc_bar_vfio_pci_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);

	vfio_pci_core_unregister_device(vdev);
	vfio_put_device(&vdev->vdev);
}

/* No id table: bound by driver_override, and no alias by which tools could choose it. */
static struct pci_driver wc_bar_vfio_pci_driver = {
	.probe			= wc_bar_vfio_pci_probe,
	.remove			= wc_bar_vfio_pci_remove,
	.err_handler		= &vfio_pci_core_err_handlers,
	.driver_managed_dma	= true,
};

static int __init wc_bar_vfio_pci_init(void)
{
	if (!*name || strchr(name, '/')) {
		pr_err("name=\"%s\" cannot be the name of a driver: omit the parameter for wc-bar-vfio-pci\n",
		       name);
		return -EINVAL;
	}

	/* Both names must match: new VFs get the name of the ops as driver_override. */
	wc_bar_vfio_pci_ops = wc_bar_vfio_pci_nameless_ops;
	wc_bar_vfio_pci_ops.name = name;
	wc_bar_vfio_pci_driver.name = name;
	return pci_register_driver(&wc_bar_vfio_pci_driver);
}
module_init(wc_bar_vfio_pci_init);

static void __exit wc_bar_vfio_pci_exit(void)
{
	pci_unregister_driver(&wc_bar_vfio_pci_driver);
}
module_exit(wc_bar_vfio_pci_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("vfio driver that maps prefetchable BARs write-combining, on the SDK's core");
