// SPDX-License-Identifier: GPL-2.0-only
/*
 * Config space as our driver shows it and as the kernel's own vfio-pci does, in the same boot: each
 * byte must be the same, as it is found and after writes of each width (3 gives all misalignments,
 * and a last write that is too long).
 */
#include "diff.h"

#define CONFIG_SIZE  4096
#define NUM_PATTERNS 4
#define MAX_STEPS    (NUM_PATTERNS * 3 * CONFIG_SIZE)

static const uint32_t patterns[NUM_PATTERNS] = {0xffffffff, 0, 0x55555555, 0xaaaaaaaa};

/* What a driver answered: all of config space at first, then what each write left behind. */
struct record {
	size_t size;
	uint8_t first[CONFIG_SIZE], last[CONFIG_SIZE];
	unsigned int exp; /* position of the PCI Express capability */
	unsigned int nsteps;
	struct step {
		uint32_t pattern, seen;
		uint16_t pos;
		uint8_t width;
		int8_t read, written;
	} step[MAX_STEPS];
};

FIXTURE_VARIANT_ADD(diff, edu){.id = &pci_edu};
FIXTURE_VARIANT_ADD(diff, ivshmem){.id = &pci_ivshmem};
FIXTURE_VARIANT_ADD(diff, testdev){.id = &pci_testdev};
FIXTURE_VARIANT_ADD(diff, nvme){.id = &pci_nvme};
FIXTURE_VARIANT_ADD(diff, e1000e){.id = &pci_e1000e};
FIXTURE_VARIANT_ADD(diff, igb){.id = &pci_igb};

#define CONFIG_OFFSET VFIO_REGION_OFFSET(VFIO_PCI_CONFIG_REGION_INDEX)

static long config_read(struct vfio_dev *dev, unsigned int pos, void *buf, size_t len)
{
	return sys(pread(dev->fd, buf, len, CONFIG_OFFSET + pos));
}

static long config_write(struct vfio_dev *dev, unsigned int pos, const void *buf, size_t len)
{
	return sys(pwrite(dev->fd, buf, len, CONFIG_OFFSET + pos));
}

/* Each register gets its old value back, or a sleeping or reset device would answer for others. */
static void write_everywhere(struct vfio_dev *dev, uint32_t pattern, unsigned int width,
			     struct record *t)
{
	for (unsigned int pos = 0; pos < t->size; pos += width) {
		struct step *step = &t->step[t->nsteps++];
		uint32_t old = 0;

		*step = (struct step){.pos = pos, .pattern = pattern, .width = width};
		config_read(dev, pos, &old, width);
		step->written = config_write(dev, pos, &pattern, width);
		step->read = config_read(dev, pos, &step->seen, width);
		config_write(dev, pos, &old, width);
	}
}

static int transcribe(const char *bdf, const char *driver, struct record *t)
{
	struct vfio_region_info info;
	struct vfio_dev dev;
	int err;

	err = pci_bind(bdf, driver);
	if (err)
		return err;
	err = vfio_open_bound(&dev, NULL, bdf);
	if (err)
		return err;

	err = vfio_region(&dev, VFIO_PCI_CONFIG_REGION_INDEX, &info);
	t->size = info.size;
	t->exp = vfio_find_cap(&dev, PCI_CAP_ID_EXP);
	config_read(&dev, 0, t->first, t->size);
	for (unsigned int width = 1; width <= 4; width++)
		/* Half of the patterns will do for words, and for what is no register's width. */
		for (unsigned int i = 0; i < (width == 2 || width == 3 ? 2 : NUM_PATTERNS); i++)
			write_everywhere(&dev, patterns[i], width, t);
	config_read(&dev, 0, t->last, t->size);

	vfio_close(&dev);
	return err;
}

/* A register's name in tests/differences.txt: by its place in the PCI Express capability, if any.
 */
static bool step_may_differ(const struct record *t, const struct step *step, const char *device)
{
	char call[64];

	if (t->exp && step->pos >= t->exp && step->pos < t->exp + PCI_EXP_SLTSTA2)
		snprintf(call, sizeof(call), "exp+%#x", (step->pos - t->exp) & ~3);
	else
		snprintf(call, sizeof(call), "%#x", step->pos & ~3);
	return diff_listed(device, "config", call);
}

TEST_F_TIMEOUT(diff, every_byte, 120)
{
	static struct record records[2];
	struct record *theirs = &records[0], *ours = &records[1];

	ASSERT_EQ(0, transcribe(self->bdf, "vfio-pci", theirs));
	ASSERT_EQ(0, transcribe(self->bdf, vfio_driver(), ours));

	ASSERT_EQ(theirs->size, ours->size);
	ASSERT_EQ(theirs->nsteps, ours->nsteps);

	for (unsigned int pos = 0; pos < ours->size; pos++) {
		EXPECT_EQ(theirs->first[pos], ours->first[pos]) TH_LOG("found at %#x", pos);
		EXPECT_EQ(theirs->last[pos], ours->last[pos]) TH_LOG("left at %#x", pos);
	}

	for (unsigned int i = 0; i < ours->nsteps; i++) {
		const struct step *a = &theirs->step[i], *b = &ours->step[i];

		if (a->written == b->written && a->read == b->read && a->seen == b->seen)
			continue;
		EXPECT_TRUE(step_may_differ(ours, b, variant->id->name))
		TH_LOG("%#x, %u bytes of %#x: theirs %d %d %#x, ours %d %d %#x", b->pos, b->width,
		       b->pattern, a->written, a->read, a->seen, b->written, b->read, b->seen);
	}
	diff_all_seen(_metadata, variant->id->name, "config");
}

TEST_HARNESS_MAIN
