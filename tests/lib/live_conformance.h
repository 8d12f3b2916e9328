/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Live migration: what must be true of any driver that offers it.  A test program includes this and
 * names its driver and device:
 *
 *	FIXTURE_VARIANT_ADD(live, acme) { .driver = "acme_vfio_pci", .id = &acme_id };
 */
#ifndef TESTS_LIB_LIVE_CONFORMANCE_H
#define TESTS_LIB_LIVE_CONFORMANCE_H

#include "live_fixture.h"

TEST_F_TIMEOUT(live, arcs_8x8_match_uapi, 120)
{
	for (uint32_t from = 0; from < LIVE_STATES; from++) {
		for (uint32_t to = 0; offered(self, from) && to < LIVE_STATES + 2; to++) {
			bool allowed = live_allowed(self->flags, from, to);
			bool stays = from == to && from != ERROR;
			int fd, file, err;

			ASSERT_EQ(0, enter(self, from, &fd)) TH_LOG("%s", live_name(from));
			ASSERT_EQ((int)from, live_get(&self->dev)) TH_LOG("%s", live_name(from));
			err = live_set(&self->dev, to, &file);
			EXPECT_EQ(allowed || stays ? 0 : -EINVAL, err)
			TH_LOG("%s -> %s", live_name(from), live_name(to));
			EXPECT_EQ(allowed && live_gives_file(from, to), file >= 0)
			TH_LOG("%s -> %s", live_name(from), live_name(to));
			EXPECT_EQ((int)(err ? from : to), live_get(&self->dev))
			TH_LOG("%s -> %s", live_name(from), live_name(to));
			close_file(file);
			close_file(fd);
			ASSERT_EQ(0, reopen(self));
			ASSERT_EQ(RUNNING, live_get(&self->dev));
		}
	}
}

#include "live_streams.h"
#include "live_ends.h"
#include "live_races.h"

#endif
