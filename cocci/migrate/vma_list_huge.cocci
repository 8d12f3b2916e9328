// SPDX-License-Identifier: GPL-2.0-only
/// Let a fault insert an entry as large as the page tables have
//
// Confidence: Moderate: relies on the names tools/migrate/migrate has found by shape
// Options: --no-includes -D handler=... -D huge=... -D insert=...
// Comments: from 6.12 on. The insert helper decides whether an entry of that order can stand there.

virtual patch

@depends on patch@
identifier virtual.handler, virtual.insert, virtual.pfn, vmf;
expression v;
@@
handler(struct vm_fault *vmf)
{
  <...
- vmf_insert_pfn(v, vmf->address, pfn(vmf))
+ insert(vmf, pfn(vmf), order)
  ...>
}

@depends on patch@
identifier virtual.handler, virtual.huge, vmf;
type R;
@@
- R handler(struct vm_fault *vmf)
+ R huge(struct vm_fault *vmf, unsigned int order)
{ ... }

@depends on patch@
identifier virtual.handler, virtual.huge, o;
@@
  struct vm_operations_struct o = {
    ...,
    .fault = handler,
+   .huge_fault = huge,
    ...
  };
