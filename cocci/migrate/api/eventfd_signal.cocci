// SPDX-License-Identifier: GPL-2.0-only
/// eventfd_signal() adds one, and takes no other number, from 6.8 on
//
// Confidence: High
// Options: --no-includes
// Comments: Linux kernel ("eventfd: simplify eventfd_signal()") (in v6.8)

virtual patch

@depends on patch@
expression ctx;
@@
  eventfd_signal(ctx
- , 1
  )
