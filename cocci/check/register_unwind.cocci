// SPDX-License-Identifier: GPL-2.0-only
/// After a failed register the device is put, once
//
//# Id: VPS-LIFE-05
//# Group: lifetime
//# Severity: error
//# Reason: vfio_alloc_device() gave the driver a reference. vfio_pci_core_register_device() that fails
//#   leaves it with the driver: without vfio_put_device() the device, its PCI state and the module
//#   leak; kfree() instead leaves the release callback out.
//# Prevents: kmemleak after a failed probe; core_bind_test bind_and_unbind
//# Mend: goto out; out: vfio_put_device(&priv->core_device.vdev);
//
// Confidence: High
// Options: --no-includes

virtual report
virtual org
virtual context

@direct@
position p;
@@
return vfio_pci_core_register_device@p(...);

@leak exists@
expression ret, e;
position p;
@@
ret = vfio_pci_core_register_device@p(...);
... when != ret = e
if (\(ret\|ret < 0\|ret != 0\)) {
  ... when != vfio_put_device(...)
  return ...;
}

@initialize:python@
@@
what1 = "ERROR: [VPS-LIFE-05] nothing puts the device when this fails"
what2 = "ERROR: [VPS-LIFE-05] a failure returns without vfio_put_device()"

@script:python depends on report@
p << direct.p;
@@
coccilib.report.print_report(p[0], what1)

@script:python depends on org@
p << direct.p;
@@
coccilib.org.print_todo(p[0], what1)

@depends on context@
identifier c;
position direct.p;
@@
* c@p(...)

@script:python depends on report@
p << leak.p;
@@
coccilib.report.print_report(p[0], what2)

@script:python depends on org@
p << leak.p;
@@
coccilib.org.print_todo(p[0], what2)

@depends on context@
identifier c;
position leak.p;
@@
* c@p(...)
