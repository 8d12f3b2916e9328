// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test module: a consumer of irqbypass, as KVM is where the IOMMU can post interrupts.  It takes
 * over nothing; what counts is when it is connected, and with which interrupt.
 */
#include <linux/eventfd.h>
#include <linux/irqbypass.h>
#include <linux/module.h>

static DEFINE_MUTEX(lock);		/* one write to @eventfd at a time */
static struct eventfd_ctx *ctx;		/* that of the registered consumer, or NULL */

static int irq;
module_param(irq, int, 0444);
MODULE_PARM_DESC(irq, "the producer's interrupt, 0: not connected");

static unsigned int connections;
module_param(connections, uint, 0444);
MODULE_PARM_DESC(connections, "how often a producer was connected");

static int bypass_add_producer(struct irq_bypass_consumer *consumer,
			       struct irq_bypass_producer *producer)
{
	irq = producer->irq;
	connections++;
	return 0;
}

static void bypass_del_producer(struct irq_bypass_consumer *consumer,
				struct irq_bypass_producer *producer)
{
	irq = 0;
}

static struct irq_bypass_consumer consumer = {
	.add_producer	= bypass_add_producer,
	.del_producer	= bypass_del_producer,
};

static void bypass_forget(void)
{
	if (!ctx)
		return;
	irq_bypass_unregister_consumer(&consumer);
	eventfd_ctx_put(ctx);
	ctx = NULL;
}

static int bypass_set_eventfd(const char *val, const struct kernel_param *kp)
{
	int fd, ret = kstrtoint(val, 0, &fd);

	if (ret)
		return ret;
	mutex_lock(&lock);
	bypass_forget();
	if (fd >= 0) {
		ctx = eventfd_ctx_fdget(fd);
		ret = PTR_ERR_OR_ZERO(ctx);
		if (ret)
			ctx = NULL;
		else
			ret = irq_bypass_register_consumer(&consumer, ctx);
		if (ret && ctx) {
			eventfd_ctx_put(ctx);
			ctx = NULL;
		}
	}
	mutex_unlock(&lock);
	return ret;
}

static const struct kernel_param_ops bypass_eventfd_ops = {
	.set = bypass_set_eventfd,
};
module_param_cb(eventfd, &bypass_eventfd_ops, NULL, 0200);
MODULE_PARM_DESC(eventfd, "file number of the eventfd whose producer is wanted, -1: none");

static int __init bypass_init(void)
{
	return 0;
}
module_init(bypass_init);

static void __exit bypass_exit(void)
{
	bypass_forget();
}
module_exit(bypass_exit);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The vfio-pci SDK authors");
MODULE_DESCRIPTION("test module: a consumer of irqbypass");
