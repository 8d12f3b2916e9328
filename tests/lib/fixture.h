/* SPDX-License-Identifier: GPL-2.0-only */
/* What most test programs start with: one device of the lab, bound to the driver under test. */
#ifndef TESTS_LIB_FIXTURE_H
#define TESTS_LIB_FIXTURE_H

#include <sys/mman.h>

#include "edu.h"
#include "harness.h"
#include "vfio.h"

#define SKIP_NO_DEVICE(statement, id) \
	SKIP(statement, "no %s here: use a QEMU that has it, or VFIO_SELFTESTS_BDF", (id)->name)

/* Opens device number @n of that kind; skips the test when there is none. */
#define OPEN_OR_SKIP(dev, iommu, id, n)                     \
	do {                                                \
		char __bdf[BDF_LEN];                        \
                                                            \
		if (pci_find(id, n, __bdf))                 \
			SKIP_NO_DEVICE(return, id);         \
		ASSERT_EQ(0, vfio_open(dev, iommu, __bdf)); \
	} while (0)

/* TEST_F(device, ...) runs once for each FIXTURE_VARIANT_ADD(device, ...) of the program. */
FIXTURE(device)
{
	struct vfio_dev dev;
};

FIXTURE_VARIANT(device)
{
	const struct pci_id *id;
};

FIXTURE_SETUP(device)
{
	OPEN_OR_SKIP(&self->dev, NULL, variant->id, 0);
}

FIXTURE_TEARDOWN(device)
{
	vfio_close(&self->dev);
}

/* Fixture edu: QEMU's edu with its registers mapped. */
FIXTURE(edu)
{
	struct vfio_dev dev;
	void *bar;
};

FIXTURE_SETUP(edu)
{
	OPEN_OR_SKIP(&self->dev, NULL, &pci_edu, 0);
	self->bar = vfio_mmap(&self->dev, 0, 0, EDU_BAR_SIZE, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, self->bar);
}

FIXTURE_TEARDOWN(edu)
{
	vfio_close(&self->dev);
}

#endif
