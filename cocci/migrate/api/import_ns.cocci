// SPDX-License-Identifier: GPL-2.0-only
/// The namespace of MODULE_IMPORT_NS() is a string from 6.13 on
//
// Confidence: High
// Options: --no-includes
// Comments: Linux kernel ("module: Convert symbol namespace to string literal") (in v6.13)

virtual patch

@token depends on patch@
declarer name MODULE_IMPORT_NS;
identifier ns;
@@
MODULE_IMPORT_NS(ns);

@script:python literal@
ns << token.ns;
text;
@@
coccinelle.text = cocci.make_expr('"%s"' % ns)

@depends on token@
declarer name MODULE_IMPORT_NS;
identifier token.ns;
expression literal.text;
@@
MODULE_IMPORT_NS(
- ns
+ text
 );
