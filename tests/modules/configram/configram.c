// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test module: puts memory in the place of a device's config space, from the end of the standard
 * header on, for as long as it is loaded.  Whoever writes there, by sysfs, say, gives the device
 * the capabilities that he likes, and sees later what was written to them.
 */
#include <linux/module.h>
#include <linux/pci.h>

static char *device = "";
module_param(device, charp, 0444);
MODULE_PARM_DESC(device, "Address: domain:bus:slot.function");

static unsigned char first;
module_param(first, byte, 0444);
MODULE_PARM_DESC(first, "Where its list of capabilities begins");

static struct pci_dev *pdev;
static struct pci_ops *true_ops, ops;
static u8 ram[PCI_CFG_SPACE_EXP_SIZE];

static bool is_ours(struct pci_bus *bus, unsigned int devfn)
{
	return bus == pdev->bus && devfn == pdev->devfn;
}

static int configram_read(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 *val)
{
	int ret;

	if (!is_ours(bus, devfn) || where < PCI_STD_HEADER_SIZEOF) {
		ret = true_ops->read(bus, devfn, where, size, val);
		if (ret || !is_ours(bus, devfn))
			return ret;
		/* Not what is written there: the PCI core restores what it found before us. */
		if (where <= PCI_STATUS && where + size > PCI_STATUS)
			*val |= PCI_STATUS_CAP_LIST << 8 * (PCI_STATUS - where);
		if (where == PCI_CAPABILITY_LIST)
			*val = (*val & ~0xff) | first;
		return 0;
	}

	*val = 0;
	memcpy(val, ram + where, size);
	return PCIBIOS_SUCCESSFUL;
}

static int configram_write(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 val)
{
	if (!is_ours(bus, devfn) || where < PCI_STD_HEADER_SIZEOF)
		return true_ops->write(bus, devfn, where, size, val);

	memcpy(ram + where, &val, size);
	return PCIBIOS_SUCCESSFUL;
}

static int __init configram_init(void)
{
	unsigned int domain, bus, slot, function;
	int i;

	if (sscanf(device, "%x:%x:%x.%x", &domain, &bus, &slot, &function) == 4)
		pdev = pci_get_domain_bus_and_slot(domain, bus, PCI_DEVFN(slot, function));
	if (!pdev) {
		pr_err("configram: there is no device %s\n", device);
		return -ENODEV;
	}

	for (i = 0; i < pdev->cfg_size; i++)
		pci_read_config_byte(pdev, i, &ram[i]);

	true_ops = pdev->bus->ops;
	ops = *true_ops;
	ops.read = configram_read;
	ops.write = configram_write;
	pci_bus_set_ops(pdev->bus, &ops);
	return 0;
}
module_init(configram_init);

static void __exit configram_exit(void)
{
	pci_bus_set_ops(pdev->bus, true_ops);
	pci_dev_put(pdev);
}
module_exit(configram_exit);

MODULE_DESCRIPTION("Test module: memory in the place of a device's config space");
MODULE_LICENSE("GPL");
