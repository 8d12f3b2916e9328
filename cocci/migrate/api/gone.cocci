// SPDX-License-Identifier: GPL-2.0-only
/// Calls and members that are gone, or that give or take something else, in newer kernels
//
// Confidence: High
// Options: --no-includes
// Comments: what takes their place depends on the driver.

virtual report

@initialize:python@
@@
GONE = {
    "vfio_pci_core_set_params": "is gone in 7.x: set nointxmask, disable_vga and disable_idle_d3 of each device in "
                                ".init",
    "vfio_init_device": "is gone: use vfio_alloc_device(), and .init for what may fail",
    "vfio_free_device": "is gone: vfio.ko frees the device after .release",
    "vfio_pci_core_setup_barmap": "is gone in 7.x: BARs are mapped when the device is enabled, see "
                                  "vfio_pci_core_get_iomap()",
    "vfio_spapr_pci_eeh_open": "is gone: call eeh_dev_open()",
    "vfio_spapr_pci_eeh_release": "is gone: call eeh_dev_release()",
    "zap_vma_ptes": "is gone in 7.x: unmap_mapping_range() needs no VMA, see docs/migrating.md",
    "zap_page_range": "is gone in 6.3: unmap_mapping_range() needs no VMA, see docs/migrating.md",
    "vmf_insert_pfn_pmd_prot": "is gone: vmf_insert_pfn_pmd() takes vm_page_prot",
    "vmf_insert_pfn_pud_prot": "is gone: vmf_insert_pfn_pud() takes vm_page_prot",
    "follow_pfn": "is gone in 6.12: see follow_pfnmap_start()",
    "follow_pte": "is gone in 6.12: see follow_pfnmap_start()",
    "driver_set_override": "is gone in 7.x: call device_set_driver_override()",
    "alloc_pages_bulk_list": "is gone in 6.14: alloc_pages_bulk() fills an array",
    "mlx5_comp_vectors_count": "is gone: call mlx5_comp_vectors_max()",
    "mlx5_vector2eqn": "is gone: call mlx5_comp_eqn_get(), whose index is a u16",
    "num_ctx": "interrupt contexts are in an xarray in 6.12: there is no num_ctx, no ctx[]",
    "err_trigger": "is a struct vfio_pci_eventfd under RCU in newer kernels",
    "req_trigger": "is a struct vfio_pci_eventfd under RCU in newer kernels",
    "vma_lock": "is gone in 6.10, with the list of VMAs: see docs/migrating.md",
    "vma_list": "is gone in 6.10, with its lock: see docs/migrating.md",
}

def tell_member(name):
    return GONE[name] if " no " in GONE[name] else "%s %s" % (name, GONE[name])

// ---- functions that are gone

@call depends on report@
identifier f = {vfio_pci_core_set_params, vfio_init_device, vfio_free_device, vfio_pci_core_setup_barmap,
		vfio_spapr_pci_eeh_open, vfio_spapr_pci_eeh_release, zap_vma_ptes, zap_page_range,
		vmf_insert_pfn_pmd_prot, vmf_insert_pfn_pud_prot, follow_pfn, follow_pte, driver_set_override,
		alloc_pages_bulk_list, mlx5_comp_vectors_count, mlx5_vector2eqn};
position p;
@@
f@p(...)

@script:python depends on report@
f << call.f; p << call.p;
@@
coccilib.report.print_report(p[0], "%s() %s" % (f, GONE[f]))

@alone@
expression e;
position p;
@@
(
  pm_runtime_put@p(e);
|
  (void)pm_runtime_put@p(e);
)

@put depends on report@
expression e;
position p != alone.p;
@@
pm_runtime_put@p(e)

@script:python depends on report@
p << put.p;
@@
coccilib.report.print_report(p[0], "pm_runtime_put() returns nothing in 7.x")

@producer depends on report@
expression e;
position p;
@@
irq_bypass_register_producer@p(e)

@script:python depends on report@
p << producer.p;
@@
coccilib.report.print_report(p[0], "irq_bypass_register_producer() wants "
                             "the eventfd and the interrupt as well, in 7.x")

@signal depends on report@
expression c;
expression n != 1;
position p;
@@
eventfd_signal@p(c, n)

@script:python depends on report@
p << signal.p;
@@
coccilib.report.print_report(p[0], "eventfd_signal() adds one, and nothing else, in 6.8")

@slot depends on report@
struct vfio_pci_core_device *vdev;
expression i;
position p;
@@
  vdev@p->ctx[i]

@script:python depends on report@
p << slot.p;
@@
coccilib.report.print_report(p[0], tell_member("num_ctx"))

@member depends on report@
struct vfio_pci_core_device *vdev;
identifier m = {num_ctx, err_trigger, req_trigger, vma_lock, vma_list};
position p;
@@
  vdev@p->m

@script:python depends on report@
p << member.p; m << member.m;
@@
coccilib.report.print_report(p[0], tell_member(m))

@override depends on report@
struct pci_dev *pdev;
position p;
@@
  pdev@p->driver_override

@script:python depends on report@
p << override.p;
@@
coccilib.report.print_report(p[0], "driver_override is a matter of the driver core in newer kernels: call "
                             "device_set_driver_override()")

@vsec depends on report@
position p;
@@
  PCI_VSEC_HDR@p

@script:python depends on report@
p << vsec.p;
@@
coccilib.report.print_report(p[0], "PCI_VSEC_HDR is gone in 7.x: PCI_VNDR_HEADER is the same in all kernels")

@ops@
identifier o, f;
position p;
@@
  struct vfio_migration_ops o@p = { ..., .migration_get_state = f, ... };

@size@
identifier ops.o, f;
@@
  struct vfio_migration_ops o = { ..., .migration_get_data_size = f, ... };

@script:python depends on report && !size@
p << ops.p; o << ops.o;
@@
coccilib.report.print_report(p[0], "%s has no migration_get_data_size: newer kernels refuse to register the device" % o)

