// SPDX-License-Identifier: GPL-2.0-only
/*
 * The error and the request interrupt: eventfds that are signalled on AER errors and when the
 * driver core wants the device released.
 *
 * They are signalled with driver core locks held and must not wait for igate, whose holder may wait
 * for the device: look up the eventfd under RCU.  igate serialises updates.
 */
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/export.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <trace/events/vfio_pci_sdk.h>

#include "vfio_pci_intrs.h"

/* Module exit waits for pending callbacks with rcu_barrier(). */
static void err_eventfd_free(struct rcu_head *rcu)
{
	struct vfio_pci_eventfd *eventfd = container_of(rcu, struct vfio_pci_eventfd, rcu);

	eventfd_ctx_put(eventfd->ctx);
	kfree(eventfd);
}

/*
 * Replace the eventfd in @slot by @ctx, which may be NULL.  Consumes the reference to @ctx on
 * success.  Cannot fail if @ctx is NULL.
 */
static int err_eventfd_replace_locked(struct vfio_pci_core_device *vdev,
				      struct vfio_pci_eventfd __rcu **slot, struct eventfd_ctx *ctx)
{
	struct vfio_pci_eventfd *eventfd = NULL;

	if (ctx) {
		eventfd = kzalloc(sizeof(*eventfd), GFP_KERNEL_ACCOUNT);
		if (!eventfd)
			return -ENOMEM;
		eventfd->ctx = ctx;
	}

	eventfd = rcu_replace_pointer(*slot, eventfd, lockdep_is_held(&vdev->igate));
	if (eventfd)
		call_rcu(&eventfd->rcu, err_eventfd_free);
	return 0;
}

/* At close. */
void vfio_pci_eventfds_release(struct vfio_pci_core_device *vdev)
{
	mutex_lock(&vdev->igate);
	err_eventfd_replace_locked(vdev, &vdev->err_trigger, NULL);
	err_eventfd_replace_locked(vdev, &vdev->req_trigger, NULL);
	mutex_unlock(&vdev->igate);
}

static int err_eventfd_set_fd(struct vfio_pci_core_device *vdev,
			      struct vfio_pci_eventfd __rcu **slot, int fd)
{
	struct eventfd_ctx *ctx;
	int ret;

	if (fd == -1)
		return err_eventfd_replace_locked(vdev, slot, NULL);
	if (fd < 0)
		return -EINVAL;

	ctx = eventfd_ctx_fdget(fd);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);

	ret = err_eventfd_replace_locked(vdev, slot, ctx);
	if (ret)
		eventfd_ctx_put(ctx);
	return ret;
}

/* SET_IRQS of the error or the request index.  DATA_NONE and DATA_BOOL trigger it for testing. */
int vfio_pci_eventfd_set(struct vfio_pci_core_device *vdev, struct vfio_pci_eventfd __rcu **slot,
			 const struct vfio_pci_irq_request *req)
{
	struct vfio_pci_eventfd *eventfd;

	if (req->action != VFIO_IRQ_SET_ACTION_TRIGGER)
		return -ENOTTY;
	if (req->start != 0 || req->count > 1)
		return -EINVAL;

	eventfd = rcu_dereference_protected(*slot, lockdep_is_held(&vdev->igate));

	if (!req->count) {
		if (req->type != VFIO_IRQ_SET_DATA_NONE || !eventfd)
			return -EINVAL;
		return err_eventfd_replace_locked(vdev, slot, NULL);
	}

	if (req->type == VFIO_IRQ_SET_DATA_EVENTFD)
		return err_eventfd_set_fd(vdev, slot, req->fds[0]);

	if (eventfd && vfio_pci_irq_wanted(req, 0))
		eventfd_signal(eventfd->ctx);
	else if (req->type == VFIO_IRQ_SET_DATA_NONE)
		return -EINVAL;
	return 0;
}

/* Returns false if no eventfd is registered. */
static bool err_eventfd_notify(struct vfio_pci_eventfd __rcu **slot)
{
	struct vfio_pci_eventfd *eventfd;

	rcu_read_lock();
	eventfd = rcu_dereference(*slot);
	if (eventfd)
		eventfd_signal(eventfd->ctx);
	rcu_read_unlock();

	return eventfd;
}

/**
 * vfio_pci_core_request - ask the user to release the device
 * @core_vdev: the device
 * @count: number of requests so far
 *
 * The request callback of struct vfio_device_ops, called repeatedly while the driver core waits for
 * the device to be closed.
 *
 * Context: process; takes no lock.
 */
void vfio_pci_core_request(struct vfio_device *core_vdev, unsigned int count)
{
	struct vfio_pci_core_device *vdev = to_vfio_pci_core(core_vdev);
	bool asked = err_eventfd_notify(&vdev->req_trigger);

	trace_vfio_pci_request(vdev->pdev, count, asked);
	if (asked && count % 10 == 0)
		pci_notice_ratelimited(vdev->pdev, "Relaying device request to user (#%u)\n",
				       count);
	else if (!asked && count == 0)
		pci_warn(vdev->pdev, "No device request channel registered, blocked until released by user\n");
}
EXPORT_SYMBOL_GPL(vfio_pci_core_request);

/**
 * vfio_pci_core_aer_err_detected - tell the user about an error on the link
 * @pdev: a device whose driver data is a struct vfio_pci_core_device
 * @state: state of the link, which is not passed on to the user
 *
 * The error_detected callback of struct pci_error_handlers.
 *
 * Context: process, device_lock held; takes no other lock.
 * Return: PCI_ERS_RESULT_CAN_RECOVER: recovery is up to the user.
 */
pci_ers_result_t vfio_pci_core_aer_err_detected(struct pci_dev *pdev, pci_channel_state_t state)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);

	err_eventfd_notify(&vdev->err_trigger);
	return PCI_ERS_RESULT_CAN_RECOVER;
}
EXPORT_SYMBOL_GPL(vfio_pci_core_aer_err_detected);

/* For drivers without error handlers of their own. */
const struct pci_error_handlers vfio_pci_core_err_handlers = {
	.error_detected	= vfio_pci_core_aer_err_detected,
	.reset_prepare	= vfio_pci_core_reset_prepare,
	.reset_done	= vfio_pci_core_reset_done,
};
EXPORT_SYMBOL_GPL(vfio_pci_core_err_handlers);
