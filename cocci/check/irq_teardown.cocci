// SPDX-License-Identifier: GPL-2.0-only
/// An interrupt is freed before what its handler uses
//
//# Id: VPS-IRQ-01
//# Group: irq
//# Severity: error
//# Reason: the handler may run until free_irq() returns. An eventfd that was put before is used after
//#   it was freed; a bypass producer that is still registered lets KVM program an interrupt that is
//#   gone.
//# Prevents: "vfio/pci: call irq_bypass_unregister_producer() before freeing irq"
//# Fix: irq_bypass_unregister_producer(), free_irq(), eventfd_ctx_put(), in this order
//
// Confidence: High

virtual report

@put depends on ever concerned exists@
expression e;
position p;
@@
eventfd_ctx_put@p(e)
... when != request_irq(...)
    when != e = NULL
free_irq(...)

@bypass depends on ever concerned exists@
position p;
@@
free_irq(...)
... when != irq_bypass_register_producer(...)
irq_bypass_unregister_producer@p(...)

@initialize:python@
@@
what1 = "ERROR: [VPS-IRQ-01] the handler may still signal this eventfd"
what2 = "ERROR: [VPS-IRQ-01] the interrupt of this producer is already free"

@script:python depends on report@
p << put.p;
@@
coccilib.report.print_report(p[0], what1)

@script:python depends on report@
p << bypass.p;
@@
coccilib.report.print_report(p[0], what2)
