// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live migration: drivers of this tree do what must be true of any driver, and so does another one
 * with LIVE_DRIVER= and VFIO_SELFTESTS_BDF= in the environment.
 */
#include "live_conformance.h"

/* Registers, no reset; or LIVE_DRIVER. */
FIXTURE_VARIANT_ADD(live, driver) { .driver = "live_migration_vfio_pci", .id = &pci_edu };
/* Two pieces of state that each reset changes; resets take 100 ms. */
FIXTURE_VARIANT_ADD(live, flr) { .driver = "livemem", .id = &pci_nvme, .spare = true };
/* Likewise, reset by a hot reset of its slot. */
FIXTURE_VARIANT_ADD(live, hot) { .driver = "livemem", .id = &pci_edu, .n = 2, .spare = true };

TEST_HARNESS_MAIN
