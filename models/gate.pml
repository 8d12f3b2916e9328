/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The gate: who may touch device memory, and who may take it away.  The scheme of
 * drivers/vfio/pci/vfio_pci_access.c; docs/adr/0005-reset-lock.md has the reasons.
 *
 * Proved, for each line "scenario" below, over all interleavings:
 *  - no task waits for ever: each does its work a bounded number of times, so that a task that
 *    cannot end is an invalid end state;
 *  - no entry in a page table, no accessor and no mapped dma-buf while the device is being reset,
 *    does not decode or sleeps.
 *
 * "covers" names the functions that a piece stands for; models/prove fails when one of them changed
 * since the model was last compared with it.  "mutant" names a fault that must be found, and the
 * scenario that finds it.
 *
 * Locks are the kernel's: memory_lock and pci_bus_sem are fair, a waiting writer keeps later readers
 * out; access_sem lets no reader in from the moment that a writer asks for it.
 *
 * Left out: the PCI core takes pci_bus_sem under device_lock when it resets a bus, or a device that
 * is not in D0.  With error recovery and a writer that closes a circle without any driver's help.
 */

#define NOBODY	255
#define DEVICES	2

typedef device {
	byte ml_readers;	/* memory_lock */
	byte ml_waiting;
	bool ml_writer;
	byte as_readers;	/* access_sem */
	bool as_writer;
	bool lock;		/* device_lock */
	bool blocked;		/* config space, from pci_cfg_access_lock() */
	bool config_lock;
	bool external;		/* external_reset */
	byte owner;		/* access_owner */
	bool off;		/* COMMAND.MEM is clear */
	bool asleep;		/* low power */
	bool d3;		/* D3hot */
	bool down;		/* in the middle of a reset */
	bool entry;		/* a page table entry */
	byte inside;		/* accessors */
	bool resv;		/* dma_resv of an exported buffer */
	bool revoked;
	bool imported;		/* an importer has the buffer's addresses */
};

device dev[DEVICES];
bool dev_set;			/* vfio_device_set->lock */
byte bus_readers;		/* pci_bus_sem */
byte bus_waiting;
bool bus_writer;
bool job, done;			/* a worker's */

/* ---- the kernel's locks ---------------------------------------------------------------- */

#define acquire(l)	atomic { !l -> l = true }
#define release(l)	l = false

inline down_read(d) {
	atomic { !dev[d].ml_writer && dev[d].ml_waiting == 0 -> dev[d].ml_readers++ }
}

inline up_read(d)	{ atomic { dev[d].ml_readers-- } }

inline down_write(d) {
	atomic { dev[d].ml_waiting++ };
	atomic { !dev[d].ml_writer && dev[d].ml_readers == 0 ->
		 dev[d].ml_waiting--; dev[d].ml_writer = true }
}

inline up_write(d)	{ dev[d].ml_writer = false }

inline bus_down_read()	{ atomic { !bus_writer && bus_waiting == 0 -> bus_readers++ } }
inline bus_up_read()	{ atomic { bus_readers-- } }

/* ---- the gate, for accessors ----------------------------------------------------------- */

#define ACCESSIBLE(d)	(!dev[d].off && !dev[d].asleep && !dev[d].d3)

/* covers vfio_pci_access.h: vfio_pci_access_read_lock vfio_pci_access_read_unlock */
/* covers vfio_pci_access.c: vfio_pci_access_read_lock_slow */
inline read_lock(d) {
	down_read(d);
	do
	:: atomic { !dev[d].as_writer -> dev[d].as_readers++ }; break
	:: dev[d].as_writer ->
#ifdef NO_ACCESS_SEM		/* mutant NO_ACCESS_SEM ioctl_sysfs */
		atomic { dev[d].as_readers++ }; break
#else
		up_read(d);
		!dev[d].external;
		down_read(d)
#endif
	od
}

inline read_unlock(d) {
	atomic { dev[d].as_readers-- };
	up_read(d)
}

/* ---- the gate, for who takes access away ----------------------------------------------- */

/* covers vfio_pci_dmabuf.c: vfio_pci_dma_buf_move */
inline move(d, revoke) {
	acquire(dev[d].resv);
	dev[d].revoked = revoke;
	if
	:: revoke -> dev[d].imported = false
	:: else
	fi;
	release(dev[d].resv)
}

/* covers vfio_pci_access.c: vfio_pci_access_revoke_locked */
inline revoke_locked(d) {
#ifndef NO_ZAP			/* mutant NO_ZAP ioctl_sysfs */
	dev[d].entry = false;
#endif
#ifndef NO_MOVE			/* mutant NO_MOVE dma_buf */
	move(d, true)
#else
	skip
#endif
}

/* covers vfio_pci_access.c: access_restore_locked */
inline restore_locked(d) {
	if
#ifdef GIVE_BACK_ALWAYS		/* mutant GIVE_BACK_ALWAYS dma_buf */
	:: true -> move(d, false)
#else
	:: ACCESSIBLE(d) -> move(d, false)
	:: else
#endif
	fi
}

/* covers vfio_pci_access.c: vfio_pci_core_access_lock */
inline access_lock(d) {
	do
	:: down_write(d);
		if
		:: atomic { !dev[d].as_writer -> dev[d].as_readers++ }; break
		:: dev[d].as_writer ->
			up_write(d);
			!dev[d].external
		fi
	od;
#ifndef NO_OWNER		/* mutant NO_OWNER ioctl_sysfs */
	dev[d].owner = _pid
#endif
}

/* covers vfio_pci_access.c: vfio_pci_core_access_unlock */
inline access_unlock(d) {
#ifndef NO_OWNER
	assert(dev[d].owner == _pid);
#endif
	dev[d].owner = NOBODY;
	atomic { dev[d].as_readers-- };
	up_write(d)
}

/* covers vfio_pci_access.c: vfio_pci_core_access_revoke vfio_pci_core_access_restore */
inline access_revoke(d) {
#ifdef ZAP_BEFORE_LOCK		/* mutant ZAP_BEFORE_LOCK driver */
	revoke_locked(d);
	access_lock(d)
#else
	access_lock(d);
	revoke_locked(d)
#endif
}

inline access_restore(d) {
	restore_locked(d);
	access_unlock(d)
}

/* covers vfio_pci_access.c: vfio_pci_access_trylock */
inline trylock(d, got) {
	got = false;
	if
	:: atomic { !dev[d].ml_writer && dev[d].ml_readers == 0 -> dev[d].ml_writer = true };
		if
		:: atomic { !dev[d].as_writer -> dev[d].as_readers++ };
			dev[d].owner = _pid;
			got = true
		:: dev[d].as_writer -> up_write(d)
		fi
	:: dev[d].ml_writer || dev[d].ml_readers > 0
	fi
}

/* covers vfio_pci_access.c: vfio_pci_access_trylock_revoke */
inline tryrevoke(d, got) {
#ifdef WAIT_FOR_SECOND		/* mutant WAIT_FOR_SECOND hot_cross */
	access_revoke(d);
	got = true
#else
	trylock(d, got);
	if
	:: got -> revoke_locked(d)
	:: else
	fi
#endif
}

/* covers vfio_pci_power.c: vfio_pci_power_lock_in_d0 power_up_visit */
inline lock_in_d0(d, got) {
	got = false;
	do
	:: access_lock(d);
		if
		:: !dev[d].d3 -> break
#ifdef WAKE_LOCKED		/* mutant WAKE_LOCKED wake_user */
		:: else -> bus_down_read(); dev[d].d3 = false; bus_up_read(); break
#else
		:: else -> access_unlock(d)
#endif
		fi;
		bus_down_read();
#ifdef WAIT_BELOW_BUS		/* mutant WAIT_BELOW_BUS wake_bus_reset */
		access_lock(d);
		got = true;
#else
		trylock(d, got);
#endif
		if
		:: got -> dev[d].d3 = false
		:: else
		fi;
		bus_up_read();
		if
		:: got -> break
		:: else
		fi
	od
}

/* ---- what the PCI core calls ----------------------------------------------------------- */

/* covers vfio_pci_reset.c: vfio_pci_core_reset_prepare */
/* covers vfio_pci_access.c: vfio_pci_access_lock_for_reset */
inline reset_prepare(d) {
	assert(dev[d].lock);
	if
	:: dev[d].owner == _pid
	:: else ->
#ifdef MEMORY_LOCK_ONLY		/* mutant MEMORY_LOCK_ONLY driver: the scheme before access_sem */
		down_write(d);
#else
		dev[d].external = true;
		atomic { !dev[d].as_writer -> dev[d].as_writer = true };
#ifndef NO_DRAIN		/* mutant NO_DRAIN ioctl_sysfs */
		dev[d].as_readers == 0;
#endif
#endif
		dev[d].owner = _pid;
		revoke_locked(d);
		dev[d].d3 = false
	fi
}

/* covers vfio_pci_reset.c: vfio_pci_core_reset_done */
/* covers vfio_pci_access.c: vfio_pci_access_unlock_after_reset */
inline reset_done(d) {
#ifdef MEMORY_LOCK_ONLY
	if
	:: true -> restore_locked(d); dev[d].owner = NOBODY; up_write(d)
	fi
#else
	if
	:: !dev[d].external
#ifdef END_NESTED		/* mutant END_NESTED ioctl_sysfs */
	:: true ->
#else
	:: else ->
#endif
		restore_locked(d);
		dev[d].owner = NOBODY;
		dev[d].as_writer = false;
#ifndef NO_WAKE			/* mutant NO_WAKE ioctl_sysfs */
		dev[d].external = false
#endif
	fi
#endif
}

#define QUIET(d)	(!dev[d].entry && dev[d].inside == 0 && !dev[d].imported)

inline hardware_reset(d) {
	dev[d].down = true;
	assert(QUIET(d));
	/* Takes its time. */
	skip;
	assert(QUIET(d));
	dev[d].down = false
}

/* __pci_reset_function_locked(), with device_lock and config space blocked. */
inline reset_locked(d) {
	dev[d].blocked = true;
	reset_prepare(d);
	hardware_reset(d);
	reset_done(d);
	dev[d].blocked = false
}

/* pci_try_reset_function() */
inline try_reset(d) {
	if
	:: atomic { !dev[d].lock -> dev[d].lock = true };
		reset_locked(d);
		release(dev[d].lock)
	:: dev[d].lock
	fi
}

/* ---- tasks ----------------------------------------------------------------------------- */

/* covers vfio_pci_mmap.c: vfio_pci_vmf_insert_pfn */
proctype fault(byte d; byte times) {
	do
	:: times > 0 ->
		read_lock(d);
		if
#ifdef INSERT_UNASKED		/* mutant INSERT_UNASKED driver */
		:: true ->
#else
		:: ACCESSIBLE(d) ->
#endif
			assert(!dev[d].down);
			dev[d].entry = true
		:: else
		fi;
		read_unlock(d);
		times--
	:: else -> break
	od
}

/* covers vfio_pci_access.c: vfio_pci_core_access_begin vfio_pci_core_access_end */
proctype accessor(byte d; byte times) {
	do
	:: times > 0 ->
		read_lock(d);
		if
		:: ACCESSIBLE(d) ->
			atomic { dev[d].inside++ };
			assert(!dev[d].down && ACCESSIBLE(d));
			atomic { dev[d].inside-- }
		:: else
		fi;
		read_unlock(d);
		times--
	:: else -> break
	od
}

/* An importer of a dma-buf asks for its addresses, and again after a revoke. */
proctype importer(byte d; byte times) {
	do
	:: times > 0 ->
		acquire(dev[d].resv);
		if
		:: !dev[d].revoked -> assert(!dev[d].down); dev[d].imported = true
		:: else
		fi;
		release(dev[d].resv);
		times--
	:: else -> break
	od
}

/* VFIO_DEVICE_RESET. covers vfio_pci_reset.c: vfio_pci_core_reset_function */
proctype ioctl_reset(byte d) {
	bool got;

	lock_in_d0(d, got);
	revoke_locked(d);
#ifdef WAIT_FOR_DEVICE		/* mutant WAIT_FOR_DEVICE ioctl_sysfs */
	acquire(dev[d].lock);
	reset_locked(d);
	release(dev[d].lock);
#else
	try_reset(d);
#endif
	access_restore(d)
}

/* echo 1 >reset */
proctype sysfs_reset(byte d) {
	acquire(dev[d].lock);
	reset_locked(d);
	release(dev[d].lock)
}

/* A driver written for upstream: memory_lock, zap, reset. */
proctype driver_reset(byte d) {
	down_write(d);
	dev[d].entry = false;
	try_reset(d);
	up_write(d)
}

/* Likewise, with a worker that resets, and waits for device_lock. */
proctype driver_waits(byte d) {
	down_write(d);
	job = true;
	done;
	up_write(d)
}

proctype worker(byte d) {
	job;
	acquire(dev[d].lock);
	reset_locked(d);
	release(dev[d].lock);
	done = true
}

/* COMMAND.MEM off, then on again. */
proctype command(byte d) {
	access_revoke(d);
	dev[d].off = true;
	assert(QUIET(d));
	access_restore(d);
	access_lock(d);
	assert(QUIET(d));
	dev[d].off = false;
	access_restore(d)
}

/* Low power entry, suspend, wakeup. covers vfio_pci_power.c: power_enter_low power_leave_low power_runtime_suspend */
proctype low_power(byte d) {
#ifdef SLEEP_UNREVOKED		/* mutant SLEEP_UNREVOKED sleep */
	access_lock(d);
#else
	access_revoke(d);
#endif
	dev[d].asleep = true;
	assert(QUIET(d));
	access_restore(d);
	access_lock(d);
	assert(QUIET(d));
	access_restore(d);
	access_lock(d);
	dev[d].asleep = false;
	access_restore(d)
}

/* Into D3hot, and out of it. covers vfio_pci_power.c: vfio_pci_user_power_state */
proctype power_write(byte d) {
	bool got;

	access_revoke(d);
	dev[d].d3 = true;
	assert(QUIET(d));
	access_restore(d);
	lock_in_d0(d, got);
	access_restore(d)
}

/* Error recovery: locks each device of the bus, below pci_bus_sem. */
proctype recovery() {
	bus_down_read();
	acquire(dev[0].lock);
	release(dev[0].lock);
	acquire(dev[1].lock);
	release(dev[1].lock);
	bus_up_read()
}

/* VFs are created, or a device is plugged in. */
proctype new_bus() {
	atomic { bus_waiting++ };
	atomic { !bus_writer && bus_readers == 0 -> bus_waiting--; bus_writer = true };
	bus_writer = false
}

/* Any other write to config space: waits while the PCI core has it blocked. */
proctype config_write(byte d) {
	acquire(dev[d].config_lock);
#ifdef CONFIG_UNDER_ACCESS	/* mutant CONFIG_UNDER_ACCESS config */
	access_lock(d);
	!dev[d].blocked;
	access_unlock(d);
#else
	!dev[d].blocked;
#endif
	release(dev[d].config_lock)
}

/* covers vfio_pci_reset.c: vfio_pci_reset_at_open */
proctype open_close(byte d) {
	bool got;

	acquire(dev_set);
	lock_in_d0(d, got);
	try_reset(d);
	access_unlock(d);
	release(dev_set)
}

#define BOTH_TRYLOCKED	atomic { !dev[0].lock && !dev[1].lock -> dev[0].lock = true; dev[1].lock = true }

inline bus_reset_locked() {
	dev[0].blocked = true; dev[1].blocked = true;
	reset_prepare(0);
	reset_prepare(1);
	hardware_reset(0);
	hardware_reset(1);
	reset_done(0);
	reset_done(1);
	dev[0].blocked = false; dev[1].blocked = false
}

/* covers vfio_pci_hot_reset.c: hot_reset_wake */
inline hot_reset_wake(d) {
	if
	:: dev[d].d3 -> lock_in_d0(d, got); access_unlock(d)
	:: else
	fi
}

/* VFIO_DEVICE_PCI_HOT_RESET of a set of two. covers vfio_pci_hot_reset.c: hot_reset_set */
proctype hot_reset(byte first) {
	bool got;
	byte second = 1 - first;

	acquire(dev_set);
#ifndef HOT_WAKE_LATE
	hot_reset_wake(first);
	hot_reset_wake(second);
#endif
	tryrevoke(first, got);
	if
	:: got ->
#ifdef HOT_WAKE_LATE		/* mutant HOT_WAKE_LATE hot_wake */
		hot_reset_wake(second);
#endif
		tryrevoke(second, got);
		if
		:: got ->
			if
			:: dev[0].d3 || dev[1].d3
			:: else ->
				if
				:: BOTH_TRYLOCKED;
					bus_reset_locked();
					dev[0].lock = false; dev[1].lock = false
				:: dev[0].lock || dev[1].lock
				fi
			fi;
			access_restore(second)
		:: else
		fi;
		access_restore(first)
	:: else
	fi;
	release(dev_set)
}

/* A driver that resets a bus, for which the PCI core takes pci_bus_sem. */
proctype driver_resets_bus_of(byte d) {
	down_write(d);
	dev[d].entry = false;
	if
	:: atomic { !dev[d].lock -> dev[d].lock = true };
		bus_down_read();
		reset_locked(d);
		bus_up_read();
		release(dev[d].lock)
	:: dev[d].lock
	fi;
	up_write(d)
}

/* The bridge's sysfs attribute, which waits for the devices' locks. */
proctype bus_reset() {
	acquire(dev[0].lock);
	acquire(dev[1].lock);
	bus_reset_locked();
	dev[0].lock = false; dev[1].lock = false
}

/* A driver of device d that holds its memory_lock and resets the bus. */
proctype driver_bus_reset(byte d) {
	down_write(d);
	dev[d].entry = false;
	if
	:: BOTH_TRYLOCKED;
		bus_reset_locked();
		dev[0].lock = false; dev[1].lock = false
	:: dev[0].lock || dev[1].lock
	fi;
	up_write(d)
}

init {
	atomic {
		dev[0].owner = NOBODY;
		dev[1].owner = NOBODY;
		SCENARIO
	}
}

/* scenario ioctl_sysfs	run fault(0, 2); run accessor(0, 1); run ioctl_reset(0); run sysfs_reset(0) */
/* scenario driver	run fault(0, 1); run accessor(0, 1); run driver_reset(0); run sysfs_reset(0); run command(0) */
/* scenario worker	run fault(0, 2); run driver_waits(0); run worker(0); run sysfs_reset(0) */
/* scenario worker_busy	run accessor(0, 1); run driver_waits(0); run worker(0); run command(0) */
/* scenario sleep	run fault(0, 1); run low_power(0); run ioctl_reset(0); run sysfs_reset(0) */
/* scenario config	run config_write(0); run config_write(0); run sysfs_reset(0); run ioctl_reset(0); run command(0) */
/* scenario open	run open_close(0); run sysfs_reset(0); run config_write(0); run driver_reset(0) */
/* scenario dma_buf	run importer(0, 2); run command(0); run sysfs_reset(0); run ioctl_reset(0) */
/* scenario hot		run fault(0, 1); run fault(1, 1); run hot_reset(0); run bus_reset() */
/* scenario hot_ioctl	run hot_reset(0); run ioctl_reset(1); run sysfs_reset(0); run fault(1, 1) */
/* scenario hot_cross	run hot_reset(0); run driver_bus_reset(1); run ioctl_reset(0); run sysfs_reset(1) */
/* scenario hot_driver	run driver_bus_reset(0); run driver_bus_reset(1); run accessor(0, 1); run bus_reset() */
/* scenario wake_user	run power_write(0); run sysfs_reset(0); run recovery(); run new_bus(); run fault(0, 1) */
/* scenario wake_two	run power_write(0); run power_write(0); run sysfs_reset(0); run recovery(); run new_bus() */
/* scenario wake_ioctl	dev[0].d3 = true; run ioctl_reset(0); run open_close(0); run sysfs_reset(0); run recovery(); run new_bus() */
/* scenario wake_bus_reset	run power_write(0); run driver_resets_bus_of(0); run new_bus(); run fault(0, 1) */
/* scenario hot_wake	dev[1].d3 = true; run hot_reset(0); run sysfs_reset(0); run recovery(); run new_bus() */
