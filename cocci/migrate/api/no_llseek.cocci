// SPDX-License-Identifier: GPL-2.0-only
/// Files that cannot seek say nothing: no_llseek is gone in 6.12, and was NULL since 6.0
//
// Confidence: High
// Options: --no-includes
// Comments: Linux kernel commit cb787f4ac0c2 ("[tree-wide] finally take no_llseek out") (in v6.12)

virtual patch

@depends on patch@
identifier fops;
@@
  struct file_operations fops = {
    ...,
-   .llseek = no_llseek,
    ...
  };
