// SPDX-License-Identifier: GPL-2.0-only
/*
 * Write-combining BARs: what was asked for, what the kernel reserved, and what becomes of it when
 * somebody else was there first. tests/memtype_test.c looks into the page tables.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mman.h>

#include "fixture.h"
#include "memtype.h"
#include "module.h"

#define MIB    0x100000UL
#define GIB    0x40000000UL
#define RW     (PROT_READ | PROT_WRITE)

#define IVSHMEM_SIZE (128 * MIB)
#define WHOLE_IVSHMEM "0+8000000 "

/* True if the kernel log has the text after @mark. */
static bool logged_since(const char *mark, const char *text)
{
	static char log[1 << 18];
	int len = klogctl(3, log, sizeof(log) - 1);
	char *from;

	log[len > 0 ? len : 0] = '\0';
	from = strstr(log, mark);
	return from && strstr(from, text);
}

static void log_mark(const char *mark)
{
	write_file("/dev/kmsg", mark);
}

/* A BAR mapped through sysfs, as an old tool or an earlier driver's leftover would. */
static void *sysfs_map(const char *bdf, const char *file, uint64_t offset, size_t len)
{
	char path[128];
	void *addr;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", bdf, file);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return MAP_FAILED;
	addr = mmap(NULL, len, RW, MAP_SHARED, fd, offset);
	close(fd);
	return addr;
}

/* Has the module memhold map @len bytes at @offset of BAR 2, and, as @next, as many behind them. */
static int hold(const char *bdf, const char *type, uint64_t offset, uint64_t len, const char *next)
{
	uint64_t start, end, flags;
	char parameters[128];
	int used;

	if (!pci_resource(bdf, 2, &start, &end, &flags))
		return -ENODEV;
	used = snprintf(parameters, sizeof(parameters), "%s=%#llx,%#llx", type,
			(unsigned long long)(start + offset), (unsigned long long)len);
	if (*next)
		snprintf(parameters + used, sizeof(parameters) - used, " %s=%#llx,%#llx", next,
			 (unsigned long long)(start + offset + len), (unsigned long long)len);
	return module_load("memhold", parameters);
}

FIXTURE(ivshmem)
{
	struct vfio_dev dev;
	char bdf[BDF_LEN];
};

FIXTURE_SETUP(ivshmem)
{
	if (pci_find(&pci_ivshmem, 0, self->bdf))
		SKIP_NO_DEVICE(return, &pci_ivshmem);
	NEED_PAT();
	ASSERT_EQ(0, memtype_load("", self->bdf));
	ASSERT_RESERVED("", self->bdf, 2) TH_LOG("somebody maps it already");
}

FIXTURE_TEARDOWN(ivshmem)
{
	vfio_close(&self->dev);
	module_unload("memhold");
}

TEST_F(ivshmem, whole_bar)
{
	uint32_t value;

	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	EXPECT_STREQ(WHOLE_IVSHMEM "wc", memtype_granted(&self->dev, 2));
	EXPECT_RESERVED(WHOLE_IVSHMEM "wc", self->bdf, 2);
	/* Not prefetchable, not declared: it waits for its first use. */
	EXPECT_STREQ("", memtype_granted(&self->dev, 0));
	EXPECT_RESERVED("", self->bdf, 0);
	EXPECT_EQ(4, pread(self->dev.fd, &value, 4, VFIO_REGION_OFFSET(0)));
	EXPECT_STREQ("", memtype_granted(&self->dev, 0));
	EXPECT_RESERVED("0+1000 uc-", self->bdf, 0);

	vfio_close(&self->dev);
	EXPECT_RESERVED("", self->bdf, 2);
	EXPECT_RESERVED("", self->bdf, 0);
}

TEST_F(ivshmem, second_open_is_like_the_first)
{
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
		EXPECT_STREQ(WHOLE_IVSHMEM "wc", memtype_granted(&self->dev, 2));
		EXPECT_RESERVED(WHOLE_IVSHMEM "wc", self->bdf, 2);
		vfio_close(&self->dev);
		EXPECT_RESERVED("", self->bdf, 2);
	}
}

/*
 * What read() and write() move through the kernel's mappings is what the user's mapping shows, also
 * across segments.
 */
TEST_F(ivshmem, read_and_write)
{
	const off_t at = VFIO_REGION_OFFSET(2) + 3 * PAGE + 5;
	unsigned char out[3 * PAGE], in[3 * PAGE];
	char *bar;

	for (int segments = 1; segments <= 3; segments += 2) {
		ASSERT_EQ(0, memtype_load(segments == 1 ? "" : "ranges=2:0x4000:0x1000",
					   self->bdf));
		ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
		bar = vfio_mmap(&self->dev, 2, 0, MIB, RW);
		ASSERT_NE(MAP_FAILED, bar);
		for (unsigned int i = 0; i < sizeof(out); i++)
			out[i] = i * 7 + i / 256 + segments;
		ASSERT_EQ(sizeof(out), pwrite(self->dev.fd, out, sizeof(out), at));
		EXPECT_EQ(0, memcmp(out, bar + 3 * PAGE + 5, sizeof(out)));
		bar[3 * PAGE + 5] ^= 0x55;
		__sync_synchronize();
		ASSERT_EQ(sizeof(in), pread(self->dev.fd, in, sizeof(in), at));
		EXPECT_EQ(out[0] ^ 0x55, in[0]);
		EXPECT_EQ(0, memcmp(out + 1, in + 1, sizeof(in) - 1));
		munmap(bar, MIB);
		vfio_close(&self->dev);
	}
}

TEST_F(ivshmem, ioeventfd_is_refused)
{
	struct vfio_device_ioeventfd req = {
		.argsz = sizeof(req),
		.flags = VFIO_DEVICE_IOEVENTFD_32,
		.fd = eventfd(0, EFD_CLOEXEC),
	};

	ASSERT_EQ(0, memtype_load("ranges=2:0x1000:0x1000", self->bdf));
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	req.offset = VFIO_REGION_OFFSET(2) + PAGE;
	EXPECT_EQ(-EINVAL, sys(ioctl(self->dev.fd, VFIO_DEVICE_IOEVENTFD, &req)));
	req.offset = VFIO_REGION_OFFSET(2) + 2 * PAGE;
	EXPECT_EQ(0, sys(ioctl(self->dev.fd, VFIO_DEVICE_IOEVENTFD, &req)));
}

/*
 * Somebody mapped resource2 before the device is bound.  With IO_STRICT_DEVMEM the claim revokes
 * those entries, and on 6.1 and 6.12 their reservation goes with them; on 7.x, and without
 * IO_STRICT_DEVMEM, it stays until munmap(), and the first one decides the type.
 */
TEST_F(ivshmem, sysfs_was_first)
{
	bool stays;
	void *other;
	char *bar;

	NEED_TRACKING();
	ASSERT_EQ(0, pci_unbind(self->bdf));
	other = sysfs_map(self->bdf, "resource2", 0, 64 * PAGE);
	ASSERT_NE(MAP_FAILED, other);
	EXPECT_RESERVED("0+40000 uc-", self->bdf, 2);
	ASSERT_EQ(0, memtype_load("", self->bdf));
	log_mark("wc-bar test: sysfs_was_first");
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	stays = strcmp(WHOLE_IVSHMEM "wc", memtype_reserved(self->bdf, 2));
	TH_LOG("the reservation of the sysfs mapping %s", stays ? "stays" : "is gone");
	if (!stays) {
		EXPECT_STREQ(WHOLE_IVSHMEM "wc", memtype_granted(&self->dev, 2));
		EXPECT_STREQ("none", pt_type(pt_lookup(other)));
		return;
	}
	EXPECT_STREQ(WHOLE_IVSHMEM "uc- refused", memtype_granted(&self->dev, 2));
	EXPECT_RESERVED("0+40000 uc-, " WHOLE_IVSHMEM "uc-", self->bdf, 2);
	EXPECT_TRUE(logged_since("wc-bar test: sysfs_was_first",
				 "BAR 2: write-combining not granted"));
	if (pt_available()) {
		bar = vfio_mmap(&self->dev, 2, 0, PMD, RW);
		ASSERT_NE(MAP_FAILED, bar);
		memtype_touch(bar, PMD);
		EXPECT_TYPE("uc-", bar, PMD);
		munmap(bar, PMD);
	}
	vfio_close(&self->dev);
	EXPECT_RESERVED("0+40000 uc-", self->bdf, 2);

	/* It lets go: the next open is write-combining. */
	munmap(other, 64 * PAGE);
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	EXPECT_STREQ(WHOLE_IVSHMEM "wc", memtype_granted(&self->dev, 2));
}

/* And resource2_wc, where parts of the BAR should not be write-combining: not used, then. */
TEST_F(ivshmem, sysfs_wc_was_first)
{
	const char *wanted = "0+1000 uc-, 1000+1000 wc, 2000+7ffe000 uc-";
	void *other;

	NEED_TRACKING();
	ASSERT_EQ(0, pci_unbind(self->bdf));
	other = sysfs_map(self->bdf, "resource2_wc", 0, 64 * PAGE);
	ASSERT_NE(MAP_FAILED, other);
	EXPECT_RESERVED("0+40000 wc", self->bdf, 2);
	ASSERT_EQ(0, memtype_load("ranges=2:0x1000:0x1000", self->bdf));
	log_mark("wc-bar test: sysfs_wc_was_first");
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	if (!strcmp(wanted, memtype_reserved(self->bdf, 2))) {
		TH_LOG("the reservation of the sysfs mapping is gone");
		EXPECT_STREQ(wanted, memtype_granted(&self->dev, 2));
		EXPECT_STREQ("none", pt_type(pt_lookup(other)));
		return;
	}
	EXPECT_RESERVED("0+40000 wc", self->bdf, 2);
	EXPECT_TRUE(logged_since("wc-bar test: sysfs_wc_was_first", "BAR 2: cannot be mapped"));
	EXPECT_EQ(MAP_FAILED, vfio_mmap(&self->dev, 2, 0, PAGE, RW));
	vfio_close(&self->dev);

	munmap(other, 64 * PAGE);
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	EXPECT_STREQ(wanted, memtype_granted(&self->dev, 2));
}

/* The same by a driver that maps what it has not claimed, which nothing revokes. */
TEST_F(ivshmem, other_driver_was_first)
{
	char *bar;

	NEED_TRACKING();
	ASSERT_EQ(0, hold(self->bdf, "uc", 0, PAGE, ""));
	log_mark("wc-bar test: other_driver_was_first");
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	EXPECT_STREQ(WHOLE_IVSHMEM "uc- refused", memtype_granted(&self->dev, 2));
	EXPECT_RESERVED("0+1000 uc-, " WHOLE_IVSHMEM "uc-", self->bdf, 2);
	EXPECT_TRUE(logged_since("wc-bar test: other_driver_was_first",
				 "BAR 2: write-combining not granted"));
	if (pt_available()) {
		bar = memtype_map(&self->dev, 2, 0, 2 * PMD, 0);
		ASSERT_NE(MAP_FAILED, bar);
		memtype_touch(bar, 2 * PMD);
		EXPECT_TYPE("uc-", bar, 2 * PMD);
		munmap(bar, 2 * PMD);
	}
	vfio_close(&self->dev);
	EXPECT_RESERVED("0+1000 uc-", self->bdf, 2);

	ASSERT_EQ(0, module_unload("memhold"));
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	EXPECT_STREQ(WHOLE_IVSHMEM "wc", memtype_granted(&self->dev, 2));
}

TEST_F(ivshmem, strict_refuses_to_open)
{
	NEED_TRACKING();
	ASSERT_EQ(0, memtype_load("strict=1", self->bdf));
	ASSERT_EQ(0, hold(self->bdf, "uc", 0, PAGE, ""));
	log_mark("wc-bar test: strict_refuses_to_open");
	EXPECT_EQ(-EBUSY, vfio_open_bound(&self->dev, NULL, self->bdf));
	EXPECT_TRUE(logged_since("wc-bar test: strict_refuses_to_open", "open refused"));
	/* Nothing of ours stays, and BAR 0, mapped before BAR 2 failed, is free again. */
	EXPECT_RESERVED("0+1000 uc-", self->bdf, 2);
	EXPECT_RESERVED("", self->bdf, 0);

	ASSERT_EQ(0, module_unload("memhold"));
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	EXPECT_STREQ(WHOLE_IVSHMEM "wc", memtype_granted(&self->dev, 2));
}

/* Two types within one range: the kernel can give it neither. */
TEST_F(ivshmem, two_types_in_the_way)
{
	uint32_t value;

	NEED_TRACKING();
	ASSERT_EQ(0, hold(self->bdf, "uc", 0, PAGE, "wc"));
	log_mark("wc-bar test: two_types_in_the_way");
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	EXPECT_TRUE(logged_since("wc-bar test: two_types_in_the_way", "BAR 2: cannot be mapped"));
	EXPECT_RESERVED("0+1000 uc-, 1000+1000 wc", self->bdf, 2);
	EXPECT_STREQ("", memtype_granted(&self->dev, 2));
	EXPECT_EQ(MAP_FAILED, vfio_mmap(&self->dev, 2, 0, PAGE, RW));
	EXPECT_EQ(-ENOMEM, sys(pread(self->dev.fd, &value, 4, VFIO_REGION_OFFSET(2))));
	/* The rest of the device works. */
	EXPECT_EQ(4, pread(self->dev.fd, &value, 4, VFIO_REGION_OFFSET(0)));
	vfio_close(&self->dev);

	/* Segments that each suit what is there can be had. */
	ASSERT_EQ(0, memtype_load("ranges=2:0x1000:0x1000", self->bdf));
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	EXPECT_STREQ("0+1000 uc-, 1000+1000 wc, 2000+7ffe000 uc-", memtype_granted(&self->dev, 2));
	vfio_close(&self->dev);

	ASSERT_EQ(0, memtype_load("strict=1", self->bdf));
	EXPECT_EQ(-EBUSY, vfio_open_bound(&self->dev, NULL, self->bdf));
	EXPECT_RESERVED("0+1000 uc-, 1000+1000 wc", self->bdf, 2);
	EXPECT_RESERVED("", self->bdf, 0);
}

/* The other way round: what should be uncached must not silently become write-combining. */
TEST_F(ivshmem, write_combining_was_first)
{
	NEED_TRACKING();
	ASSERT_EQ(0, hold(self->bdf, "wc", 0, PAGE, ""));
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	EXPECT_STREQ(WHOLE_IVSHMEM "wc", memtype_granted(&self->dev, 2));
	vfio_close(&self->dev);

	ASSERT_EQ(0, memtype_load("ranges=2:0x1000:0x1000", self->bdf));
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	EXPECT_EQ(MAP_FAILED, vfio_mmap(&self->dev, 2, 0, PAGE, RW));
	vfio_close(&self->dev);
	EXPECT_RESERVED("0+1000 wc", self->bdf, 2);
}

/* Once the device is open: refused with IO_STRICT_DEVMEM, and of our type without. */
TEST_F(ivshmem, sysfs_is_too_late)
{
	void *other;

	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	other = sysfs_map(self->bdf, "resource2", 0, PAGE);
	if (booted_with("iomem=relaxed")) {
		EXPECT_NE(MAP_FAILED, other);
		EXPECT_RESERVED("0+1000 wc, " WHOLE_IVSHMEM "wc", self->bdf, 2);
	} else {
		EXPECT_EQ(MAP_FAILED, other);
		EXPECT_RESERVED(WHOLE_IVSHMEM "wc", self->bdf, 2);
	}
}

TEST_F(ivshmem, bad_ranges)
{
	static const char *const bad[] = {
		"6", "2:", "2:0", "2:0:0", "x", "2:0x800:0x1000", "2:0:0x800", "2:0:0x8001000",
		"2:0x8000000:0x1000", "2,2:0:0x1000", "2:-4096:0x1000", "2;0", "1",
	};
	char parameters[64];

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(parameters, sizeof(parameters), "ranges=%s", bad[i]);
		EXPECT_NE(0, memtype_load(parameters, self->bdf)) TH_LOG("%s", bad[i]);
		EXPECT_STREQ("", pci_driver_of(self->bdf)) TH_LOG("%s", bad[i]);
	}
	/* BAR 0 is smaller than a page, which is not all its own. */
	EXPECT_NE(0, memtype_load("ranges=0 nonprefetch=1", self->bdf));
	EXPECT_NE(0, memtype_load("ranges=0:0:0x1000 nonprefetch=1", self->bdf));
	EXPECT_EQ(0, memtype_load("ranges=2:0:0x1000,2:4096:0x1000", self->bdf));
}

TEST_F(ivshmem, other_name)
{
	if (module_unload("vfio-pci"))
		SKIP(return, "the kernel's own vfio-pci does not unload: close what uses it");
	ASSERT_EQ(0, module_load(MEMTYPE_DRIVER, "name=vfio-pci"));
	ASSERT_EQ(0, pci_bind(self->bdf, "vfio-pci"));
	ASSERT_EQ(0, vfio_open_bound(&self->dev, NULL, self->bdf));
	EXPECT_STREQ(WHOLE_IVSHMEM "wc", memtype_granted(&self->dev, 2));
	vfio_close(&self->dev);
	EXPECT_EQ(0, module_unload(MEMTYPE_DRIVER));
}

TEST(not_prefetchable_is_refused)
{
	struct vfio_dev dev;
	char bdf[BDF_LEN];
	uint32_t value;

	NEED_PAT();
	if (pci_find(&pci_edu, 0, bdf))
		SKIP_NO_DEVICE(return, &pci_edu);
	EXPECT_NE(0, memtype_load("ranges=0", bdf));
	EXPECT_STREQ("", pci_driver_of(bdf));

	/* By default such a BAR is just uncached. */
	ASSERT_EQ(0, memtype_load("strict=1", bdf));
	ASSERT_EQ(0, vfio_open_bound(&dev, NULL, bdf));
	EXPECT_STREQ("", memtype_granted(&dev, 0));
	EXPECT_EQ(4, pread(dev.fd, &value, 4, VFIO_REGION_OFFSET(0)));
	EXPECT_RESERVED("0+100000 uc-", bdf, 0);
	vfio_close(&dev);

	/* Unless the driver sets VFIO_PCI_MEMTYPE_NONPREFETCH. */
	ASSERT_EQ(0, memtype_load("ranges=0:0x1000:0x1000 nonprefetch=1", bdf));
	ASSERT_EQ(0, vfio_open_bound(&dev, NULL, bdf));
	EXPECT_STREQ("0+1000 uc-, 1000+1000 wc, 2000+fe000 uc-", memtype_granted(&dev, 0));
	vfio_close(&dev);
	EXPECT_RESERVED("", bdf, 0);
}

/* True if /proc/mtrr has the range as write-combining. */
static bool mtrr_has(uint64_t start, uint64_t size)
{
	FILE *file = fopen("/proc/mtrr", "r");
	unsigned long long base, mib;
	bool found = false;
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "reg%*u: base=%llx (%*[^)]), size=%lluMB", &base, &mib) == 2 &&
		    base == start && mib * MIB == size && strstr(line, "write-combining"))
			found = true;
	if (file)
		fclose(file);
	return found;
}

TEST(without_pat)
{
	uint64_t start, end, flags;
	struct vfio_dev dev;
	char bdf[BDF_LEN];
	bool granted;

	if (memtype_pat())
		SKIP(return, "the page attribute table is on: use FLAVOR=nopat");
	if (pci_find(&pci_ivshmem, 0, bdf))
		SKIP_NO_DEVICE(return, &pci_ivshmem);
	ASSERT_TRUE(pci_resource(bdf, 2, &start, &end, &flags));

	/* A power of two, which an MTRR can describe, unless firmware has put another one there. */
	ASSERT_EQ(0, memtype_load("", bdf));
	ASSERT_EQ(0, vfio_open_bound(&dev, NULL, bdf));
	granted = mtrr_has(start, end - start + 1);
	EXPECT_STREQ(granted ? WHOLE_IVSHMEM "wc mtrr" : WHOLE_IVSHMEM "uc- refused",
		     memtype_granted(&dev, 2));
	TH_LOG("MTRR %s", granted ? "granted" : "refused");
	vfio_close(&dev);
	EXPECT_FALSE(mtrr_has(start, end - start + 1));

	/* 12 KiB cannot be had. */
	ASSERT_EQ(0, memtype_load("ranges=2:0x1000:0x3000", bdf));
	log_mark("wc-bar test: without_pat");
	ASSERT_EQ(0, vfio_open_bound(&dev, NULL, bdf));
	EXPECT_STREQ("0+1000 uc-, 1000+3000 uc- refused, 4000+7ffc000 uc-",
		     memtype_granted(&dev, 2));
	EXPECT_TRUE(logged_since("wc-bar test: without_pat", "PAT is off"));
	vfio_close(&dev);

	ASSERT_EQ(0, memtype_load("ranges=2:0x1000:0x3000 strict=1", bdf));
	EXPECT_EQ(-EBUSY, vfio_open_bound(&dev, NULL, bdf));
}

/* For its time limit. */
FIXTURE(wc)
{
};

FIXTURE_SETUP(wc)
{
}

FIXTURE_TEARDOWN(wc)
{
}

/*
 * Makes each allocation of an open fail in turn, the kernel's own within ioremap_wc() and its
 * reservation included, until an open needs none more. Whatever happens, nothing stays behind.
 */
TEST_F_TIMEOUT(wc, every_allocation_fails_once, 200)
{
	static const char *const parameters[] = { "ranges=2:0x1000:0x3000",
						  "ranges=2:0x1000:0x3000 strict=1" };
	struct vfio_dev dev;
	char bdf[BDF_LEN], text[16];
	int nth, fd, opened = 0, refused = 0;

	NEED_PAT();
	fd = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		SKIP(return, "this kernel cannot make allocations fail: use KERNEL=lab-7");
	if (pci_find(&pci_ivshmem, 0, bdf))
		SKIP_NO_DEVICE(return, &pci_ivshmem);
	ASSERT_EQ(0, write_file("/sys/kernel/debug/failslab/ignore-gfp-wait", "N"));
	for (int i = 0; i < 2; i++) {
		struct vfio_iommu iommu;
		bool failed = true;

		ASSERT_EQ(0, memtype_load(parameters[i], bdf));
		ASSERT_EQ(0, vfio_iommu_open(&iommu));
		/* Once without, so that group and container are set up. */
		ASSERT_EQ(0, vfio_open_bound(&dev, &iommu, bdf));
		vfio_close(&dev);
		for (nth = 1; failed; nth++) {
			snprintf(text, sizeof(text), "%d", nth);
			ASSERT_LT(0, pwrite(fd, text, strlen(text), 0));
			dev.fd = vfio_get_device_fd(&iommu, bdf);
			memset(text, 0, sizeof(text));
			ASSERT_LT(0, pread(fd, text, sizeof(text) - 1, 0));
			ASSERT_LT(0, pwrite(fd, "0", 1, 0));
			/* What is left of the count: 0 when the allocation was reached. */
			failed = !atoi(text);
			if (dev.fd < 0) {
				refused++;
			} else {
				dev.iommu = &iommu;
				memtype_granted(&dev, 2);
				opened++;
				close(dev.fd);
			}
			ASSERT_RESERVED("", bdf, 2) TH_LOG("after failure %d", nth);
			ASSERT_RESERVED("", bdf, 0) TH_LOG("after failure %d", nth);
		}
		vfio_iommu_close(&iommu);
	}
	TH_LOG("%d opens succeeded, %d were refused", opened, refused);
	EXPECT_LT(0, refused);
	/* And then it works. */
	ASSERT_EQ(0, vfio_open_bound(&dev, NULL, bdf));
	EXPECT_STREQ("0+1000 uc-, 1000+3000 wc, 4000+7ffc000 uc-", memtype_granted(&dev, 2));
	vfio_close(&dev);
}

TEST_HARNESS_MAIN
