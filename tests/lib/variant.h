/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of variant drivers share. */
#ifndef TESTS_LIB_VARIANT_H
#define TESTS_LIB_VARIANT_H

#include "vfio.h"

/*
 * A device to test a variant driver on: pci_find()'s, or, where there is no device of that kind, an
 * edu of the lab. Any device will do for a driver that is asked for by driver_override.
 */
int variant_find(const struct pci_id *id, unsigned int n, char bdf[BDF_LEN]);

/* Loads the driver if need be, binds the device to it and opens it. Returns 0 or -errno. */
int variant_open(struct vfio_dev *dev, struct vfio_iommu *iommu, const char *bdf,
		 const char *driver);

/* Index of the device-specific region of that type, 0 when there is none. */
unsigned int variant_region(struct vfio_dev *dev, uint32_t type, uint32_t subtype);

/* Number of areas in the sparse-mmap capability of a region, -ENOENT without one. */
int variant_sparse_areas(struct vfio_dev *dev, unsigned int index);

/*
 * Resets the device, together with all that reset with it, which are bound to @driver for that.
 * Returns 0 or -errno: -ENOTTY when it cannot be reset.
 */
int variant_reset(struct vfio_dev *dev, const char *driver);

#endif
