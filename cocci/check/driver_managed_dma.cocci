// SPDX-License-Identifier: GPL-2.0-only
/// The driver says driver_managed_dma
//
//# Id: VPS-LIFE-08
//# Group: lifetime
//# Severity: error
//# Reason: vfio assigns the IOMMU domain. Without the flag the driver core claims the device's group
//#   for kernel DMA at probe, and no user can open any device of the group.
//# Prevents: the group is not viable: open fails with EPERM or EBUSY; core_bind_test
//#   beside_the_kernels_own
//# Fix: .driver_managed_dma = true in the struct pci_driver
//
// Confidence: High

virtual report
virtual patch

@registers@
@@
vfio_pci_core_register_device(...)

@said@
identifier d;
symbol false;
expression e != {false, 0};
position q;
@@
struct pci_driver d@q = { ..., .driver_managed_dma = e, ... };

@unsaid depends on registers@
identifier d;
position p != said.q;
@@
struct pci_driver d@p = { ... };

@initialize:python@
@@
what = "ERROR: [VPS-LIFE-08] the driver core will claim the group for kernel DMA"

@script:python@
p << unsaid.p;
d << unsaid.d;
@@
cocci.include_match((p[0].file, str(d)) not in no_vfio)

@script:python depends on report@
p << unsaid.p;
@@
coccilib.report.print_report(p[0], what)

@depends on patch@
identifier unsaid.d;
position unsaid.p;
@@
  struct pci_driver d@p = {
    ...,
+   .driver_managed_dma = true,
  };
