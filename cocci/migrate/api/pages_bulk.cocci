// SPDX-License-Identifier: GPL-2.0-only
/// alloc_pages_bulk() fills an array from 6.14 on; the one for lists is gone
//
// Confidence: High
// Options: --no-includes
// Comments: Linux kernel ("mm: alloc_pages_bulk: rename API") (in v6.14)

virtual patch

@depends on patch@
@@
(
- alloc_pages_bulk_array
+ alloc_pages_bulk
|
- alloc_pages_bulk_array_node
+ alloc_pages_bulk_node
|
- alloc_pages_bulk_array_mempolicy
+ alloc_pages_bulk_mempolicy
)
  (...)
