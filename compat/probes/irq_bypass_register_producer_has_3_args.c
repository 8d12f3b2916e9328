// Linux kernel ("irqbypass: Take ownership of producer/consumer token tracking") (in v6.17)
#include <linux/irqbypass.h>

int probe(struct irq_bypass_producer *producer, struct eventfd_ctx *ctx, int irq);
int probe(struct irq_bypass_producer *producer, struct eventfd_ctx *ctx, int irq)
{
	return irq_bypass_register_producer(producer, ctx, irq);
}
