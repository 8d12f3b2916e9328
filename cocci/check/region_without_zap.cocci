// SPDX-License-Identifier: GPL-2.0-only
/// A region of the driver's own that maps device memory is zapped with the BARs
//
//# Id: VPS-RST-02
//# Group: reset
//# Severity: error
//# Reason: on a reset, with decode off and in low power the core zaps the BARs, which it knows. Device
//#   memory that the driver lets user space map through a region of its own stays mapped, unless the
//#   region is revocable.
//# Prevents: core_region_test decode_off and reset, when the region is not revocable
//# Fix: .revocable = true in its struct vfio_pci_regops, or vfio_pci_core_zap_region() or _zap_range()
//#   in pci_ops->access_revoke; with the kernel's own core unmap_mapping_range() wherever the driver
//#   learns of a reset
//
// Confidence: High

virtual report

@revocable@
identifier o;
expression e;
position q;
@@
struct vfio_pci_regops o@q = { ..., .revocable = e, ... };

@regions depends on ever concerned@
identifier o, f;
position q != revocable.q;
@@
struct vfio_pci_regops o@q = { ..., .mmap = f, ... };

@script:python@
@@
faults.clear()
maps.clear()
hears.clear()

@script:python@
f << regions.f;
@@
maps.add(f)

@table depends on ever regions@
identifier o, f;
@@
(
struct vm_operations_struct o = { ..., .fault = f, ... };
|
struct vm_operations_struct o = { ..., .huge_fault = f, ... };
|
struct vm_operations_struct o = { ..., .huge_fault = vm_ops_huge_fault(f), ... };
)

@script:python@
o << table.o;
f << table.f;
@@
faults.setdefault(o, set()).add(f)

// where a driver learns that its memory goes away, with this core and with the kernel's
@hooked depends on ever regions@
expression v, e;
@@
\(v.pci_ops\|v->pci_ops\) = e

@hook depends on hooked@
identifier o, f;
@@
struct vfio_pci_device_ops o = { ..., .access_revoke = f, ... };

@script:python@
f << hook.f;
@@
hears.add(f)

@errors depends on ever regions@
identifier o, f;
identifier m = {reset_prepare, reset_done, error_detected};
@@
struct pci_error_handlers o = { ..., .m = f, ... };

@script:python@
f << errors.f;
@@
hears.add(f)

@ops depends on ever regions@
identifier o, f;
identifier m = {ioctl, write, device_feature};
@@
struct vfio_device_ops o = { ..., .m = f, ... };

@script:python@
f << ops.f;
@@
hears.add(f)

@bad depends on ever regions@
identifier vma, o;
identifier map = {io_remap_pfn_range, vm_iomap_memory};
position p;
@@
(
vma->vm_ops@p = &o
|
map@p(vma, ...)
)

@initialize:python@
@@
what = "ERROR: [VPS-RST-02] no zap of this driver reaches this mapping"
inserts = {"vmf_insert_pfn", "vmf_insert_pfn_prot", "vmf_insert_pfn_pmd", "vmf_insert_pfn_pud", "vmf_insert_mixed",
    "vmf_insert_mixed_mkwrite", "vfio_pci_vmf_insert_pfn"}
zaps = {"unmap_mapping_range", "unmap_mapping_pages", "vfio_pci_core_zap_range", "vfio_pci_core_zap_region",
    "vfio_pci_zap_bars", "vfio_pci_zap_and_down_write_memory_lock", "zap_vma_ptes", "zap_special_vma_range"}
# Memory of the kernel's own needs no zap: it is there while the device is in reset.
ram = {"virt_to_phys", "virt_to_page", "virt_to_pfn", "page_to_pfn", "page_to_phys", "vmalloc_to_pfn", "__pa"}
faults = {}
maps = set()
hears = set()

def below(functions):
    """These functions and whom they call, and so on."""
    seen, todo = set(), list(functions)
    while todo:
        f = todo.pop()
        if f not in seen:
            seen.add(f)
            todo += callees.get(f, ())
    return seen

def is_device(table):
    """Do faults of this table insert device memory? One that is elsewhere does, if any fault here does."""
    handlers = faults.get(table) or callees
    return any(below([f]) & inserts and not below([f]) & ram for f in handlers)

def is_bad(place, table):
    return place.current_element in below(maps) and not below(hears) & zaps and (not table or is_device(table))

@script:python@
p << bad.p;
o << bad.o = "";
@@
cocci.include_match(is_bad(p[0], o))

@script:python depends on report@
p << bad.p;
@@
coccilib.report.print_report(p[0], what)
