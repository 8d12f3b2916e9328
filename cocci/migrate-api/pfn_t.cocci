// SPDX-License-Identifier: GPL-2.0-only
/// Huge entries are inserted by their plain pfn from 6.17 on
//
// Confidence: High
// Options: --no-includes
// Comments: Linux kernel ("mm: remove the pfn_t type") removed the header, too

virtual patch

@depends on patch@
expression vmf, pfn, flags, write;
@@
(
  vmf_insert_pfn_pmd(vmf,
- __pfn_to_pfn_t(pfn, flags)
+ pfn
  , write)
|
  vmf_insert_pfn_pud(vmf,
- __pfn_to_pfn_t(pfn, flags)
+ pfn
  , write)
)

@depends on patch@
@@
- #include <linux/pfn_t.h>
