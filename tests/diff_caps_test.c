// SPDX-License-Identifier: GPL-2.0-only
/*
 * Capabilities that no device of the lab has: a network card with memory in the place of its config
 * space (the test module configram), and in it one capability of each kind. What is shown, what is
 * hidden, and what of a write arrives must be as with the kernel's own driver.
 */
#include <fcntl.h>

#include "diff.h"
#include "module.h"

#define SIZE PCI_CFG_SPACE_EXP_SIZE

/*
 * The PCI core found these before; they stay where they are. So did it with error reporting, at
 * 0x100, whose registers up to 0x11b it restores now and then: what is there may hold no header.
 */
#define MSIX_AT 0xa0
#define PM_AT	0xc8
#define EXP_AT	0xe0

/* What says how long it is follows the id: 16 bits and 32, or twice 32 for extended ones. */
struct cap {
	uint16_t at, id;
	uint32_t first, second;
};

static const struct cap all_std[] = {
	{0x40, PCI_CAP_ID_AGP, 0x30, 0},
	{0x4c, PCI_CAP_ID_VPD, 0, 0},
	{0x54, PCI_CAP_ID_SLOTID, 0, 0},
	{0x58, PCI_CAP_ID_PCIX, 0x0000, 0},
	{0x60, PCI_CAP_ID_HT, 0xa000, 0}, /* of the long kind */
	{0x7c, PCI_CAP_ID_VNDR, 10, 0},
	{0x88, PCI_CAP_ID_SATA, 0x10, 0x0f},
	{0x98, PCI_CAP_ID_AF, 0x0306, 0},
	{MSIX_AT, PCI_CAP_ID_MSIX, 0, 0},
	{0xac, PCI_CAP_ID_SSVID, 0, 0},
	{0xb4, 0x20, 0, 0},
	{0xb8, PCI_CAP_ID_EA, 0, 0},
	{0xbc, PCI_CAP_ID_CHSWP, 0, 0},
	{0xc0, PCI_CAP_ID_DBG, 0, 0},
	{0xc4, PCI_CAP_ID_CCRC, 0, 0},
	{PM_AT, PCI_CAP_ID_PM, 0, 0},
	{0xd0, PCI_CAP_ID_MSI, 0, 0},
	{EXP_AT, PCI_CAP_ID_EXP, 0, 0},
	{0},
};

/* The other lengths, hidden ones at both ends. */
static const struct cap other_std[] = {
	{0x40, PCI_CAP_ID_SHPC, 0, 0},
	{0x48, PCI_CAP_ID_SECDEV, 0, 0},
	{0x4c, PCI_CAP_ID_PCIX, 0x2000, 0}, /* with registers for ECC, and 4 KiB of config space */
	{0x64, PCI_CAP_ID_HT, 0x0000, 0},	 /* of the short kind */
	{0x7c, PCI_CAP_ID_SATA, 0x10, 0x04},
	{0x84, PCI_CAP_ID_VNDR, 3, 0},
	{0x88, PCI_CAP_ID_AF, 0x0006, 0}, /* no FLR */
	{MSIX_AT, PCI_CAP_ID_MSIX, 0, 0},
	{PM_AT, PCI_CAP_ID_PM, 0, 0},
	{EXP_AT, PCI_CAP_ID_EXP, 0, 0},
	{0x94, PCI_CAP_ID_AGP3, 0, 0},
	{0},
};

static const struct cap hidden_std[] = {
	{0x40, PCI_CAP_ID_SLOTID, 0, 0},
	{0x48, PCI_CAP_ID_SSVID, 0, 0},
	{0},
};

static const struct cap all_ext[] = {
	{0x100, PCI_EXT_CAP_ID_ERR, 0, 0},
	{0x148, PCI_EXT_CAP_ID_VC, 0x00000001, 0x00000002}, /* two channels, 32 phases */
	{0x190, PCI_EXT_CAP_ID_DSN, 0, 0},
	{0x19c, PCI_EXT_CAP_ID_PWR, 0, 0},
	{0x1ac, PCI_EXT_CAP_ID_RCLD, 0, 0},
	{0x1c0, PCI_EXT_CAP_ID_RCILC, 0, 0},
	{0x1cc, PCI_EXT_CAP_ID_RCEC, 0, 0},
	{0x1d8, PCI_EXT_CAP_ID_MFVC, 0x00000000, 0x00000004}, /* one, 64 phases */
	{0x220, PCI_EXT_CAP_ID_VC9, 0x00000000, 0x00000008},  /* one, 128 phases */
	{0x290, PCI_EXT_CAP_ID_RCRB, 0, 0},
	{0x2a4, PCI_EXT_CAP_ID_VNDR, 0x01410042, 0},
	{0x2b8, PCI_EXT_CAP_ID_CAC, 0, 0},
	{0x2c0, PCI_EXT_CAP_ID_ACS, 0x00002120, 0}, /* egress control, 33 ports */
	{0x2d4, PCI_EXT_CAP_ID_ARI, 0, 0},
	{0x2dc, PCI_EXT_CAP_ID_ATS, 0, 0},
	{0x2e4, PCI_EXT_CAP_ID_SRIOV, 0, 0},
	{0x324, PCI_EXT_CAP_ID_MRIOV, 0, 0},
	{0x328, PCI_EXT_CAP_ID_MCAST, 0, 0},
	{0x358, PCI_EXT_CAP_ID_PRI, 0, 0},
	{0x368, PCI_EXT_CAP_ID_AMD_XXX, 0, 0},
	{0x370, PCI_EXT_CAP_ID_REBAR, 0, 0x00000040}, /* two BARs */
	{0x384, PCI_EXT_CAP_ID_DPA, 0x00000003, 0},
	{0x398, PCI_EXT_CAP_ID_TPH, 0x00050201, 0}, /* a table of six in it */
	{0x3b0, PCI_EXT_CAP_ID_LTR, 0, 0},
	{0x3b8, PCI_EXT_CAP_ID_SECPCI, 0, 0},
	{0x3c8, PCI_EXT_CAP_ID_PMUX, 0, 0},
	{0x3d8, PCI_EXT_CAP_ID_PASID, 0, 0},
	{0x3e0, PCI_EXT_CAP_ID_DPC, 0, 0},
	{0x3f0, PCI_EXT_CAP_ID_L1SS, 0, 0},
	{0x400, PCI_EXT_CAP_ID_PTM, 0, 0},
	{0x40c, PCI_EXT_CAP_ID_DVSEC, 0x01801e98, 0},
	{0x424, PCI_EXT_CAP_ID_DLF, 0, 0},
	{0x430, PCI_EXT_CAP_ID_PL_16GT, 0, 0},
	{0x454, PCI_EXT_CAP_ID_DOE, 0, 0},
	{0x470, 0x7f, 0, 0},
	{0},
};

static const struct cap other_ext[] = {
	{0x100, PCI_EXT_CAP_ID_PTM, 0, 0}, /* hidden, and nothing to unlink it from */
	{0x11c, PCI_EXT_CAP_ID_L1SS, 0, 0},
	{0x120, PCI_EXT_CAP_ID_ACS, 0x00000020, 0}, /* egress control, 256 ports */
	{0x150, PCI_EXT_CAP_ID_ACS, 0x00000000, 0}, /* none */
	{0x158, PCI_EXT_CAP_ID_VC, 0x00000007, 0x00000000},
	{0x1d0, PCI_EXT_CAP_ID_TPH, 0x00000401, 0}, /* the table is with MSI-X */
	{0x1e0, PCI_EXT_CAP_ID_DPA, 0x0000001f, 0},
	{0x210, PCI_EXT_CAP_ID_REBAR, 0, 0x000000c0},
	{0x250, PCI_EXT_CAP_ID_VNDR, 0x00810042, 0},
	{0x260, PCI_EXT_CAP_ID_PASID, 0, 0},
	{0},
};

static const struct cap hidden_ext[] = {
	{0x100, PCI_EXT_CAP_ID_PTM, 0, 0},
	{0x11c, PCI_EXT_CAP_ID_L1SS, 0, 0},
	{0},
};

FIXTURE(caps)
{
	char bdf[BDF_LEN];
	uint8_t config[SIZE];
};

FIXTURE_VARIANT(caps)
{
	const struct cap *std, *ext;
};

FIXTURE_VARIANT_ADD(caps, all){.std = all_std, .ext = all_ext};
FIXTURE_VARIANT_ADD(caps, other){.std = other_std, .ext = other_ext};
FIXTURE_VARIANT_ADD(caps, hidden){.std = hidden_std, .ext = hidden_ext};
FIXTURE_VARIANT_ADD(caps, hidden_ext){.std = all_std, .ext = hidden_ext};

static int open_config(const char *bdf)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", bdf);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		abort();
	return fd;
}

static void put(uint8_t *config, unsigned int at, uint32_t value, unsigned int size)
{
	memcpy(config + at, &value, size);
}

/* Bytes of no meaning everywhere, then the capabilities, each with a pointer to the next one. */
static void compose(uint8_t config[SIZE], const struct cap *std, const struct cap *ext)
{
	uint8_t own[PCI_CFG_SPACE_SIZE];

	memcpy(own, config, sizeof(own));
	for (unsigned int i = PCI_STD_HEADER_SIZEOF; i < SIZE; i++)
		config[i] = i * 0x9d + (i >> 8);
	memcpy(config + MSIX_AT, own + MSIX_AT, 12);
	memcpy(config + PM_AT, own + PM_AT, PCI_CFG_SPACE_SIZE - PM_AT);
	for (; std->at; std++) {
		config[std->at] = std->id;
		config[std->at + 1] = std[1].at;
		if (std->at == MSIX_AT || std->at >= PM_AT)
			continue;
		put(config, std->at + 2, std->first, 2);
		put(config, std->at + 4, std->second, 4);
	}
	for (; ext->at; ext++) {
		put(config, ext->at, ext->id | 1 << 16 | ext[1].at << 20, 4);
		put(config, ext->at + 4, ext->first, 4);
		if (ext->second)
			put(config, ext->at + 8, ext->second, 4);
	}
}

FIXTURE_SETUP(caps)
{
	char parameters[64];
	int fd;

	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, "nothing to compare the kernel's driver with: unset VFIO_DRIVER");
	if (pci_find(&pci_e1000e, 0, self->bdf))
		SKIP_NO_DEVICE(return, &pci_e1000e);
	ASSERT_EQ(0, module_need("vfio-pci"));
	ASSERT_EQ(0, pci_unbind(self->bdf));
	fd = open_config(self->bdf);
	ASSERT_EQ(SIZE, pread(fd, self->config, SIZE, 0));
	close(fd);
	if (self->config[MSIX_AT] != PCI_CAP_ID_MSIX || self->config[PM_AT] != PCI_CAP_ID_PM ||
	    self->config[EXP_AT] != PCI_CAP_ID_EXP)
		SKIP(return, "not QEMU's e1000e: run it in the virtual machine, make test");
	compose(self->config, variant->std, variant->ext);
	snprintf(parameters, sizeof(parameters), "device=%s first=%u", self->bdf, variant->std->at);
	ASSERT_EQ(0, module_load("configram", parameters));
}

FIXTURE_TEARDOWN(caps)
{
	if (!*self->bdf)
		return;
	EXPECT_EQ(0, pci_unbind(self->bdf));
	EXPECT_EQ(0, module_unload("configram"));
}

/* Below that, FLR and the power state would each take a tenth of a second, for each byte. */
static bool resets(unsigned int at, unsigned int width)
{
	return (at <= EXP_AT + PCI_EXP_DEVCTL + 1 && at + width > EXP_AT + PCI_EXP_DEVCTL) ||
	       (at <= PM_AT + PCI_PM_CTRL + 1 && at + width > PM_AT + PCI_PM_CTRL);
}

static void write_everywhere(struct vfio_dev *dev, struct transcript *t, int hardware,
			     unsigned int end, unsigned int width, uint32_t pattern)
{
	const uint64_t base = VFIO_REGION_OFFSET(VFIO_PCI_CONFIG_REGION_INDEX);

	for (unsigned int at = PCI_STD_HEADER_SIZEOF; at < SIZE; at += width) {
		uint32_t old = 0, seen = 0, arrived = 0;
		long written, read;

		/* After the last capability all bytes are alike. */
		if (at > end && at < SIZE - 16)
			continue;
		if (resets(at, width) && width != 2)
			continue;
		pread(hardware, &old, width, at);
		written = sys(pwrite(dev->fd, &pattern, width, base + at));
		read = sys(pread(dev->fd, &seen, width, base + at));
		pread(hardware, &arrived, width, at);
		said(t, "%#x width %u value %#x: %ld %ld %#x, arrived %#x", at, width, pattern,
		     written, read, seen, arrived);
		pwrite(dev->fd, &old, width, base + at);
		pwrite(hardware, &old, width, at);
	}
}

static int ask(FIXTURE_DATA(caps) *self, struct transcript *t, const char *driver,
	       const struct cap *ext)
{
	const uint64_t base = VFIO_REGION_OFFSET(VFIO_PCI_CONFIG_REGION_INDEX);
	int hardware = open_config(self->bdf);
	unsigned int end = 0;
	uint8_t seen[16];
	struct vfio_dev dev;
	int err;

	/* The last one is no longer than 0x80. */
	for (; ext->at; ext++)
		end = ext->at + 0x80;
	if (pwrite(hardware, self->config + 64, SIZE - 64, 64) != SIZE - 64)
		abort();
	err = pci_bind(self->bdf, driver) ?: vfio_open_bound(&dev, NULL, self->bdf);
	if (err)
		return err;
	for (unsigned int at = 0; at < SIZE; at += sizeof(seen)) {
		pread(dev.fd, seen, sizeof(seen), base + at);
		said(t, "%#x found: %s", at, hex(seen, sizeof(seen)));
	}
	for (unsigned int width = 1; width <= 4; width *= 2)
		write_everywhere(&dev, t, hardware, end, width, 0xffffffff);
	write_everywhere(&dev, t, hardware, end, 4, 0);
	vfio_close(&dev);
	/* It goes to sleep, which is a write as well. */
	if (!pci_power_becomes(self->bdf, "suspended"))
		return -ETIMEDOUT;
	for (unsigned int at = PCI_STD_HEADER_SIZEOF; at < SIZE; at += sizeof(seen)) {
		pread(hardware, seen, sizeof(seen), at);
		said(t, "%#x left: %s", at, hex(seen, sizeof(seen)));
	}
	close(hardware);
	return 0;
}

TEST_F_TIMEOUT(caps, beside_the_kernels_own, 60)
{
	struct transcript theirs = {0}, ours = {0};

	ASSERT_EQ(0, ask(self, &theirs, "vfio-pci", variant->ext));
	ASSERT_EQ(0, ask(self, &ours, vfio_driver(), variant->ext));
	diff_compare(_metadata, pci_e1000e.name, "caps", &theirs, &ours);
}

TEST_HARNESS_MAIN
