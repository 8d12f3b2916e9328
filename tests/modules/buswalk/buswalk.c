// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test module: does to pci_bus_sem what error recovery and the creation of VFs do, on request, and
 * makes the way of one device from D3hot to D0 long.
 *
 * A write to the parameter "start" walks the device's bus and locks each device on it, as error
 * recovery does before it calls their drivers; a moment later it adds a bus below the one of the
 * device, and removes it.  "ended" counts what has come to its end.
 */
#include <linux/device.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/workqueue.h>

static char *device;
module_param(device, charp, 0444);
MODULE_PARM_DESC(device, "Address of the device");

static unsigned int delay_ms = 1000;
module_param(delay_ms, uint, 0444);
MODULE_PARM_DESC(delay_ms, "How long the device takes from D3hot to D0");

static struct pci_dev *buswalk_pdev;
static unsigned int buswalk_delay;
static atomic_t buswalk_ended;

static int buswalk_visit(struct pci_dev *pdev, void *data)
{
	device_lock(&pdev->dev);
	device_unlock(&pdev->dev);
	return 0;
}

static void buswalk_recover(struct work_struct *work)
{
	pci_walk_bus(buswalk_pdev->bus, buswalk_visit, NULL);
	atomic_inc(&buswalk_ended);
}

static DECLARE_WORK(buswalk_recover_work, buswalk_recover);

static void buswalk_add(struct work_struct *work)
{
	struct pci_bus *bus = pci_add_new_bus(buswalk_pdev->bus, NULL, 0xfe);

	if (!bus)
		return;
	pci_remove_bus(bus);
	atomic_inc(&buswalk_ended);
}

static DECLARE_DELAYED_WORK(buswalk_add_work, buswalk_add);

static int buswalk_start(const char *val, const struct kernel_param *kp)
{
	if (!buswalk_pdev)
		return -ENODEV;
	queue_work(system_unbound_wq, &buswalk_recover_work);
	queue_delayed_work(system_unbound_wq, &buswalk_add_work, HZ / 5);
	return 0;
}

static const struct kernel_param_ops buswalk_start_ops = { .set = buswalk_start };

module_param_cb(start, &buswalk_start_ops, NULL, 0200);
MODULE_PARM_DESC(start, "Begin");

static int buswalk_get_ended(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", atomic_read(&buswalk_ended));
}

static const struct kernel_param_ops buswalk_ended_ops = { .get = buswalk_get_ended };

module_param_cb(ended, &buswalk_ended_ops, NULL, 0444);
MODULE_PARM_DESC(ended, "How much of it is done");

static int __init buswalk_init(void)
{
	unsigned int domain, bus, slot, function;

	if (!device || sscanf(device, "%x:%x:%x.%x", &domain, &bus, &slot, &function) != 4)
		return -EINVAL;
	buswalk_pdev = pci_get_domain_bus_and_slot(domain, bus, PCI_DEVFN(slot, function));
	if (!buswalk_pdev)
		return -ENODEV;
	buswalk_delay = buswalk_pdev->d3hot_delay;
	buswalk_pdev->d3hot_delay = delay_ms;
	return 0;
}
module_init(buswalk_init);

static void __exit buswalk_exit(void)
{
	flush_work(&buswalk_recover_work);
	flush_delayed_work(&buswalk_add_work);
	buswalk_pdev->d3hot_delay = buswalk_delay;
	pci_dev_put(buswalk_pdev);
}
module_exit(buswalk_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test module: holds pci_bus_sem as the PCI core does");
