/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Our driver beside the kernel's own vfio-pci: the same calls on the same device in the same boot,
 * and the answers compared. What may differ, and why, is in tests/differences.txt and nowhere else.
 */
#ifndef TESTS_LIB_DIFF_H
#define TESTS_LIB_DIFF_H

#include "fixture.h"

/* What a driver answered, a line for each call: "CALL: ANSWER". */
struct transcript {
	char **line;
	size_t nlines;
};

/* Appends a line. Both drivers must be asked the same calls in the same order. */
void said(struct transcript *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Returns bytes as hexadecimal digits, in a buffer that the next call overwrites. */
const char *hex(const void *data, size_t len);

typedef void diff_script(struct vfio_dev *dev, struct transcript *t);

FIXTURE(diff)
{
	char bdf[BDF_LEN];
};

FIXTURE_VARIANT(diff)
{
	const struct pci_id *id;
};

FIXTURE_SETUP(diff)
{
	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, "nothing to compare the kernel's driver with: unset VFIO_DRIVER");
	if (pci_find(variant->id, 0, self->bdf))
		SKIP_NO_DEVICE(return, variant->id);
	ASSERT_EQ(0, system("modprobe vfio-pci"));
}

FIXTURE_TEARDOWN(diff)
{
	if (*self->bdf)
		EXPECT_EQ(0, pci_bind(self->bdf, vfio_driver()));
}

/* Runs the script on either driver and compares. @area: the first word of its calls in the list. */
void diff_run(struct __test_metadata *_metadata, const char *bdf, const char *device,
	      const char *area, diff_script *script);

/* The comparison alone, of what a test asked by itself; frees both. */
void diff_compare(struct __test_metadata *_metadata, const char *device, const char *area,
		  struct transcript *theirs, struct transcript *ours);

/*
 * Returns true if the answers to @call may differ on this kernel and device; records that they did.
 */
bool diff_listed(const char *device, const char *area, const char *call);
/* Fails if a difference listed for this kernel, device and area has not occurred. */
void diff_all_seen(struct __test_metadata *_metadata, const char *device, const char *area);

/*
 * A buffer that ends where nothing is mapped: a pointer to its last @there bytes. A system call
 * that wants more faults in the middle.
 */
void *before_hole(size_t there);

#endif
