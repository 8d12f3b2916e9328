/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The locks of live migration: drivers/vfio/pci/vfio_pci_live*.c; docs/adr/0010-live-migration-locks.md has the
 * reasons.
 *
 * Proved over all interleavings: no task waits for ever; no callback of the driver is called for a device that is
 * closed; a session ends with the device that it is of; the state that user space is told is the state that the device is
 * in, or ERROR; the library's state lives as long as anybody uses it.
 *
 * The negative control is the scheme of drivers that hold the lock of their file over the copy to user space, and take
 * it in reset_done: a reader whose buffer is the device's own BAR waits for the reset, which waits for the reader.
 */

#define NOBODY	255

mtype = { RUNNING, STOP, ERROR };

bool ml_writer;			/* memory_lock; access_sem adds nothing here, see gate.pml */
byte ml_readers, ml_waiting;
bool device_lock, live_lock, io;
bool note_lock, note, overtaken;
byte caller = NOBODY;
bool work;			/* queued */
bool working;			/* on a CPU */
bool bound = true;
bool opened = true;
mtype state = RUNNING;		/* what user space is told */
bool runs = true;		/* what the device does */
bool refused;			/* a callback was not called, because of a note */
byte resets;
bool session;			/* live->stream; the session of the device before any reset */
byte copying;			/* readers that use what is staged */
byte refs;			/* live->ref: the device's, the stream's */
byte readers;
byte tasks;

#define acquire(l)	atomic { !l -> l = true }
#define release(l)	l = false

inline down_read()	{ atomic { !ml_writer && ml_waiting == 0 -> ml_readers++ } }
inline up_read()	{ atomic { ml_readers-- } }
inline down_write() {
	atomic { ml_waiting++ };
	atomic { !ml_writer && ml_readers == 0 -> ml_waiting--; ml_writer = true }
}
inline up_write()	{ ml_writer = false }

inline put() {
	assert(refs > 0);
	refs--
}

/* ---- the library ----------------------------------------------------------------------- */

/* covers vfio_pci_live.c: live_settle */
/* covers vfio_pci_live_stream.c: live_stream_end */
inline settle() {
	if
#ifndef NO_SETTLE		/* mutant NO_SETTLE reset_read */
	:: note ->
		acquire(note_lock);
		note = false;
		if
		:: opened ->
#ifndef SESSION_STAYS		/* mutant SESSION_STAYS reset_read */
			session = false;
#endif
			state = (overtaken -> ERROR : RUNNING)
		:: else
		fi;
		overtaken = false;
		release(note_lock)
#endif
	:: else
	fi
}

/* covers vfio_pci_live_priv.h: live_lock live_unlock */
inline lock_live() {
	assert(refs > 0);
	acquire(live_lock);
	settle()
}

inline unlock_live() {
	assert(refs > 0);
	release(live_lock)
}

/* covers vfio_pci_live.c: vfio_pci_live_reset live_leave_note */
inline leave_note() {
	acquire(note_lock);
#ifdef CALLER_FIRST		/* mutant CALLER_FIRST set_state */
	overtaken = (caller != NOBODY);
	note = true;
#else
	note = true;
#ifdef NEVER_OVERTAKEN		/* mutant NEVER_OVERTAKEN set_state */
	overtaken = false;
#else
	overtaken = (caller != NOBODY);
#endif
#endif
	release(note_lock);
#ifdef RESET_TAKES_LOCK		/* mutant RESET_TAKES_LOCK set_state */
	lock_live();
	unlock_live();
#endif
#ifndef NO_WORK			/* mutant NO_WORK reset_read */
	work = true
#else
	skip
#endif
}

/* ---- tasks ----------------------------------------------------------------------------- */

inline hardware_reset() {
	atomic { runs = true; resets++ }
}

/* A reset, with memory_lock held for write as VFIO_DEVICE_RESET holds it. */
proctype reset() {
	acquire(device_lock);
	if
	:: bound ->
		down_write();
#ifdef NOTE_FIRST		/* mutant NOTE_FIRST set_state */
		leave_note();
		up_write();
		down_write();
		hardware_reset();
#else
		hardware_reset();
#ifdef FILE_LOCK_IN_RESET	/* mutant FILE_LOCK_IN_RESET reset_read: the scheme of other drivers */
		acquire(io);
		release(io);
#endif
		leave_note();
#endif
		up_write()
	:: else
	fi;
	release(device_lock);
	tasks--
}

/* covers vfio_pci_live.c: live_work */
proctype worker() {
	do
	:: atomic { work -> work = false; working = true };
		lock_live();
		unlock_live();
		working = false
	:: tasks == 0 && !work -> break
	od;
	/* When all has been said, the state is the device's. */
	assert(!note);
	assert(!opened || state == ERROR || (state == RUNNING) == runs);
	assert(!(refused && state == ERROR))
}

/* The copy to user memory, which may be a BAR of this device. */
inline copy() {
	atomic { copying++; assert(copying == 1) };
	down_read();
	up_read();
	copying--
}

/* The callback reaches registers, and so waits for a reset that goes on. */
inline save() {
	assert(opened);
	down_read();
	/* Data of a device that was reset may still be staged, but its session is over then, and says so. */
	assert(resets == 0 || note);
	up_read()
}

/* covers vfio_pci_live_stream.c: live_stream_lock live_stream_open live_stream_release */
/* covers vfio_pci_live_save.c: live_save_stage live_save_read live_save_fill */
proctype reader(byte times) {
	bool staged;

	do
	:: times > 0 ->
#ifndef NO_IO			/* mutant NO_IO two_readers */
		acquire(io);
#endif
		lock_live();
		staged = session;
		if
#ifdef FILE_UNASKED		/* mutant FILE_UNASKED close */
		:: true -> save()
#else
		:: staged -> save()
		:: else
#endif
		fi;
		unlock_live();
		if
		:: staged -> copy()
		:: else
		fi;
#ifndef NO_IO
		release(io);
#endif
		times--
	:: else -> break
	od;
	/* close() of the data file, after the last of them */
	atomic {
		readers--;
		if
#ifndef NO_REF			/* mutant NO_REF close */
		:: readers == 0 -> put()
#endif
		:: else
		fi
	};
	tasks--
}

/* VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, with a callback that reaches registers. */
/* covers vfio_pci_live_states.c: live_set_state live_step */
/* covers vfio_pci_live.c: live_change_refused */
/* covers vfio_pci_live_priv.h: live_change_begin live_change_end */
proctype set_state() {
	lock_live();
	if
	:: state == RUNNING ->
		caller = _pid;
		if
#ifndef NOTE_UNASKED		/* mutant NOTE_UNASKED set_state */
		:: note ->
			acquire(note_lock);
			caller = NOBODY;
#ifndef REFUSED_IN_ERROR	/* mutant REFUSED_IN_ERROR set_state */
			overtaken = false;
#endif
			release(note_lock);
			refused = true
#endif
		:: else ->
			down_write();
			runs = false;
			up_write();
			caller = NOBODY;
			state = STOP
		fi;
		settle();
		assert(!(refused && state == ERROR))
	:: else
	fi;
	unlock_live();
	tasks--
}

/* The device file is closed, then the driver unbound. covers vfio_pci_live.c: vfio_pci_live_close vfio_pci_live_release */
proctype close_unbind() {
	lock_live();
#ifndef CLOSE_KEEPS_SESSION	/* mutant CLOSE_KEEPS_SESSION close */
	session = false;
#endif
	state = RUNNING;
	opened = false;
	unlock_live();

	acquire(device_lock);
	bound = false;
#ifndef NO_CANCEL		/* mutant NO_CANCEL close */
	work = false;
	!working;
#endif
	put();
	release(device_lock);
	note = false;
	tasks--
}

init {
	atomic {
		session = true;
#ifdef NO_REF
		refs = 1;
#else
		refs = 2;
#endif
		readers = 1;
		SCENARIO
	}
}

/* scenario reset_read	tasks = 2; run reset(); run reader(2); run worker() */
/* scenario two_readers	tasks = 3; readers = 2; run reset(); run reader(1); run reader(1); run worker() */
/* scenario set_state	tasks = 3; run set_state(); run reset(); run reader(1); run worker() */
/* scenario close	tasks = 3; run reader(2); run reset(); run close_unbind(); run worker() */
