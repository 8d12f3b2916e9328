// SPDX-License-Identifier: GPL-2.0-only
/// Who resets the device zaps its mappings first
//
//# Id: VPS-RST-01
//# Group: reset
//# Severity: error
//# Reason: during and after a reset memory decode is off and BARs are lost. A user who still has the
//#   pages mapped gets a machine check or a hung bus; the core's own resets take memory_lock for write
//#   and zap, a reset by the driver does neither.
//# Prevents: core_reset_test reset_zaps and hot_reset
//# Mend: leave resets to vfio_pci_core_ioctl(); or down_write(&vdev->memory_lock), zap, reset,
//#   up_write()
//
// Confidence: High
// Options: --no-includes

virtual report
virtual org
virtual context

@concerned@
@@
struct vfio_pci_core_device

// before the first open, and after the last close, there is nothing to zap
@probe@
identifier f, pdev, id;
position q;
@@
f@q(struct pci_dev *pdev, const struct pci_device_id *id)
{ ... }

@remove@
identifier f, pdev;
position q;
@@
f@q(struct pci_dev *pdev)
{ ... }

@zaps@
identifier f;
identifier zap = {unmap_mapping_range, unmap_mapping_pages, vfio_pci_core_zap_range,
	vfio_pci_core_zap_region, vfio_pci_zap_bars, vfio_pci_zap_and_down_write_memory_lock,
	zap_vma_ptes, zap_special_vma_range};
position q;
@@
f@q(...)
{ <+... zap(...) ...+> }

@open@
identifier f;
position q;
@@
f@q(...)
{ <+... \(vfio_pci_core_enable\|vfio_pci_core_disable\|vfio_pci_core_close_device\)(...) ...+> }

// the core knows when it does
@core@
@@
vfio_pci_core_enable(...)
{ ... }

@reset depends on concerned && !core exists@
identifier f;
identifier call = {pci_reset_function, pci_try_reset_function, pci_reset_function_locked,
	__pci_reset_function_locked, pci_reset_bus, pcie_flr, pcie_reset_flr,
	pci_bridge_secondary_bus_reset};
position p, q != {probe.q, remove.q, zaps.q, open.q};
@@
f@q(...)
{
  ... when any
  call@p(...)
  ... when any
}

@initialize:python@
@@
what = "ERROR: [VPS-RST-01] %s() while user space may have the device mapped"

@script:python depends on report@
p << reset.p;
call << reset.call;
@@
coccilib.report.print_report(p[0], what % call)

@script:python depends on org@
p << reset.p;
call << reset.call;
@@
coccilib.org.print_todo(p[0], what % call)

@depends on context@
identifier c;
position reset.p;
@@
* c@p(...)
