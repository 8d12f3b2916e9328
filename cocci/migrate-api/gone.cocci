// SPDX-License-Identifier: GPL-2.0-only
/// Calls and members that are gone, or that give or take something else, in newer kernels
//
// Confidence: High
// Options: --no-includes
// Comments: what takes their place depends on the driver.

virtual context, org, report

@initialize:python@
@@
GONE = {
    "vfio_pci_core_set_params": "is gone in 7.x: set nointxmask, disable_vga and disable_idle_d3 of each device in .init",
    "vfio_init_device": "is gone: use vfio_alloc_device(), and .init for what may fail",
    "vfio_free_device": "is gone: vfio.ko frees the device after .release",
    "vfio_pci_core_setup_barmap": "is gone in 7.x: BARs are mapped when the device is enabled, see "
                                  "vfio_pci_core_get_iomap()",
    "zap_vma_ptes": "is gone in 7.x: unmap_mapping_range() needs no VMA, see docs/migrating.md",
    "follow_pfn": "is gone in 6.12: see follow_pfnmap_start()",
    "follow_pte": "is gone in 6.12: see follow_pfnmap_start()",
}

// ---- functions that are gone

@depends on context@
identifier f = {vfio_pci_core_set_params, vfio_init_device, vfio_free_device, vfio_pci_core_setup_barmap,
		zap_vma_ptes, follow_pfn, follow_pte};
@@
* f(...)

@call depends on org || report@
identifier f = {vfio_pci_core_set_params, vfio_init_device, vfio_free_device, vfio_pci_core_setup_barmap,
		zap_vma_ptes, follow_pfn, follow_pte};
position p;
@@
f@p(...)

@script:python depends on report@
f << call.f; p << call.p;
@@
coccilib.report.print_report(p[0], "%s() %s" % (f, GONE[f]))

@script:python depends on org@
f << call.f; p << call.p;
@@
coccilib.org.print_todo(p[0], "%s() %s" % (f, GONE[f]))

// ---- functions with another result or other arguments

@depends on context@
expression e, r;
@@
(
* r = pm_runtime_put(e)
|
* irq_bypass_register_producer(e)
)

@put depends on org || report@
expression e, r;
position p;
@@
r = pm_runtime_put@p(e)

@script:python depends on report@
p << put.p;
@@
coccilib.report.print_report(p[0], "pm_runtime_put() returns nothing in 7.x")

@script:python depends on org@
p << put.p;
@@
coccilib.org.print_todo(p[0], "pm_runtime_put() returns nothing in 7.x")

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

// ---- members of struct vfio_pci_core_device

@depends on context@
struct vfio_pci_core_device *vdev;
expression i;
@@
(
* vdev->num_ctx
|
* vdev->ctx[i]
)

@member depends on org || report@
struct vfio_pci_core_device *vdev;
expression i;
position p;
@@
(
  vdev@p->num_ctx
|
  vdev@p->ctx[i]
)

@script:python depends on report@
p << member.p;
@@
coccilib.report.print_report(p[0], "interrupt contexts are in an xarray in 6.12: there is no num_ctx, no ctx[]")

@script:python depends on org@
p << member.p;
@@
coccilib.org.print_todo(p[0], "interrupt contexts are in an xarray in 6.12: there is no num_ctx, no ctx[]")
