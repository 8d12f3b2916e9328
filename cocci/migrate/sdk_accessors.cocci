// SPDX-License-Identifier: GPL-2.0-only
/// Tell device and place of a mapping by the SDK's functions
//
// Confidence: High
// Options: --no-includes -D owner=... -D core=...
// Comments: what vm_private_data and vm_pgoff of a mapping hold is for the core to know. What has none of these
//	shapes stays, and make review names it (VPS-MMAP-12).

virtual patch
virtual device, in_core

// ---- region and offset

@depends on patch@
struct vm_area_struct *v;
@@
(
- v->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT)
+ vfio_pci_core_vma_index(v)
|
- VFIO_PCI_OFFSET_TO_INDEX(v->vm_pgoff << PAGE_SHIFT)
+ vfio_pci_core_vma_index(v)
)

@depends on patch@
struct vm_area_struct *v;
constant one;
@@
(
- (v->vm_pgoff & ((one << (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT)) - 1)) << PAGE_SHIFT
+ vfio_pci_core_vma_offset(v, v->vm_start)
|
- (v->vm_pgoff << PAGE_SHIFT) & VFIO_PCI_OFFSET_MASK
+ vfio_pci_core_vma_offset(v, v->vm_start)
|
- v->vm_pgoff & ((one << (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT)) - 1)
+ vfio_pci_core_vma_offset(v, v->vm_start) >> PAGE_SHIFT
)

// ---- the device

@depends on device && !in_core@
struct vm_area_struct *v;
struct vm_fault *vmf;
struct vfio_pci_core_device *d;
identifier i;
@@
(
  struct vfio_pci_core_device *i =
- v->vm_private_data
+ vfio_pci_core_vma_device(v)
  ;
|
  struct vfio_pci_core_device *i =
- vmf->vma->vm_private_data
+ vfio_pci_core_vma_device(vmf->vma)
  ;
|
  d =
- v->vm_private_data
+ vfio_pci_core_vma_device(v)
  ;
)

@depends on device && in_core@
identifier virtual.owner, virtual.core;
struct vm_area_struct *v;
struct vm_fault *vmf;
struct owner *d;
identifier i;
@@
(
  struct owner *i =
- v->vm_private_data
+ container_of(vfio_pci_core_vma_device(v), struct owner, core)
  ;
|
  struct owner *i =
- vmf->vma->vm_private_data
+ container_of(vfio_pci_core_vma_device(vmf->vma), struct owner, core)
  ;
|
  d =
- v->vm_private_data
+ container_of(vfio_pci_core_vma_device(v), struct owner, core)
  ;
)
