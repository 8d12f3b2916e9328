// SPDX-License-Identifier: GPL-2.0-only
/// Give the list of VMAs and its lock names of their own, for the scripts that remove them
//
// Confidence: High
// Options: --no-includes -D owner=... -D head=... -D lock=... [-D outer=...]
// Comments: only ever seen by tools/migrate/migrate: a list called "list", or one inside a struct member,
//	cannot be told from others by name.

virtual patch
virtual nested, named

@depends on patch && nested@
identifier virtual.owner, virtual.outer, virtual.head, virtual.flathead;
struct owner *E;
@@
- E->outer.head
+ E->flathead

@depends on patch && nested@
identifier virtual.owner, virtual.outer, virtual.lock, virtual.flatlock;
struct owner *E;
@@
- E->outer.lock
+ E->flatlock

@depends on patch && !nested && !named@
identifier virtual.owner, virtual.head, virtual.flathead;
struct owner *E;
@@
- E->head
+ E->flathead

@depends on patch && !nested && !named@
identifier virtual.owner, virtual.lock, virtual.flatlock;
struct owner *E;
@@
- E->lock
+ E->flatlock

@depends on patch && nested@
identifier virtual.owner, virtual.outer, virtual.head, virtual.flathead;
type H;
@@
  struct owner {
    ...
    struct {
      ...
-     H head;
      ...
    } outer;
+   H flathead;
    ...
  };

@depends on patch && nested@
identifier virtual.owner, virtual.outer, virtual.lock, virtual.flatlock;
type L;
@@
  struct owner {
    ...
    struct {
      ...
-     L lock;
      ...
    } outer;
+   L flatlock;
    ...
  };

@depends on patch && nested@
identifier virtual.owner, virtual.outer;
@@
  struct owner {
    ...
-   struct { } outer;
    ...
  };

@depends on patch && !nested && !named@
identifier virtual.owner, virtual.head, virtual.flathead;
type H;
@@
  struct owner {
    ...
-   H head;
+   H flathead;
    ...
  };

@depends on patch && !nested && !named@
identifier virtual.owner, virtual.lock, virtual.flatlock;
type L;
@@
  struct owner {
    ...
-   L lock;
+   L flatlock;
    ...
  };

// ---- in a struct with a name of its own: the struct stays as long as it holds anything else

@depends on patch && named@
identifier virtual.owner, virtual.outer, virtual.head, virtual.flathead;
struct owner *E;
@@
  E->outer.
- head
+ flathead

@depends on patch && named@
identifier virtual.owner, virtual.outer, virtual.lock, virtual.flatlock;
struct owner *E;
@@
  E->outer.
- lock
+ flatlock

@depends on patch && named@
identifier virtual.holder, virtual.head, virtual.flathead;
type H;
@@
  struct holder {
    ...
-   H head;
+   H flathead;
    ...
  };

@depends on patch && named@
identifier virtual.holder, virtual.lock, virtual.flatlock;
type L;
@@
  struct holder {
    ...
-   L lock;
+   L flatlock;
    ...
  };
