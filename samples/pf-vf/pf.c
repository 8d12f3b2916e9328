// SPDX-License-Identifier: GPL-2.0-only
/*
 * pf-vf-pf: the driver of a physical function, and no vfio driver.  It makes VFs, answers calls for
 * them, and tells their drivers of its resets.  See pf.h for who may rely on what.
 *
 * It takes any PF with a memory BAR 0, such as QEMU's nvme and igb, by driver_override.
 */
#include <linux/io.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "pf.h"

/* A register without side effects: the version of an nvme, the status of an igb. */
#define PF_VF_REGISTER	8

struct pf_vf_pf {
	void __iomem		*bar;
	/*
	 * Held over a reset as well, so that clients neither come nor go, and no call reaches the
	 * PF meanwhile.  Taken inside device_lock of PF and VF, outside a VF's memory_lock.
	 */
	struct mutex		lock;
	struct list_head	clients;
	u32			calls;
	u32			resets;
};

/**
 * pf_vf_attach - have the driver of a VF told of resets
 * @pf: the PF
 * @client: of the VF; its callbacks may be called from here on
 *
 * Context: process; waits for the end of a reset of the PF.
 */
void pf_vf_attach(struct pf_vf_pf *pf, struct pf_vf_client *client)
{
	mutex_lock(&pf->lock);
	list_add_tail(&client->node, &pf->clients);
	mutex_unlock(&pf->lock);
}
EXPORT_SYMBOL_GPL(pf_vf_attach);

/**
 * pf_vf_detach - end what pf_vf_attach() began
 * @pf: the PF
 * @client: of the VF; none of its callbacks runs, or will run, on return
 *
 * Context: process; waits for the end of a reset of the PF.
 */
void pf_vf_detach(struct pf_vf_pf *pf, struct pf_vf_client *client)
{
	mutex_lock(&pf->lock);
	list_del(&client->node);
	mutex_unlock(&pf->lock);
}
EXPORT_SYMBOL_GPL(pf_vf_detach);

/**
 * pf_vf_query - the admin call: ask the PF about a VF
 * @pf: the PF
 * @vf: number of the VF
 * @answer: filled in
 *
 * Context: process, without locks that a reset of the PF takes, such as memory_lock of a VF; waits
 * for the end of such a reset.
 * Return: 0, or -EINTR for a task that dies.
 */
int pf_vf_query(struct pf_vf_pf *pf, unsigned int vf, struct pf_vf_answer *answer)
{
	if (mutex_lock_killable(&pf->lock))
		return -EINTR;
	*answer = (struct pf_vf_answer) {
		.vf	= vf,
		.calls	= ++pf->calls,
		.reg	= readl(pf->bar + PF_VF_REGISTER),
		.resets	= pf->resets,
	};
	mutex_unlock(&pf->lock);
	return 0;
}
EXPORT_SYMBOL_GPL(pf_vf_query);

static void pf_vf_pf_reset_prepare(struct pci_dev *pdev)
{
	struct pf_vf_pf *pf = pci_get_drvdata(pdev);
	struct pf_vf_client *client;

	mutex_lock(&pf->lock);
	list_for_each_entry(client, &pf->clients, node)
		client->reset_prepare(client);
}

static void pf_vf_pf_reset_done(struct pci_dev *pdev)
{
	struct pf_vf_pf *pf = pci_get_drvdata(pdev);
	struct pf_vf_client *client;

	pf->resets++;
	list_for_each_entry_reverse(client, &pf->clients, node)
		client->reset_done(client);
	mutex_unlock(&pf->lock);
}

static const struct pci_error_handlers pf_vf_pf_err_handlers = {
	.reset_prepare	= pf_vf_pf_reset_prepare,
	.reset_done	= pf_vf_pf_reset_done,
};

static int pf_vf_pf_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct pf_vf_pf *pf;
	int ret;

	if (!pdev->is_physfn) {
		pci_err(pdev, "has no SR-IOV: use the physical function of a device that has\n");
		return -ENODEV;
	}

	pf = kzalloc(sizeof(*pf), GFP_KERNEL);
	if (!pf)
		return -ENOMEM;
	mutex_init(&pf->lock);
	INIT_LIST_HEAD(&pf->clients);

	ret = pci_enable_device_mem(pdev);
	if (ret)
		goto free;
	ret = pci_request_mem_regions(pdev, KBUILD_MODNAME);
	if (ret)
		goto disable;
	pf->bar = pci_iomap(pdev, 0, 0);
	if (!pf->bar) {
		ret = -ENOMEM;
		goto release;
	}

	/* Before there are VFs, whose drivers look for it. */
	pci_set_drvdata(pdev, pf);
	return 0;

release:
	pci_release_mem_regions(pdev);
disable:
	pci_disable_device(pdev);
free:
	kfree(pf);
	return ret;
}

static void pf_vf_pf_remove(struct pci_dev *pdev)
{
	struct pf_vf_pf *pf = pci_get_drvdata(pdev);

	/* First: waits until VFs have no driver, so no user, and nobody calls. */
	pci_disable_sriov(pdev);
	WARN_ON(!list_empty(&pf->clients));
	pci_iounmap(pdev, pf->bar);
	pci_release_mem_regions(pdev);
	pci_disable_device(pdev);
	kfree(pf);
}

/* No id table: bound by driver_override. */
struct pci_driver pf_vf_pf_driver = {
	.name			= "pf-vf-pf",
	.probe			= pf_vf_pf_probe,
	.remove			= pf_vf_pf_remove,
	.sriov_configure	= pci_sriov_configure_simple,
	.err_handler		= &pf_vf_pf_err_handlers,
};
EXPORT_SYMBOL_GPL(pf_vf_pf_driver);
module_pci_driver(pf_vf_pf_driver);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("driver of a physical function that works with pf-vf-vfio-pci");
