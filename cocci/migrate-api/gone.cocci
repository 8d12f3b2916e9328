// SPDX-License-Identifier: GPL-2.0-only
/// Find calls that newer kernels do not have, and results they do not give
//
// Confidence: High
// Options: --no-includes
// Comments: what each of them became is in the message; those with a mechanical replacement have a
//	script of their own.

virtual context, org, report

@depends on context@
@@
* vfio_pci_core_set_params(...)

@params depends on org || report@
position p;
@@
vfio_pci_core_set_params@p(...)

@script:python depends on report@
p << params.p;
@@
coccilib.report.print_report(p[0], "vfio_pci_core_set_params() is gone in 7.x: set "
                             "nointxmask, disable_vga and disable_idle_d3 of each device in .init")

@script:python depends on org@
p << params.p;
@@
coccilib.org.print_todo(p[0], "vfio_pci_core_set_params() is gone in 7.x: set "
                        "nointxmask, disable_vga and disable_idle_d3 of each device in .init")

@depends on context@
@@
* vfio_init_device(...)

@init depends on org || report@
position p;
@@
vfio_init_device@p(...)

@script:python depends on report@
p << init.p;
@@
coccilib.report.print_report(p[0], "vfio_init_device() is gone: use "
                             "vfio_alloc_device() and vfio_put_device()")

@script:python depends on org@
p << init.p;
@@
coccilib.org.print_todo(p[0], "vfio_init_device() is gone: use "
                        "vfio_alloc_device() and vfio_put_device()")

@depends on context@
@@
* vfio_free_device(...)

@free depends on org || report@
position p;
@@
vfio_free_device@p(...)

@script:python depends on report@
p << free.p;
@@
coccilib.report.print_report(p[0], "vfio_free_device() is gone: "
                             "vfio.ko frees the device after .release")

@script:python depends on org@
p << free.p;
@@
coccilib.org.print_todo(p[0], "vfio_free_device() is gone: vfio.ko frees the device after .release")

@depends on context@
expression e;
@@
* e = pm_runtime_put(...)

@put depends on org || report@
expression e;
position p;
@@
e = pm_runtime_put@p(...)

@script:python depends on report@
p << put.p;
@@
coccilib.report.print_report(p[0], "pm_runtime_put() returns nothing in 7.x")

@script:python depends on org@
p << put.p;
@@
coccilib.org.print_todo(p[0], "pm_runtime_put() returns nothing in 7.x")

@depends on context@
expression e;
@@
* irq_bypass_register_producer(e)

@producer depends on org || report@
expression e;
position p;
@@
irq_bypass_register_producer@p(e)

@script:python depends on report@
p << producer.p;
@@
coccilib.report.print_report(p[0], "irq_bypass_register_producer() wants "
                             "the eventfd and the interrupt, too, in 7.x")

@script:python depends on org@
p << producer.p;
@@
coccilib.org.print_todo(p[0], "irq_bypass_register_producer() wants "
                        "the eventfd and the interrupt, too, in 7.x")

@depends on context@
@@
* vfio_pci_core_setup_barmap(...)

@barmap depends on org || report@
position p;
@@
vfio_pci_core_setup_barmap@p(...)

@script:python depends on report@
p << barmap.p;
@@
coccilib.report.print_report(p[0], "vfio_pci_core_setup_barmap() is gone in 7.x: BARs are "
                             "mapped when the device is enabled, see vfio_pci_core_get_iomap()")

@script:python depends on org@
p << barmap.p;
@@
coccilib.org.print_todo(p[0], "vfio_pci_core_setup_barmap() is gone in 7.x: BARs are "
                        "mapped when the device is enabled, see vfio_pci_core_get_iomap()")
