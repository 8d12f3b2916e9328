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
//# Fix: goto out; out: vfio_put_device(&priv->core_device.vdev);
//
// Confidence: High

virtual report

@registers@
@@
vfio_pci_core_register_device(...)

@script:python@
@@
active.clear()

@script:python depends on registers@
@@
active.add(True)

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
none = "ERROR: [VPS-LIFE-05] nothing puts the device when this fails"
path = "ERROR: [VPS-LIFE-05] a failure returns without vfio_put_device()"
active = set()
leaks = set()
dropping = ("vfio_put_device", "devm_add_action", "devm_add_action_or_reset")

def puts(function, seen):
    """Does it put the device, or whom it calls?"""
    seen.add(function)
    return any(g in dropping or g not in seen and puts(g, seen) for g in callees.get(function, ()))

def put_by(function, seen):
    """Does it, or who calls it?"""
    seen.add(function)
    return puts(function, set()) or any(
        put_by(f, seen) for f in list(callees) if function in callees[f] and f not in seen)

def what(place):
    # A function that puts nothing leaves it to who calls it.
    if not put_by(place.current_element, set()):
        return none
    leaking = (place.file, place.line) in leaks and puts(place.current_element, set())
    return path if leaking else ""

@script:python@
p << leak.p;
@@
leaks.add((p[0].file, p[0].line))

@bad@
position p;
@@
vfio_pci_core_register_device@p(...)

@script:python@
p << bad.p;
@@
cocci.include_match(bool(active) and what(p[0]) != "")

@script:python depends on report@
p << bad.p;
@@
coccilib.report.print_report(p[0], what(p[0]))
