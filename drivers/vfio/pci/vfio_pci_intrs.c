// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_SET_IRQS: copy in, validate, dispatch to the file for the interrupt type.
 *
 * igate serialises everything that sets up, changes or tears down an interrupt.  A vector's context
 * is an entry of vdev->ctx, of the type that belongs to vdev->irq_type: INTx has one at 0, MSI and
 * MSI-X one for each vector that has an eventfd.  irq_type changes under igate; config space reads
 * it without igate.
 */
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <trace/events/vfio_pci_sdk.h>

#include "vfio_pci_intrs.h"

/* Number of vectors of an index; 0 if the index does not exist. */
int vfio_pci_irq_count(struct vfio_pci_core_device *vdev, unsigned int index)
{
	switch (index) {
	case VFIO_PCI_INTX_IRQ_INDEX:
		/* The virtual pin: config space hides INTx that cannot be requested. */
		return vdev->vconfig[PCI_INTERRUPT_PIN] ? 1 : 0;
	case VFIO_PCI_MSI_IRQ_INDEX:
		return max(pci_msi_vec_count(vdev->pdev), 0);
	case VFIO_PCI_MSIX_IRQ_INDEX:
		return vdev->msix_size / PCI_MSIX_ENTRY_SIZE;
	case VFIO_PCI_ERR_IRQ_INDEX:
	case VFIO_PCI_REQ_IRQ_INDEX:
		return 1;
	default:
		return 0;
	}
}

static int intrs_dispatch(struct vfio_pci_core_device *vdev, const struct vfio_pci_irq_request *req)
{
	switch (req->index) {
	case VFIO_PCI_INTX_IRQ_INDEX:
		return vfio_pci_intx_set(vdev, req);
	case VFIO_PCI_MSI_IRQ_INDEX:
	case VFIO_PCI_MSIX_IRQ_INDEX:
		return vfio_pci_msi_set(vdev, req);
	case VFIO_PCI_ERR_IRQ_INDEX:
		return vfio_pci_eventfd_set(vdev, &vdev->err_trigger, req);
	case VFIO_PCI_REQ_IRQ_INDEX:
		return vfio_pci_eventfd_set(vdev, &vdev->req_trigger, req);
	default:
		return -ENOTTY;
	}
}

long vfio_pci_ioctl_set_irqs(struct vfio_pci_core_device *vdev, struct vfio_irq_set __user *arg)
{
	struct vfio_pci_irq_request req;
	struct vfio_irq_set hdr;
	void *data = NULL;
	size_t size;
	int ret;

	if (copy_from_user(&hdr, arg, offsetofend(struct vfio_irq_set, count)))
		return -EFAULT;

	ret = vfio_set_irqs_validate_and_prepare(&hdr, vfio_pci_irq_count(vdev, hdr.index),
						 VFIO_PCI_NUM_IRQS, &size);
	if (ret)
		return ret;

	if (size) {
		data = memdup_user(&arg->data, size);
		if (IS_ERR(data))
			return PTR_ERR(data);
	}

	req = (struct vfio_pci_irq_request) {
		.index	= hdr.index,
		.start	= hdr.start,
		.count	= hdr.count,
		.action	= hdr.flags & VFIO_IRQ_SET_ACTION_TYPE_MASK,
		.type	= hdr.flags & VFIO_IRQ_SET_DATA_TYPE_MASK,
		.bools	= data,
	};

	mutex_lock(&vdev->igate);
	ret = intrs_dispatch(vdev, &req);
	mutex_unlock(&vdev->igate);
	trace_vfio_pci_irq_set(vdev->pdev, hdr.index, hdr.flags, hdr.start, hdr.count, ret);

	kfree(data);
	return ret;
}

/* At close: disable the interrupts that user space left enabled.  Takes igate. */
void vfio_pci_irqs_disable(struct vfio_pci_core_device *vdev)
{
	if (vfio_pci_irq_none(vdev))
		return;

	mutex_lock(&vdev->igate);
	switch (vdev->irq_type) {
	case VFIO_PCI_INTX_IRQ_INDEX:
		vfio_pci_intx_disable(vdev);
		break;
	case VFIO_PCI_MSI_IRQ_INDEX:
	case VFIO_PCI_MSIX_IRQ_INDEX:
		vfio_pci_msi_disable(vdev);
		break;
	}
	mutex_unlock(&vdev->igate);
}
