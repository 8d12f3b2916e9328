// SPDX-License-Identifier: GPL-2.0-only
static irqreturn_t acme_irq(int irq, void *arg)
{
	struct acme *acme = arg;

	if (acme->trigger)
		eventfd_signal(acme->trigger, 1);
	eventfd_signal_mask(acme->trigger, 1, EPOLLIN);
	return IRQ_HANDLED;
}
