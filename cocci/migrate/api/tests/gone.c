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

static void acme_park(struct acme *acme)
{
	pm_runtime_put(&acme->pdev->dev);
	(void)pm_runtime_put(&acme->pdev->dev);
	if (pm_runtime_put(&acme->pdev->dev) < 0)
		acme->parked = false;
}

static void acme_notify(struct acme *acme, struct vfio_pci_core_device *vdev)
{
	eventfd_signal(acme->done, 1);
	eventfd_signal(acme->done, acme->finished);
	if (vdev->err_trigger)
		eventfd_signal(vdev->err_trigger, 1);
	acme->err_trigger = NULL;
	mutex_lock(&vdev->vma_lock);
}

static int acme_bind(struct pci_dev *pdev, struct pci_dev *vf, struct acme *acme)
{
	if (vf->driver_override)
		return -EBUSY;
	acme->driver_override = true;
	pci_read_config_dword(pdev, acme->vsec + PCI_VSEC_HDR, &acme->header);
	return driver_set_override(&vf->dev, &vf->driver_override, "acme", 4);
}

static vm_fault_t acme_huge(struct vm_fault *vmf, pfn_t pfn)
{
	zap_page_range(vmf->vma, vmf->vma->vm_start, PMD_SIZE);
	return vmf_insert_pfn_pmd_prot(vmf, pfn, vmf->vma->vm_page_prot, false);
}

static const struct vfio_migration_ops acme_mig_ops = {
	.migration_set_state = acme_set_state,
	.migration_get_state = acme_get_state,
};

static const struct vfio_migration_ops acme_v2_mig_ops = {
	.migration_set_state = acme_set_state,
	.migration_get_state = acme_get_state,
	.migration_get_data_size = acme_get_data_size,
};

static int acme_tracker(struct acme *acme, struct mlx5_core_dev *mdev, int *eqn)
{
	int vector = acme->cpu % mlx5_comp_vectors_count(mdev);

	alloc_pages_bulk_list(GFP_KERNEL, 16, &acme->pages);
	return mlx5_vector2eqn(mdev, vector, eqn);
}
