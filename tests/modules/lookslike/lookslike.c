// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test module: makes the kernel take PCI devices for others, for as long as it is loaded.  What the
 * devices themselves say does not change.
 */
#include <linux/module.h>
#include <linux/pci.h>

#define MAX_DEVICES 4

static char *device[MAX_DEVICES];
static int ndevices;
module_param_array(device, charp, &ndevices, 0444);
MODULE_PARM_DESC(device, "Addresses: domain:bus:slot.function");

static ushort vendor[MAX_DEVICES];
module_param_array(vendor, ushort, NULL, 0444);
MODULE_PARM_DESC(vendor, "Their vendors; 0 for the true one");

static ushort id[MAX_DEVICES];
module_param_array(id, ushort, NULL, 0444);
MODULE_PARM_DESC(id, "Their device ids; 0 for the true one");

static uint class[MAX_DEVICES];
module_param_array(class, uint, NULL, 0444);
MODULE_PARM_DESC(class, "Their classes, of 24 bits; 0 for the true one");

static struct {
	struct pci_dev	*pdev;
	ushort		vendor;
	ushort		id;
	uint		class;
} was[MAX_DEVICES];

static void lookslike_restore(void)
{
	int i;

	for (i = 0; i < ndevices && was[i].pdev; i++) {
		was[i].pdev->vendor = was[i].vendor;
		was[i].pdev->device = was[i].id;
		was[i].pdev->class = was[i].class;
		pci_dev_put(was[i].pdev);
	}
}

static int __init lookslike_init(void)
{
	unsigned int domain, bus, slot, function;
	struct pci_dev *pdev;
	int i;

	for (i = 0; i < ndevices; i++) {
		pdev = NULL;
		if (sscanf(device[i], "%x:%x:%x.%x", &domain, &bus, &slot, &function) == 4)
			pdev = pci_get_domain_bus_and_slot(domain, bus, PCI_DEVFN(slot, function));
		if (!pdev) {
			pr_err("lookslike: there is no device %s\n", device[i]);
			lookslike_restore();
			return -ENODEV;
		}

		was[i].pdev = pdev;
		was[i].vendor = pdev->vendor;
		was[i].id = pdev->device;
		was[i].class = pdev->class;
		pdev->vendor = vendor[i] ?: pdev->vendor;
		pdev->device = id[i] ?: pdev->device;
		pdev->class = class[i] ?: pdev->class;
	}
	return 0;
}
module_init(lookslike_init);

static void __exit lookslike_exit(void)
{
	lookslike_restore();
}
module_exit(lookslike_exit);

MODULE_DESCRIPTION("Test module: makes the kernel take PCI devices for others");
MODULE_LICENSE("GPL");
