/* SPDX-License-Identifier: GPL-2.0-only */
/* <linux/irqbypass.h> as Linux 7.3 has it, on older kernels. */
#include_next <linux/irqbypass.h>

#ifndef VFIO_PCI_SDK_COMPAT_IRQBYPASS_H
#define VFIO_PCI_SDK_COMPAT_IRQBYPASS_H

#ifndef HAVE_IRQ_BYPASS_REGISTER_PRODUCER_HAS_3_ARGS
struct eventfd_ctx;

static inline int vfsdk_irq_bypass_register_producer(struct irq_bypass_producer *producer,
						     struct eventfd_ctx *eventfd, int irq)
{
	int ret;

	producer->token = eventfd;
	producer->irq = irq;
	ret = irq_bypass_register_producer(producer);
	/*
	 * Without a token unregistering is a no-op, as in 7.3 for a producer that is not
	 * registered.
	 */
	if (ret)
		producer->token = NULL;
	return ret;
}

static inline int vfsdk_irq_bypass_register_consumer(struct irq_bypass_consumer *consumer,
						     struct eventfd_ctx *eventfd)
{
	consumer->token = eventfd;
	return irq_bypass_register_consumer(consumer);
}

#define irq_bypass_register_producer	vfsdk_irq_bypass_register_producer
#define irq_bypass_register_consumer	vfsdk_irq_bypass_register_consumer
#endif

#endif /* VFIO_PCI_SDK_COMPAT_IRQBYPASS_H */
