// SPDX-License-Identifier: GPL-2.0-only
/// .huge_fault gets an order instead of a page_entry_size from 6.6 on
//
// Confidence: High
// Options: --no-includes
// Comments: Linux kernel ("mm: remove enum page_entry_size") (in v6.6)

virtual patch

@handler depends on patch@
identifier fn, vmf, size;
@@
  fn(struct vm_fault *vmf,
- enum page_entry_size size
+ unsigned int order
  )
  {
  <...
- size
+ order
  ...>
  }

@depends on handler@
@@
- PE_SIZE_PTE
+ 0

@depends on handler@
@@
- PE_SIZE_PMD
+ (PMD_ORDER)

@depends on handler@
@@
- PE_SIZE_PUD
+ (PUD_ORDER)

// A case label comes out as the kernel wants it only by way of brackets.
@depends on handler@
@@
(
- (PMD_ORDER)
+ PMD_ORDER
|
- (PUD_ORDER)
+ PUD_ORDER
)
