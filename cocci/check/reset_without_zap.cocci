// SPDX-License-Identifier: GPL-2.0-only
/// A driver that resets the device zaps its mappings first
//
//# Id: VPS-RST-01
//# Group: reset
//# Severity: error
//# Reason: during and after a reset memory decode is off and BARs are lost. A user who still has the
//#   pages mapped gets a machine check or a hung bus. Upstream's core does not hear of a reset by
//#   the driver, so the driver has to exclude accessors and zap; on the SDK's core
//#   vfio_pci_core_reset_prepare() does both for resets by the PCI core's functions that call it, but not for
//#   __pci_reset_function_locked(), pcie_flr() and their like.
//# Prevents: core_reset_test reset_zaps and hot_reset
//# Fix: vfio_pci_core_reset_function(); or vfio_pci_core_access_revoke(), reset,
//#   vfio_pci_core_access_restore(). Code for upstream: down_write(&vdev->memory_lock), zap, reset,
//#   up_write(), which is right, and does not deadlock, on the SDK's core as well
//
// Confidence: High

virtual report

@resets depends on ever concerned@
identifier call = {pci_reset_function, pci_try_reset_function, pci_reset_function_locked,
	__pci_reset_function_locked, pci_reset_bus, pcie_flr, pcie_reset_flr,
	pci_bridge_secondary_bus_reset};
@@
call(...)

@script:python@
@@
active.clear()
locking.clear()

@script:python depends on resets@
@@
active.add(True)

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

@locks depends on ever resets@
expression l;
position p;
@@
(
  down_write@p(\(&l->memory_lock\|&l.memory_lock\))
|
  down_write_killable@p(\(&l->memory_lock\|&l.memory_lock\))
|
  down_write_trylock@p(\(&l->memory_lock\|&l.memory_lock\))
|
  guard(rwsem_write)@p(\(&l->memory_lock\|&l.memory_lock\))
|
  vfio_pci_core_access_lock@p(l)
)

@scoped depends on ever resets@
iterator name scoped_guard;
expression l;
statement S;
position p;
@@
scoped_guard@p(rwsem_write, \(&l->memory_lock\|&l.memory_lock\)) S

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

@reset depends on ever concerned && !core exists@
identifier f;
identifier call = {pci_reset_function, pci_try_reset_function, pci_reset_function_locked,
	__pci_reset_function_locked, pci_reset_bus, pcie_flr, pcie_reset_flr,
	pci_bridge_secondary_bus_reset};
position p, q != {probe.q, remove.q, open.q};
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
both = {"vfio_pci_zap_and_down_write_memory_lock", "vfio_pci_core_access_revoke", "vfio_pci_core_reset_prepare"}
zaps = both | {"unmap_mapping_range", "unmap_mapping_pages", "vfio_pci_core_zap_range", "vfio_pci_core_zap_region",
    "vfio_pci_zap_bars", "zap_vma_ptes", "zap_special_vma_range"}
active = set()
locking = set()

def is_safe(function):
    """It, or who calls it, or whom they call, zaps; and one of them takes the lock."""
    near = set()
    for f in above(function, set()):
        near |= below(f, set())
    return near & zaps and near & (locking | both)

@script:python@
p << locks.p;
@@
locking.add(p[0].current_element)

@script:python@
p << scoped.p;
@@
locking.add(p[0].current_element)

@script:python@
p << reset.p;
@@
cocci.include_match(bool(active) and not is_safe(p[0].current_element))

@script:python depends on report@
p << reset.p;
call << reset.call;
@@
coccilib.report.print_report(p[0], what % call)
