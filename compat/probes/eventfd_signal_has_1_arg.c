// Linux kernel ("eventfd: simplify eventfd_signal()") (in v6.8)
#include <linux/eventfd.h>

void probe(struct eventfd_ctx *ctx);
void probe(struct eventfd_ctx *ctx)
{
	eventfd_signal(ctx);
}
