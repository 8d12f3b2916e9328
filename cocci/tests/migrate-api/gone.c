// SPDX-License-Identifier: GPL-2.0-only
static int __init acme_module_init(void)
{
	vfio_pci_core_set_params(nointxmask, false, disable_idle_d3);
	return pci_register_driver(&acme_driver);
}

static void acme_release(struct vfio_device *vdev)
{
	kfree(to_acme(vdev)->state);
	vfio_free_device(vdev);
}

static int acme_idle(struct acme *acme)
{
	int ret;

	ret = pm_runtime_put(&acme->pdev->dev);
	return ret;
}

static int acme_vector(struct acme *acme, struct acme_vector *v)
{
	v->producer.token = v->trigger;
	return irq_bypass_register_producer(&v->producer);
}

static struct eventfd_ctx *acme_trigger(struct vfio_pci_core_device *vdev, int vector)
{
	return vector < vdev->num_ctx ? vdev->ctx[vector].trigger : NULL;
}

static unsigned long acme_pfn(struct vm_area_struct *vma)
{
	unsigned long pfn;

	return follow_pfn(vma, vma->vm_start, &pfn) ? 0 : pfn;
}
