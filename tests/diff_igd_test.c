// SPDX-License-Identifier: GPL-2.0-only
/*
 * Intel integrated graphics, which no emulator has: a card that the test module lookslike gives
 * Intel's vendor id, memory of another device as the OpRegion, and the lab's own bridges, which are
 * Intel's.  First what a user must find, then the kernel's own driver beside ours.
 */
#include <fcntl.h>
#include <sys/ioctl.h>

#include "diff.h"
#include "mem.h"
#include "module.h"

#define ASLS 0xfc /* in config space: where the OpRegion is */

#define OPREGION_SIZE 0x2000
#define OP_KIB	      0x10
#define OP_VERSION    0x16
#define OP_RVDA	      0x3ba /* where the video BIOS table is, when it is not inside */
#define OP_RVDS	      0x3c2 /* its size */

#define VBT_AT	 0x8000 /* not right behind the OpRegion */
#define VBT_SIZE 9001
#define ROOM	 0x10000

#define HOST_BRIDGE "0000:00:00.0"
#define LPC_BRIDGE  "0000:00:1f.0"

/* Device-specific regions, in the order in which they appear. */
enum { OPREGION = VFIO_PCI_NUM_REGIONS, HOST_CFG, LPC_CFG, END };

/* What firmware left.  Fields that are 0 are as they should be. */
struct firmware {
	const char *name, *signature;
	uint32_t asls, kib, rvds, at;
	uint16_t version;
	uint64_t rvda;
	bool absolute; /* rvda does not count from the OpRegion */
	bool empty;
};

static const struct firmware firmware[] = {
	{.name = "2.0 apart", .version = 0x200, .rvda = VBT_AT, .rvds = VBT_SIZE, .absolute = true},
	{.name = "2.1 apart", .version = 0x201, .rvda = VBT_AT, .rvds = VBT_SIZE},
	{.name = "3.0 apart", .version = 0x300, .rvda = VBT_AT, .rvds = VBT_SIZE},
	{.name = "2.1 behind", .version = 0x201, .rvda = OPREGION_SIZE, .rvds = 1},
	{.name = "1.0 inside", .version = 0x100, .rvda = VBT_AT, .rvds = VBT_SIZE},
	{.name = "2.0 inside", .version = 0x200},
	{.name = "2.1 without size", .version = 0x201, .rvda = VBT_AT},
	{.name = "2.1 without place", .version = 0x201, .rvds = VBT_SIZE},
	{.name = "small", .version = 0x200, .kib = 4},
	{.name = "unaligned", .version = 0x201, .at = 24, .rvda = VBT_AT, .rvds = VBT_SIZE},
	{.name = "empty", .version = 0x201, .empty = true},
	{.name = "unsigned", .version = 0x201, .signature = "IntelGraphicsMeM"},
	{.name = "nowhere", .version = 0x201, .asls = UINT32_MAX},
};

static uint8_t pattern(size_t at)
{
	return at * 7 + (at >> 8);
}

FIXTURE(igd)
{
	char bdf[BDF_LEN], memory[BDF_LEN];
	uint64_t start;
};

FIXTURE_SETUP(igd)
{
	uint64_t end, flags;

	if (pci_find(&pci_vga, 0, self->bdf))
		SKIP_NO_DEVICE(return, &pci_vga);
	if (pci_find(&pci_ivshmem, 0, self->memory))
		SKIP_NO_DEVICE(return, &pci_ivshmem);
	if (access("/sys/bus/pci/devices/" LPC_BRIDGE, F_OK))
		SKIP(return, "no LPC bridge here: run it in the virtual machine, make test");
	/* A driver's mapping would decide the memory type. */
	ASSERT_EQ(0, pci_unbind(self->memory));
	ASSERT_TRUE(pci_resource(self->memory, 2, &self->start, &end, &flags));
	ASSERT_GT(1ULL << 32, end);
}

FIXTURE_TEARDOWN(igd)
{
	EXPECT_EQ(0, module_unload("lookslike"));
	EXPECT_EQ(0, pci_unbind(self->bdf));
}

/* Makes the card Intel's; @others are parameters for the bridges. */
static int pretend(FIXTURE_DATA(igd) *self, const char *others)
{
	char parameters[160];

	snprintf(parameters, sizeof(parameters), "device=%s,%s,%s vendor=0x8086%s", self->bdf,
		 HOST_BRIDGE, LPC_BRIDGE, others);
	return module_load("lookslike", parameters);
}

/* Does what firmware did before the kernel was there. */
static void leave(FIXTURE_DATA(igd) *self, const struct firmware *fw)
{
	uint64_t rvda = fw->rvda + (fw->absolute ? self->start : 0);
	uint32_t kib = fw->empty ? 0 : fw->kib ?: OPREGION_SIZE / 1024;
	uint32_t asls = fw->asls ?: self->start + fw->at;
	char path[96];
	uint8_t *mem;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource2", self->memory);
	fd = open(path, O_RDWR | O_SYNC | O_CLOEXEC);
	mem = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (mem == MAP_FAILED)
		abort();
	for (size_t i = 0; i < ROOM; i++)
		mem[i] = pattern(i);
	memcpy(mem + fw->at, fw->signature ?: "IntelGraphicsMem", 16);
	memcpy(mem + fw->at + OP_KIB, &kib, 4);
	memcpy(mem + fw->at + OP_VERSION, &fw->version, 2);
	memcpy(mem + fw->at + OP_RVDA, &rvda, 8);
	memcpy(mem + fw->at + OP_RVDS, &fw->rvds, 4);
	munmap(mem, ROOM);

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", self->bdf);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (pwrite(fd, &asls, 4, ASLS) != 4)
		abort();
	close(fd);
}

/* The fields of a region in the OpRegion that firmware wrote to, and what user space must find. */
static uint64_t field(struct vfio_dev *dev, unsigned int at, size_t size)
{
	uint64_t value = 0;

	if (pread(dev->fd, &value, size, VFIO_REGION_OFFSET(OPREGION) + at) != (ssize_t)size)
		return UINT64_MAX;
	return value;
}

static uint32_t config_of(const char *bdf, unsigned int at)
{
	uint32_t value = 0;
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", bdf);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (pread(fd, &value, 4, at) != 4)
		abort();
	close(fd);
	return value;
}

static void expect_region(struct __test_metadata *_metadata, struct vfio_dev *dev,
			  unsigned int index, uint32_t subtype, uint64_t size)
{
	struct {
		struct vfio_region_info info;
		struct vfio_region_info_cap_type type;
	} region = { .info = { .argsz = sizeof(region), .index = index } };

	ASSERT_EQ(0, sys(ioctl(dev->fd, VFIO_DEVICE_GET_REGION_INFO, &region)));
	EXPECT_EQ(size, region.info.size);
	EXPECT_EQ(VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_CAPS, region.info.flags);
	EXPECT_EQ(sizeof(region.info), region.info.cap_offset);
	EXPECT_EQ(VFIO_REGION_INFO_CAP_TYPE, region.type.header.id);
	EXPECT_EQ(VFIO_REGION_TYPE_PCI_VENDOR_TYPE | 0x8086, region.type.type);
	EXPECT_EQ(subtype, region.type.subtype);
}

#define SKIP_WITHOUT_IGD(dev)                                                                  \
	do {                                                                                   \
		struct vfio_region_info __info;                                                \
                                                                                               \
		if (vfio_region(dev, OPREGION, &__info))                                       \
			SKIP(return, "this kernel has no CONFIG_VFIO_PCI_IGD: use another"); \
	} while (0)

TEST_F(igd, what_firmware_left)
{
	uint8_t seen[OPREGION_SIZE + VBT_SIZE];
	const uint64_t base = VFIO_REGION_OFFSET(OPREGION);
	struct vfio_dev dev;

	ASSERT_EQ(0, pretend(self, ""));
	/* Both versions that say where the table is: from 0, or from the OpRegion. */
	for (int i = 0; i < 2; i++) {
		leave(self, &firmware[i]);
		ASSERT_EQ(0, vfio_open(&dev, NULL, self->bdf));
		SKIP_WITHOUT_IGD(&dev);
		expect_region(_metadata, &dev, OPREGION, VFIO_REGION_SUBTYPE_INTEL_IGD_OPREGION,
			      sizeof(seen));
		/* User space finds it after the OpRegion, and nowhere else. */
		EXPECT_EQ(0x201, field(&dev, OP_VERSION, 2));
		EXPECT_EQ(OPREGION_SIZE, field(&dev, OP_RVDA, 8));
		EXPECT_EQ(VBT_SIZE, field(&dev, OP_RVDS, 4));
		EXPECT_EQ(OPREGION_SIZE / 1024, field(&dev, OP_KIB, 4));
		ASSERT_EQ(sizeof(seen), pread(dev.fd, seen, sizeof(seen), base));
		EXPECT_EQ(0, memcmp("IntelGraphicsMem", seen, 16));
		for (size_t at = OP_RVDS + 4; at < sizeof(seen); at++) {
			ASSERT_EQ(pattern(at < OPREGION_SIZE ? at : at - OPREGION_SIZE + VBT_AT),
				  seen[at])
			TH_LOG("at %#zx", at);
		}

		/* A guest's firmware moves it, and the device knows nothing about that. */
		EXPECT_EQ(self->start, vfio_config_read(&dev, ASLS, 4));
		vfio_config_write(&dev, ASLS, 4, 0x12345678);
		EXPECT_EQ(0x12345678, vfio_config_read(&dev, ASLS, 4));
		EXPECT_EQ(self->start, config_of(self->bdf, ASLS));
		vfio_close(&dev);
	}
}

TEST_F(igd, the_bridges)
{
	static const char *const bdf[] = { HOST_BRIDGE, LPC_BRIDGE };
	static const uint32_t subtype[] = { VFIO_REGION_SUBTYPE_INTEL_IGD_HOST_CFG,
					    VFIO_REGION_SUBTYPE_INTEL_IGD_LPC_CFG };
	struct vfio_dev dev;
	uint32_t value;

	ASSERT_EQ(0, pretend(self, ""));
	leave(self, &firmware[0]);
	ASSERT_EQ(0, vfio_open(&dev, NULL, self->bdf));
	SKIP_WITHOUT_IGD(&dev);
	for (unsigned int i = 0; i < 2; i++) {
		const uint64_t base = VFIO_REGION_OFFSET(HOST_CFG + i);

		expect_region(_metadata, &dev, HOST_CFG + i, subtype[i], PCI_CFG_SPACE_SIZE);
		for (unsigned int at = 0; at < PCI_CFG_SPACE_SIZE; at += 4) {
			ASSERT_EQ(4, pread(dev.fd, &value, 4, base + at));
			EXPECT_EQ(config_of(bdf[i], at), value) TH_LOG("%s at %#x", bdf[i], at);
		}
		value = 0;
		EXPECT_EQ(-EINVAL, sys(pwrite(dev.fd, &value, 4, base)));
	}
	vfio_close(&dev);
}

TEST_F(igd, a_display_without_vga)
{
	struct vfio_dev dev;

	if (!vfio_follows_newest())
		SKIP(return, "the kernel's own driver looks for VGA: use KERNEL=lab-7");
	leave(self, &firmware[0]);
	ASSERT_EQ(0, pci_bind(self->bdf, vfio_driver()));
	ASSERT_EQ(0, pretend(self, " class=0x038000"));
	ASSERT_EQ(0, vfio_open(&dev, NULL, self->bdf));
	SKIP_WITHOUT_IGD(&dev);
	expect_region(_metadata, &dev, OPREGION, VFIO_REGION_SUBTYPE_INTEL_IGD_OPREGION,
		      OPREGION_SIZE + VBT_SIZE);
	vfio_close(&dev);
}

/* What one driver makes of what firmware left, in lines to compare; or just how it begins. */
static void look(struct vfio_dev *dev, struct transcript *t, const char *what, bool whole)
{
	static const unsigned int near[] = { 0, OP_VERSION, OP_RVDA, OP_RVDS, OPREGION_SIZE,
					     OPREGION_SIZE + VBT_SIZE, PCI_CFG_SPACE_SIZE };
	uint8_t bytes[512];

	for (unsigned int index = OPREGION; index <= END; index++) {
		const uint64_t base = VFIO_REGION_OFFSET(index);
		struct vfio_region_info *info = (void *)bytes;
		uint64_t size;
		long ret;

		memset(bytes, 0, sizeof(bytes));
		info->argsz = 96;
		info->index = index;
		ret = sys(ioctl(dev->fd, VFIO_DEVICE_GET_REGION_INFO, info));
		size = info->size;
		said(t, "%s region %u: %ld %s", what, index, ret, hex(bytes, 96));
		/* all of it, and how a read beyond the end ends */
		for (uint64_t at = 0; at <= (whole ? size : 0); at += sizeof(bytes)) {
			memset(bytes, 0, sizeof(bytes));
			ret = sys(pread(dev->fd, bytes, sizeof(bytes), base + at));
			said(t, "%s read %u at %#llx: %ld %s", what, index,
			     (unsigned long long)at, ret, hex(bytes, sizeof(bytes)));
		}
		for (size_t i = 0; whole && i < sizeof(near) / sizeof(*near); i++) {
			for (int at = -9; at < 10; at++) {
				unsigned int count = 1 + (at + 9) % 5;

				memset(bytes, 0, sizeof(bytes));
				ret = sys(pread(dev->fd, bytes, count, base + near[i] + at));
				said(t, "%s read %u around %#x%+d count %u: %ld %s", what, index,
				     near[i], at, count, ret, hex(bytes, count));
			}
			for (unsigned int there = 0; there < 8; there++)
				said(t, "%s cut-off %u at %#x there %u: %ld", what, index, near[i],
				     there, sys(pread(dev->fd, before_hole(there), 8,
						      base + near[i])));
			said(t, "%s write %u at %#x: %ld", what, index, near[i],
			     sys(pwrite(dev->fd, bytes, 1, base + near[i])));
		}
		said(t, "%s mmap %u: %d", what, index,
		     vfio_mmap(dev, index, 0, PAGE, PROT_READ) == MAP_FAILED ? -errno : 0);
	}
}

static void open_and_look(FIXTURE_DATA(igd) *self, struct transcript *t, const char *what,
			  bool whole)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct vfio_dev dev;
	int err = vfio_open_bound(&dev, NULL, self->bdf);

	said(t, "%s open: %d", what, err);
	if (err)
		return;
	err = sys(ioctl(dev.fd, VFIO_DEVICE_GET_INFO, &info));
	said(t, "%s info: %d %u", what, err, info.num_regions);
	/* Any display, later kernels say; then this is asked by a test of its own. */
	if (!strcmp(what, "no VGA")) {
		vfio_close(&dev);
		return;
	}
	look(&dev, t, what, whole);
	for (unsigned int at = ASLS - 4; at < ASLS + 4; at++)
		said(t, "%s ASLS %#x: %#x", what, at, vfio_config_read(&dev, at, 1));
	vfio_config_write(&dev, ASLS, 4, 0x12345678);
	said(t, "%s ASLS written: %#x", what, vfio_config_read(&dev, ASLS, 4));
	vfio_close(&dev);
}

static int look_at_all(FIXTURE_DATA(igd) *self, struct transcript *t, const char *driver)
{
	/* Neither Intel's display, nor Intel's bridges, nor bridges of that kind; and as before. */
	static const struct {
		const char *what, *parameters;
	} others[] = {
		{ "other host", ",0x1022" },
		{ "as before 1", "" },
		{ "other LPC", ",0,0x1022" },
		{ "as before 2", "" },
		{ "no display", " class=0x020000" },
		{ "as before 3", "" },
		{ "no host", " class=0,0x060100" },
		{ "as before 4", "" },
		{ "no LPC", " class=0,0,0x060000" },
		{ "as before 5", "" },
		{ "no VGA", " class=0x038000" },
	};
	int err;

	err = pci_bind(self->bdf, driver) ?: pretend(self, "");
	for (size_t i = 0; i < sizeof(firmware) / sizeof(*firmware) && !err; i++) {
		leave(self, &firmware[i]);
		open_and_look(self, t, firmware[i].name, true);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(*others) && !err; i++) {
		err = pretend(self, others[i].parameters);
		leave(self, &firmware[0]);
		open_and_look(self, t, others[i].what, false);
	}
	/* In this order: a driver lets go of a card as what it took it for. */
	return err ?: module_unload("lookslike") ?: pci_unbind(self->bdf);
}

TEST_F_TIMEOUT(igd, beside_the_kernels_own, 60)
{
	struct transcript theirs = { 0 }, ours = { 0 };

	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, "nothing to compare the kernel's driver with: unset VFIO_DRIVER");
	ASSERT_EQ(0, module_need("vfio-pci"));
	ASSERT_EQ(0, look_at_all(self, &theirs, "vfio-pci"));
	ASSERT_EQ(0, look_at_all(self, &ours, vfio_driver()));
	diff_compare(_metadata, pci_vga.name, "igd", &theirs, &ours);
}

TEST_HARNESS_MAIN
