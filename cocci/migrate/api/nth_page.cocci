// SPDX-License-Identifier: GPL-2.0-only
/// Pages of one allocation or scatterlist entry are next to each other: nth_page() is gone in 6.18
//
// Confidence: Moderate
// Options: --no-includes
// Comments: right on older kernels as well where memory is SPARSEMEM_VMEMMAP, as it is on x86 and arm64.

virtual patch

// Coccinelle puts brackets where + needs them, but not in front of an arrow.
@arrow@
expression page, n;
identifier m;
position p;
@@
  nth_page@p(page, n)->m

@depends on patch@
expression page, n;
position arrow.p;
@@
- nth_page@p(page, n)
+ (page + n)

@depends on patch@
expression page, n;
@@
- nth_page(page, n)
+ page + n
