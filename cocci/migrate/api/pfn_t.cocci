// SPDX-License-Identifier: GPL-2.0-only
/// Huge entries are inserted by their plain pfn from 6.17 on
//
// Confidence: High
// Options: --no-includes
// Comments: Linux kernel ("mm: remove the pfn_t type") removed the header as well

virtual patch

@depends on patch@
identifier insert = {vmf_insert_pfn_pmd, vmf_insert_pfn_pud};
expression vmf, pfn, phys, flags, write;
@@
  insert(vmf,
(
- __pfn_to_pfn_t(pfn, flags)
+ pfn
|
- pfn_to_pfn_t(pfn)
+ pfn
|
- phys_to_pfn_t(phys, flags)
+ PHYS_PFN(phys)
)
  , write)

@depends on patch@
@@
- #include <linux/pfn_t.h>
