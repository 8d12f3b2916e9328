// SPDX-License-Identifier: GPL-2.0-only
/*
 * INTx is level triggered: the hard interrupt handler masks it, user space unmasks it after
 * servicing the device.
 *
 * Devices with a working DisINTx bit (pci_2_3) are masked by that bit and may share the line.
 * Others are masked at the interrupt controller and need an exclusive line.
 *
 * Locks: igate protects everything except the handler, the unmask virqfd and
 * vfio_pci_intx_resync(). irqlock protects @masked and the state of the line, and therefore each
 * read-modify-write of COMMAND.  Do not signal an eventfd under irqlock: the unmask virqfd takes
 * irqlock inside the lock of its eventfd.
 */
#include <linux/eventfd.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/slab.h>
#include <trace/events/vfio_pci_sdk.h>

#include "vfio_pci_intrs.h"

struct vfio_pci_intx {
	struct vfio_pci_core_device	*vdev;
	struct eventfd_ctx		*trigger;
	struct virqfd			*unmask;
	bool				masked;
	char				name[VFIO_PCI_IRQ_NAME_LEN];
};

static struct vfio_pci_intx *intx_get(struct vfio_pci_core_device *vdev)
{
	lockdep_assert_held(&vdev->igate);

	return vdev->irq_type == VFIO_PCI_INTX_IRQ_INDEX ? xa_load(&vdev->ctx, 0) : NULL;
}

/* Signal the trigger unless DisINTx is set.  Also used as virqfd thread. */
static void intx_signal(void *opaque, void *unused)
{
	struct vfio_pci_intx *intx = opaque;
	struct eventfd_ctx *trigger = READ_ONCE(intx->trigger);
	bool signal = trigger && !READ_ONCE(intx->vdev->virq_disabled);

	trace_vfio_pci_irq(intx->vdev->pdev, VFIO_PCI_INTX_IRQ_INDEX, 0, signal);
	if (signal)
		eventfd_signal(trigger);
}

/* Returns true if this call masked INTx. */
static bool intx_mask(struct vfio_pci_intx *intx)
{
	struct vfio_pci_core_device *vdev = intx->vdev;
	unsigned long flags;
	bool changed;

	spin_lock_irqsave(&vdev->irqlock, flags);
	changed = !intx->masked;
	if (changed) {
		if (vdev->pci_2_3)
			pci_intx(vdev->pdev, 0);
		else
			disable_irq_nosync(vdev->pdev->irq);
		intx->masked = true;
		trace_vfio_pci_intx_masked(vdev->pdev, true, _RET_IP_);
	}
	spin_unlock_irqrestore(&vdev->irqlock, flags);

	return changed;
}

/*
 * Unmask, unless virtual DisINTx is set.  If an interrupt is already pending, leave the line masked
 * and return 1: the caller must signal the trigger, which saves taking the interrupt.  As a virqfd
 * handler this runs inside the lock of an eventfd, possibly the trigger's, so it cannot signal
 * itself; a positive return value makes virqfd call intx_signal() from a workqueue.
 */
static int intx_unmask(void *opaque, void *unused)
{
	struct vfio_pci_intx *intx = opaque;
	struct vfio_pci_core_device *vdev = intx->vdev;
	bool pending = false;
	unsigned long flags;

	spin_lock_irqsave(&vdev->irqlock, flags);
	if (intx->masked && !READ_ONCE(vdev->virq_disabled)) {
		if (vdev->pci_2_3)
			pending = !pci_check_and_unmask_intx(vdev->pdev);
		else
			enable_irq(vdev->pdev->irq);
		intx->masked = pending;
		trace_vfio_pci_intx_masked(vdev->pdev, pending, _RET_IP_);
	}
	spin_unlock_irqrestore(&vdev->irqlock, flags);

	return pending;
}

static void intx_unmask_and_signal(struct vfio_pci_intx *intx)
{
	if (intx_unmask(intx, NULL))
		intx_signal(intx, NULL);
}

/* While INTx is not enabled, physical DisINTx follows the virtual bit. */
static void intx_set_line(struct vfio_pci_core_device *vdev, bool on)
{
	unsigned long flags;

	if (!vdev->pci_2_3)
		return;

	spin_lock_irqsave(&vdev->irqlock, flags);
	pci_intx(vdev->pdev, on);
	spin_unlock_irqrestore(&vdev->irqlock, flags);
}

/*
 * Mask INTx for config space (user space set DisINTx) and for power management.  Returns true if
 * INTx was enabled and unmasked.
 */
bool vfio_pci_intx_mask(struct vfio_pci_core_device *vdev)
{
	struct vfio_pci_intx *intx;
	bool changed = false;

	mutex_lock(&vdev->igate);
	intx = intx_get(vdev);
	if (intx)
		changed = intx_mask(intx);
	else
		intx_set_line(vdev, false);
	mutex_unlock(&vdev->igate);

	return changed;
}

void vfio_pci_intx_unmask(struct vfio_pci_core_device *vdev)
{
	struct vfio_pci_intx *intx;

	mutex_lock(&vdev->igate);
	intx = intx_get(vdev);
	if (intx)
		intx_unmask_and_signal(intx);
	else
		intx_set_line(vdev, true);
	mutex_unlock(&vdev->igate);
}

/* Out-of-line part of vfio_pci_intx_resync(). */
void vfio_pci_intx_resync_line(struct vfio_pci_core_device *vdev)
{
	struct vfio_pci_intx *intx;
	unsigned long flags;

	spin_lock_irqsave(&vdev->irqlock, flags);
	if (vdev->irq_type == VFIO_PCI_INTX_IRQ_INDEX && vdev->pci_2_3) {
		intx = xa_load(&vdev->ctx, 0);
		pci_intx(vdev->pdev, !intx->masked);
	}
	spin_unlock_irqrestore(&vdev->irqlock, flags);
}

static irqreturn_t intx_handler(int irq, void *dev_id)
{
	struct vfio_pci_intx *intx = dev_id;
	struct vfio_pci_core_device *vdev = intx->vdev;
	unsigned long flags;
	bool ours;

	spin_lock_irqsave(&vdev->irqlock, flags);
	if (vdev->pci_2_3) {
		ours = !intx->masked && pci_check_and_mask_intx(vdev->pdev);
	} else {
		ours = true;
		/* disable_irq() nests but unmask enables once: skip if already masked. */
		if (!intx->masked)
			disable_irq_nosync(irq);
	}
	if (ours) {
		intx->masked = true;
		trace_vfio_pci_intx_masked(vdev->pdev, true, _THIS_IP_);
	}
	spin_unlock_irqrestore(&vdev->irqlock, flags);

	if (!ours)
		return IRQ_NONE;

	intx_signal(intx, NULL);
	return IRQ_HANDLED;
}

/* irqlock keeps the context alive while vfio_pci_intx_resync_line() reads it. */
static void intx_set_type(struct vfio_pci_core_device *vdev, int type)
{
	unsigned long flags;

	spin_lock_irqsave(&vdev->irqlock, flags);
	WRITE_ONCE(vdev->irq_type, type);
	spin_unlock_irqrestore(&vdev->irqlock, flags);
}

static int intx_enable(struct vfio_pci_core_device *vdev, struct eventfd_ctx *trigger)
{
	struct pci_dev *pdev = vdev->pdev;
	struct vfio_pci_intx *intx;
	unsigned long irqflags;
	int ret;

	if (!pdev->irq || pdev->irq == IRQ_NOTCONNECTED)
		return -ENODEV;

	intx = kzalloc(sizeof(*intx), GFP_KERNEL_ACCOUNT);
	if (!intx)
		return -ENOMEM;

	intx->vdev = vdev;
	intx->trigger = trigger;
	/* A concurrent change of virq_disabled updates @masked under igate, which is held here. */
	intx->masked = vdev->virq_disabled;
	scnprintf(intx->name, sizeof(intx->name), "vfio-intx(%s)", pci_name(pdev));

	if (xa_insert(&vdev->ctx, 0, intx, GFP_KERNEL_ACCOUNT)) {
		ret = -ENOMEM;
		goto err_free;
	}

	/* Before the line is set up, so that a concurrent reset resyncs it. */
	intx_set_type(vdev, VFIO_PCI_INTX_IRQ_INDEX);
	/* Pairs with vfio_pci_intx_resync(). */
	smp_mb();

	if (vdev->pci_2_3) {
		vfio_pci_intx_resync_line(vdev);
		irqflags = IRQF_SHARED;
	} else {
		irqflags = intx->masked ? IRQF_NO_AUTOEN : 0;
		/*
		 * With lazy disable the line stays enabled until it next fires, which for an
		 * unserviced level interrupt is a storm.
		 */
		irq_set_status_flags(pdev->irq, IRQ_DISABLE_UNLAZY);
	}

	ret = request_irq(pdev->irq, intx_handler, irqflags, intx->name, intx);
	if (ret)
		goto err_flags;
	return 0;

err_flags:
	if (!vdev->pci_2_3)
		irq_clear_status_flags(pdev->irq, IRQ_DISABLE_UNLAZY);
	intx_set_type(vdev, VFIO_PCI_NUM_IRQS);
	xa_erase(&vdev->ctx, 0);
err_free:
	kfree(intx);
	return ret;
}

void vfio_pci_intx_disable(struct vfio_pci_core_device *vdev)
{
	struct vfio_pci_intx *intx = intx_get(vdev);
	int irq = vdev->pdev->irq;

	/* Disable the virqfd first: it may enable the line, and its thread signals @trigger. */
	vfio_virqfd_disable(&intx->unmask);
	free_irq(irq, intx);
	if (!vdev->pci_2_3)
		irq_clear_status_flags(irq, IRQ_DISABLE_UNLAZY);
	intx_set_type(vdev, VFIO_PCI_NUM_IRQS);

	if (intx->trigger)
		eventfd_ctx_put(intx->trigger);
	xa_erase(&vdev->ctx, 0);
	kfree(intx);
}

static void intx_replace_trigger(struct vfio_pci_intx *intx, struct eventfd_ctx *trigger)
{
	struct eventfd_ctx *old = intx->trigger;

	WRITE_ONCE(intx->trigger, trigger);
	if (!old)
		return;

	/* The handler and the virqfd thread signal @old without igate. */
	synchronize_irq(intx->vdev->pdev->irq);
	vfio_virqfd_flush_thread(&intx->unmask);
	eventfd_ctx_put(old);
}

/* A negative @fd removes the trigger; INTx stays enabled. */
static int intx_set_trigger(struct vfio_pci_core_device *vdev, struct vfio_pci_intx *intx, int fd)
{
	struct eventfd_ctx *trigger = fd < 0 ? NULL : eventfd_ctx_fdget(fd);
	int ret = 0;

	if (IS_ERR(trigger))
		return PTR_ERR(trigger);

	if (intx)
		intx_replace_trigger(intx, trigger);
	else
		ret = intx_enable(vdev, trigger);

	if (ret && trigger)
		eventfd_ctx_put(trigger);
	return ret;
}

static int intx_trigger(struct vfio_pci_core_device *vdev, struct vfio_pci_intx *intx,
			const struct vfio_pci_irq_request *req)
{
	if (intx && !req->count && req->type == VFIO_IRQ_SET_DATA_NONE) {
		vfio_pci_intx_disable(vdev);
		return 0;
	}

	if (req->start != 0 || req->count != 1)
		return -EINVAL;

	if (req->type == VFIO_IRQ_SET_DATA_EVENTFD) {
		if (!intx && !vfio_pci_irq_none(vdev))
			return -EINVAL;
		return intx_set_trigger(vdev, intx, req->fds[0]);
	}

	if (!intx)
		return -EINVAL;
	if (vfio_pci_irq_wanted(req, 0))
		intx_signal(intx, NULL);
	return 0;
}

static int intx_set_unmask(struct vfio_pci_intx *intx, int fd)
{
	if (fd < 0) {
		vfio_virqfd_disable(&intx->unmask);
		return 0;
	}
	return vfio_virqfd_enable(intx, intx_unmask, intx_signal, NULL, &intx->unmask, fd);
}

int vfio_pci_intx_set(struct vfio_pci_core_device *vdev, const struct vfio_pci_irq_request *req)
{
	struct vfio_pci_intx *intx = intx_get(vdev);
	bool mask = req->action == VFIO_IRQ_SET_ACTION_MASK;

	switch (req->action) {
	case VFIO_IRQ_SET_ACTION_TRIGGER:
		return intx_trigger(vdev, intx, req);
	case VFIO_IRQ_SET_ACTION_MASK:
	case VFIO_IRQ_SET_ACTION_UNMASK:
		if (!intx || req->start != 0 || req->count != 1)
			return -EINVAL;
		break;
	default:
		return -ENOTTY;
	}

	/* The handler masks a level-triggered line; masking by eventfd is not offered. */
	if (req->type == VFIO_IRQ_SET_DATA_EVENTFD)
		return mask ? -ENOTTY : intx_set_unmask(intx, req->fds[0]);

	if (!vfio_pci_irq_wanted(req, 0))
		return 0;
	if (mask)
		intx_mask(intx);
	else
		intx_unmask_and_signal(intx);
	return 0;
}
