// SPDX-License-Identifier: GPL-2.0-only
/// Where others need the lock of the list for something else, faults and zaps do without it
//
// Confidence: Moderate: relies on the names tools/migrate/migrate has found by shape
// Options: --no-includes -D lock=... -D within=...
// Comments: a fault took it before the lock that gates faults, a zap now comes after that one.

virtual patch

@depends on patch@
identifier virtual.within, virtual.lock;
identifier call = {mutex_lock, mutex_lock_nested, mutex_unlock, down_read, up_read, down_write, up_write,
		   spin_lock, spin_unlock, spin_lock_irq, spin_unlock_irq, spin_lock_irqsave,
		   spin_unlock_irqrestore, spin_lock_bh, spin_unlock_bh, lockdep_assert_held};
expression E;
@@
within(...)
{
  <...
- call(\(&E->lock\|&E.lock\), ...);
  ...>
}

@depends on patch@
identifier virtual.within, virtual.lock;
identifier try = {mutex_trylock, down_read_trylock, down_write_trylock, spin_trylock};
expression E;
statement S;
@@
within(...)
{
  <...
- if (!try(\(&E->lock\|&E.lock\))) S
  ...>
}
