// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSI and MSI-X.
 *
 * Enabling either allocates interrupts; assigning an eventfd to a vector requests its interrupt.
 * Interrupts stay allocated until MSI or MSI-X is disabled, so that moving a vector from one
 * eventfd to another, as guests do when they mask, cannot fail for lack of interrupts.  If the
 * platform supports it, vectors beyond those first allocated are allocated one by one later.
 *
 * The MSI-X table is device memory: code that may access it runs with memory decode enabled and
 * accessors excluded, between vfio_pci_memory_lock_and_enable() and _unlock_and_restore().
 */
#include <linux/eventfd.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqbypass.h>
#include <linux/log2.h>
#include <linux/msi.h>
#include <linux/slab.h>
#include <trace/events/vfio_pci_sdk.h>

#include "vfio_pci_access.h"
#include "vfio_pci_intrs.h"

struct vfio_pci_msi_vector {
	struct eventfd_ctx		*trigger;
	int				irq;
	struct irq_bypass_producer	producer;
	char				name[VFIO_PCI_IRQ_NAME_LEN];
};

static bool msi_is_msix(struct vfio_pci_core_device *vdev)
{
	return vdev->irq_type == VFIO_PCI_MSIX_IRQ_INDEX;
}

/* The handler, with its event switched on.  It is called with nothing but the eventfd. */
static noinline irqreturn_t msi_handle_traced(int irq, struct eventfd_ctx *trigger)
{
	const struct msi_desc *desc = irq_get_msi_desc(irq);
	struct pci_dev *pdev = to_pci_dev(desc->dev);

	trace_vfio_pci_irq(pdev, pdev->msix_enabled ? VFIO_PCI_MSIX_IRQ_INDEX :
						      VFIO_PCI_MSI_IRQ_INDEX,
			   desc->msi_index + irq - desc->irq, true);
	eventfd_signal(trigger);
	return IRQ_HANDLED;
}

static irqreturn_t msi_handler(int irq, void *trigger)
{
	if (trace_vfio_pci_irq_enabled())
		return msi_handle_traced(irq, trigger);
	eventfd_signal(trigger);
	return IRQ_HANDLED;
}

/* Returns 0, -errno, or the number of available vectors if it is less than @nvec. */
static int msi_enable(struct vfio_pci_core_device *vdev, unsigned int index, unsigned int nvec)
{
	unsigned int kind = index == VFIO_PCI_MSIX_IRQ_INDEX ? PCI_IRQ_MSIX : PCI_IRQ_MSI;
	int got;
	u16 cmd;

	cmd = vfio_pci_memory_lock_and_enable(vdev);
	got = pci_alloc_irq_vectors(vdev->pdev, 1, nvec, kind);
	if (got > 0 && got < nvec)
		pci_free_irq_vectors(vdev->pdev);
	vfio_pci_memory_unlock_and_restore(vdev, cmd);

	if (got < 0 || got < nvec)
		return got;

	/* Limit for writes to QSIZE in the virtual MSI capability. */
	if (index == VFIO_PCI_MSI_IRQ_INDEX)
		vdev->msi_qmax = order_base_2(nvec);
	WRITE_ONCE(vdev->irq_type, index);
	return 0;
}

/* Linux IRQ number of @vector; allocates it if the vector is allocated dynamically. */
static int msi_irq(struct vfio_pci_core_device *vdev, unsigned int vector)
{
	int irq = pci_irq_vector(vdev->pdev, vector);
	struct msi_map map;
	u16 cmd;

	if (WARN_ON_ONCE(!irq))
		return -EINVAL;
	if (irq > 0 || !msi_is_msix(vdev) || !vdev->has_dyn_msix)
		return irq;

	cmd = vfio_pci_memory_lock_and_enable(vdev);
	map = pci_msix_alloc_irq_at(vdev->pdev, vector, NULL);
	vfio_pci_memory_unlock_and_restore(vdev, cmd);

	return map.index < 0 ? map.index : map.virq;
}

static int msi_request_irq(struct vfio_pci_core_device *vdev, struct vfio_pci_msi_vector *v)
{
	struct msi_msg msg;
	u16 cmd;
	int ret;

	cmd = vfio_pci_memory_lock_and_enable(vdev);
	if (msi_is_msix(vdev)) {
		/* A reset by the device itself may have cleared the table since the allocation. */
		get_cached_msi_msg(v->irq, &msg);
		pci_write_msi_msg(v->irq, &msg);
	}
	ret = request_irq(v->irq, msi_handler, 0, v->name, v->trigger);
	vfio_pci_memory_unlock_and_restore(vdev, cmd);

	return ret;
}

static int msi_vector_add(struct vfio_pci_core_device *vdev, unsigned int vector, int fd)
{
	struct vfio_pci_msi_vector *v;
	int irq, ret;

	irq = msi_irq(vdev, vector);
	if (irq < 0)
		return irq;

	v = kzalloc(sizeof(*v), GFP_KERNEL_ACCOUNT);
	if (!v)
		return -ENOMEM;

	v->irq = irq;
	scnprintf(v->name, sizeof(v->name), "vfio-msi%s[%u](%s)", msi_is_msix(vdev) ? "x" : "",
		  vector, pci_name(vdev->pdev));

	v->trigger = eventfd_ctx_fdget(fd);
	if (IS_ERR(v->trigger)) {
		ret = PTR_ERR(v->trigger);
		goto err_free;
	}

	/* Allocate before request_irq(): nothing may fail after it. */
	if (xa_insert(&vdev->ctx, vector, v, GFP_KERNEL_ACCOUNT)) {
		ret = -ENOMEM;
		goto err_put;
	}

	ret = msi_request_irq(vdev, v);
	if (ret)
		goto err_erase;

	/* Bypass is an optimisation; the eventfd works without it. */
	ret = irq_bypass_register_producer(&v->producer, v->trigger, irq);
	if (ret)
		pci_info_ratelimited(vdev->pdev, "vector %u: irq bypass registration failed: %d\n",
				     vector, ret);
	return 0;

err_erase:
	xa_erase(&vdev->ctx, vector);
err_put:
	eventfd_ctx_put(v->trigger);
err_free:
	kfree(v);
	return ret;
}

static void msi_vector_remove(struct vfio_pci_core_device *vdev, unsigned int vector)
{
	struct vfio_pci_msi_vector *v = xa_erase(&vdev->ctx, vector);
	u16 cmd;

	if (!v)
		return;

	/* Before free_irq(): a bypass consumer may have taken over the interrupt. */
	irq_bypass_unregister_producer(&v->producer);
	cmd = vfio_pci_memory_lock_and_enable(vdev);
	free_irq(v->irq, v->trigger);
	vfio_pci_memory_unlock_and_restore(vdev, cmd);

	eventfd_ctx_put(v->trigger);
	kfree(v);
}

void vfio_pci_msi_disable(struct vfio_pci_core_device *vdev)
{
	struct vfio_pci_msi_vector *v;
	unsigned long vector;
	u16 cmd;

	xa_for_each(&vdev->ctx, vector, v)
		msi_vector_remove(vdev, vector);

	cmd = vfio_pci_memory_lock_and_enable(vdev);
	pci_free_irq_vectors(vdev->pdev);
	vfio_pci_memory_unlock_and_restore(vdev, cmd);

	/* The PCI core enables INTx when MSI is disabled; nointx devices must not have it. */
	if (vdev->nointx)
		pci_intx(vdev->pdev, 0);

	WRITE_ONCE(vdev->irq_type, VFIO_PCI_NUM_IRQS);
}

/* Assign eventfds; a negative fd removes one.  On error all of the range are removed. */
static int msi_set_fds(struct vfio_pci_core_device *vdev, const struct vfio_pci_irq_request *req)
{
	unsigned int i;
	int ret;

	for (i = 0; i < req->count; i++) {
		msi_vector_remove(vdev, req->start + i);
		if (req->fds[i] < 0)
			continue;
		ret = msi_vector_add(vdev, req->start + i, req->fds[i]);
		if (ret)
			goto err_remove;
	}
	return 0;

err_remove:
	while (i--)
		msi_vector_remove(vdev, req->start + i);
	return ret;
}

static int msi_enable_with_fds(struct vfio_pci_core_device *vdev,
			       const struct vfio_pci_irq_request *req)
{
	int ret;

	ret = msi_enable(vdev, req->index, req->start + req->count);
	if (ret)
		return ret;

	ret = msi_set_fds(vdev, req);
	if (ret)
		vfio_pci_msi_disable(vdev);
	return ret;
}

int vfio_pci_msi_set(struct vfio_pci_core_device *vdev, const struct vfio_pci_irq_request *req)
{
	bool on = vdev->irq_type == req->index;
	XA_STATE(xas, &vdev->ctx, req->start);
	struct vfio_pci_msi_vector *v;

	lockdep_assert_held(&vdev->igate);

	/* Masking is done in the device's own registers. */
	if (req->action != VFIO_IRQ_SET_ACTION_TRIGGER)
		return -ENOTTY;

	if (!on && vfio_pci_irq_none(vdev) && req->type == VFIO_IRQ_SET_DATA_EVENTFD)
		return msi_enable_with_fds(vdev, req);
	if (!on)
		return -EINVAL;

	if (req->type == VFIO_IRQ_SET_DATA_EVENTFD)
		return msi_set_fds(vdev, req);

	if (!req->count) {
		if (req->type == VFIO_IRQ_SET_DATA_NONE)
			vfio_pci_msi_disable(vdev);
		return 0;
	}

	rcu_read_lock();
	xas_for_each(&xas, v, req->start + req->count - 1)
		if (vfio_pci_irq_wanted(req, xas.xa_index - req->start))
			eventfd_signal(v->trigger);
	rcu_read_unlock();
	return 0;
}
