// SPDX-License-Identifier: GPL-2.0-only
/* mmap of BARs: what is refused, which mappings are zapped, how long a mapping lives. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "fixture.h"
#include "mem.h"

FIXTURE_VARIANT_ADD(device, edu) { .id = &pci_edu };
FIXTURE_VARIANT_ADD(device, ivshmem) { .id = &pci_ivshmem };
FIXTURE_VARIANT_ADD(device, testdev) { .id = &pci_testdev };
FIXTURE_VARIANT_ADD(device, nvme) { .id = &pci_nvme };
FIXTURE_VARIANT_ADD(device, e1000e) { .id = &pci_e1000e };

/* How many mappings this process has. */
static unsigned int mappings(void)
{
	static char text[65536];
	unsigned int lines = 0;
	ssize_t got, used = 0;
	int fd = open("/proc/self/maps", O_RDONLY);

	while ((got = read(fd, text + used, sizeof(text) - used)) > 0)
		used += got;
	close(fd);
	for (ssize_t i = 0; i < used; i++)
		lines += text[i] == '\n';
	return lines;
}

/* The errno of an mmap that must fail and leave nothing behind; 0 when it worked. */
static int refused(struct vfio_dev *dev, uint64_t offset, size_t len, int prot, int flags)
{
	unsigned int before = mappings();
	void *map = mmap(NULL, len, prot, flags, dev->fd, offset);
	int err = map == MAP_FAILED ? -errno : 0;

	if (!err)
		munmap(map, len);
	return mappings() == before ? err : -ENOTRECOVERABLE;
}

#define EXPECT_REFUSED(offset, len)                                                 \
	EXPECT_EQ(-EINVAL, refused(&self->dev, offset, len, PROT_READ, MAP_SHARED)) \
	TH_LOG("offset %#llx, length %#llx", (unsigned long long)(offset),          \
	       (unsigned long long)(len))

TEST_F(device, every_bar)
{
	struct vfio_region_info info;
	uint32_t value;

	for (unsigned int i = 0; i <= VFIO_PCI_BAR5_REGION_INDEX; i++) {
		uint64_t base = VFIO_REGION_OFFSET(i), size;
		char *map;

		ASSERT_EQ(0, vfio_region(&self->dev, i, &info));
		if (!(info.flags & VFIO_REGION_INFO_FLAG_MMAP)) {
			EXPECT_REFUSED(base, PAGE);
			continue;
		}
		size = (info.size + PAGE - 1) & ~(PAGE - 1);
		map = vfio_mmap(&self->dev, i, 0, size, PROT_READ | PROT_WRITE);
		ASSERT_NE(MAP_FAILED, map) TH_LOG("BAR %u", i);
		EXPECT_TRUE(try_read32(map, &value)) TH_LOG("BAR %u", i);
		EXPECT_TRUE(try_read32(map + size - 4, &value)) TH_LOG("BAR %u", i);
		ASSERT_EQ(0, munmap(map, size));

		EXPECT_REFUSED(base, size + PAGE);
		EXPECT_REFUSED(base, 2 * size);
		EXPECT_REFUSED(base + size, PAGE);
		EXPECT_REFUSED(base + size - PAGE, 2 * PAGE);
		EXPECT_REFUSED(base + VFIO_REGION_OFFSET(1) - PAGE, PAGE);
		/* across the end of the region's window */
		EXPECT_REFUSED(base + VFIO_REGION_OFFSET(1) - PAGE, 2 * PAGE);
	}
}

TEST_F(device, regions_without_mmap)
{
	for (unsigned int i = VFIO_PCI_ROM_REGION_INDEX; i < 64; i++) {
		EXPECT_REFUSED(VFIO_REGION_OFFSET(i), PAGE);
		EXPECT_REFUSED(VFIO_REGION_OFFSET(i) + PAGE, PAGE);
	}
}

/* The largest offsets that mmap lets through to the driver, and sums that wrap around. */
TEST_F(edu, far_offsets)
{
	const uint64_t far[] = { 1ULL << 62,
				 (1ULL << 63) - PAGE,
				 1ULL << 63,
				 (1ULL << 63) + PAGE,
				 -2 * PAGE,
				 VFIO_REGION_OFFSET(1 << 16),
				 VFIO_REGION_OFFSET(255) };

	for (unsigned int i = 0; i < sizeof(far) / sizeof(*far); i++) {
		EXPECT_REFUSED(far[i], PAGE);
	}
	/* A sum that wraps is refused before any driver sees it. */
	EXPECT_EQ(-EOVERFLOW, refused(&self->dev, -PAGE, PAGE, PROT_READ, MAP_SHARED));
	EXPECT_EQ(-EOVERFLOW, refused(&self->dev, -PAGE, 2 * PAGE, PROT_READ, MAP_SHARED));
	EXPECT_REFUSED(PAGE, 1ULL << 40);
	EXPECT_REFUSED(0, 1ULL << 46);
}

TEST_F(edu, lengths_and_flags)
{
	EXPECT_REFUSED(1, PAGE);
	EXPECT_REFUSED(PAGE / 2, PAGE);
	EXPECT_REFUSED(0, 0);
	EXPECT_EQ(-EINVAL, refused(&self->dev, 0, PAGE, PROT_READ, MAP_PRIVATE));
	EXPECT_EQ(-EINVAL, refused(&self->dev, 0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE));
	EXPECT_EQ(0, refused(&self->dev, 0, PAGE, PROT_READ, MAP_SHARED));
	EXPECT_EQ(0, refused(&self->dev, 0, PAGE, PROT_WRITE, MAP_SHARED));
	EXPECT_EQ(0, refused(&self->dev, 0, PAGE, PROT_NONE, MAP_SHARED));
	EXPECT_EQ(0, refused(&self->dev, EDU_BAR_SIZE - PAGE, PAGE, PROT_READ, MAP_SHARED));
	/* The kernel rounds up a length that is not a multiple of the page size. */
	EXPECT_EQ(0, refused(&self->dev, 0, PAGE + 1, PROT_READ, MAP_SHARED));
	EXPECT_EQ(0, refused(&self->dev, EDU_BAR_SIZE - PAGE, 1, PROT_READ, MAP_SHARED));
	EXPECT_REFUSED(EDU_BAR_SIZE - PAGE, PAGE + 1);
}

/* Mapped where it says: the same bytes by read() and through mappings at several offsets. */
TEST(the_right_pages)
{
	const uint64_t at[] = {
		0, PAGE, 5 * PAGE, 0x200000 - PAGE, 0x200000, 0x3ff000, 0x40000000
	};
	struct vfio_region_info bar;
	struct vfio_dev dev;

	OPEN_OR_SKIP(&dev, NULL, &pci_ivshmem, 0);
	ASSERT_EQ(0, vfio_region(&dev, 2, &bar));
	for (unsigned int i = 0; i < sizeof(at) / sizeof(*at); i++) {
		uint64_t offset = at[i] < bar.size ? at[i] : bar.size - 2 * PAGE;
		uint32_t *map, seen, mark = 0xc0de0000 + i;

		map = vfio_mmap(&dev, 2, offset, 2 * PAGE, PROT_READ | PROT_WRITE);
		ASSERT_NE(MAP_FAILED, map);
		map[1] = mark;
		map[PAGE / 4] = ~mark;
		ASSERT_EQ(4, pread(dev.fd, &seen, 4, VFIO_REGION_OFFSET(2) + offset + 4));
		EXPECT_EQ(mark, seen) TH_LOG("offset %#llx", (unsigned long long)offset);
		ASSERT_EQ(4, pread(dev.fd, &seen, 4, VFIO_REGION_OFFSET(2) + offset + PAGE));
		EXPECT_EQ(~mark, seen) TH_LOG("offset %#llx", (unsigned long long)offset);
		ASSERT_EQ(0, munmap(map, 2 * PAGE));
	}
	vfio_close(&dev);
}

/* A process that answers, for each byte it gets, with what it sees in its mapping. */
struct helper {
	pid_t pid;
	int ask, answer;
};

static void helper_start(struct helper *h, void *inherited, int device_fd)
{
	int ask[2], answer[2];
	char c;

	if (pipe(ask) || pipe(answer))
		abort();
	h->pid = fork();
	if (!h->pid) {
		void *bar = inherited;

		close(ask[1]);
		close(answer[0]);
		if (!bar)
			bar = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, device_fd, 0);
		while (read(ask[0], &c, 1) == 1) {
			c = bar == MAP_FAILED ? -1 : (int)edu_look(bar);
			if (write(answer[1], &c, 1) != 1)
				break;
		}
		_exit(0);
	}
	close(ask[0]);
	close(answer[1]);
	h->ask = ask[1];
	h->answer = answer[0];
}

static int helper_looks(struct helper *h)
{
	char c = 0;

	return write(h->ask, &c, 1) == 1 && read(h->answer, &c, 1) == 1 ? c : -1;
}

static void helper_stop(struct helper *h)
{
	/* Closing the pipe would not do: helpers started later have inherited its other end. */
	kill(h->pid, SIGKILL);
	waitpid(h->pid, NULL, 0);
	close(h->ask);
	close(h->answer);
}

/* A child with the inherited mapping and one with a mapping of its own lose access together. */
TEST_F(edu, all_processes_are_zapped)
{
	struct helper inherits, maps;

	ASSERT_EQ(EDU_ALIVE, edu_look(self->bar));
	helper_start(&inherits, self->bar, -1);
	helper_start(&maps, NULL, self->dev.fd);
	EXPECT_EQ(EDU_ALIVE, helper_looks(&inherits));
	EXPECT_EQ(EDU_ALIVE, helper_looks(&maps));
	for (int i = 0; i < 3; i++) {
		vfio_set_command(&self->dev, PCI_COMMAND_MEMORY, 0);
		EXPECT_EQ(EDU_GONE, edu_look(self->bar));
		EXPECT_EQ(EDU_GONE, helper_looks(&inherits));
		EXPECT_EQ(EDU_GONE, helper_looks(&maps));
		vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
		EXPECT_EQ(EDU_ALIVE, edu_look(self->bar));
		EXPECT_EQ(EDU_ALIVE, helper_looks(&inherits));
		EXPECT_EQ(EDU_ALIVE, helper_looks(&maps));
	}
	helper_stop(&inherits);
	helper_stop(&maps);
}

/* Forked while decode is off: the child must not inherit a stale entry. */
TEST_F(edu, fork_while_off)
{
	struct helper h;

	ASSERT_EQ(EDU_ALIVE, edu_look(self->bar));
	vfio_set_command(&self->dev, PCI_COMMAND_MEMORY, 0);
	helper_start(&h, self->bar, -1);
	EXPECT_EQ(EDU_GONE, helper_looks(&h));
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
	EXPECT_EQ(EDU_ALIVE, helper_looks(&h));
	helper_stop(&h);
}

/* One device's mapping is nobody else's business. */
TEST_F(edu, another_device_is_not_zapped)
{
	struct vfio_dev other;
	void *bar;

	OPEN_OR_SKIP(&other, NULL, &pci_edu, 1);
	bar = vfio_mmap(&other, 0, 0, PAGE, PROT_READ);
	ASSERT_NE(MAP_FAILED, bar);
	ASSERT_EQ(EDU_ALIVE, edu_look(bar));
	vfio_set_command(&self->dev, PCI_COMMAND_MEMORY, 0);
	EXPECT_EQ(EDU_GONE, edu_look(self->bar));
	EXPECT_EQ(EDU_ALIVE, edu_look(bar));
	EXPECT_EQ(PAGE, pt_available() ? pt_lookup(bar).size : PAGE);
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
	vfio_close(&other);
}

TEST_F(edu, split_and_shrunk)
{
	char *bar = self->bar;

	ASSERT_EQ(EDU_ALIVE, edu_look(bar));
	/* a hole in the middle, a different protection after it: one mmap becomes four VMAs */
	ASSERT_EQ(0, munmap(bar + 4 * PAGE, PAGE));
	ASSERT_EQ(0, mprotect(bar + 8 * PAGE, PAGE, PROT_READ));
	for (int i = 0; i < 2; i++) {
		EXPECT_TRUE(try_read32(bar + 3 * PAGE, NULL));
		EXPECT_TRUE(try_read32(bar + 5 * PAGE, NULL));
		EXPECT_TRUE(try_read32(bar + 8 * PAGE, NULL));
		EXPECT_TRUE(try_read32(bar + 9 * PAGE, NULL));
		vfio_set_command(&self->dev, PCI_COMMAND_MEMORY, 0);
		EXPECT_FALSE(try_read32(bar, NULL));
		EXPECT_FALSE(try_read32(bar + 3 * PAGE, NULL));
		EXPECT_FALSE(try_read32(bar + 5 * PAGE, NULL));
		EXPECT_FALSE(try_read32(bar + 8 * PAGE, NULL));
		EXPECT_FALSE(try_read32(bar + 9 * PAGE, NULL));
		vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
		EXPECT_EQ(EDU_ALIVE, edu_look(bar));
	}
}

TEST_F(edu, moved)
{
	void *to = mmap(NULL, EDU_BAR_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *moved;

	ASSERT_NE(MAP_FAILED, to);
	ASSERT_EQ(EDU_ALIVE, edu_look(self->bar));
	moved = mremap(self->bar, EDU_BAR_SIZE, EDU_BAR_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	ASSERT_EQ(to, moved);
	EXPECT_EQ(EDU_ALIVE, edu_look(moved));
	vfio_set_command(&self->dev, PCI_COMMAND_MEMORY, 0);
	EXPECT_EQ(EDU_GONE, edu_look(moved));
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
	EXPECT_EQ(EDU_ALIVE, edu_look(moved));
	/* It cannot grow: that would be a way around the bounds checked at mmap. */
	errno = 0;
	EXPECT_EQ(MAP_FAILED, mremap(moved, EDU_BAR_SIZE, EDU_BAR_SIZE + PAGE, MREMAP_MAYMOVE));
	EXPECT_EQ(EFAULT, errno);
}

/* The file is closed, its mapping is not: the device stays open and works until munmap. */
TEST_F(edu, close_with_a_mapping)
{
	int fd;

	close(self->dev.fd);
	self->dev.fd = -1;
	EXPECT_EQ(EDU_ALIVE, edu_look(self->bar));
	edu_write(self->bar, EDU_LIVENESS, 7);
	EXPECT_EQ(~7U, edu_read(self->bar, EDU_LIVENESS));

	/* The device is opened again while the mapping exists: a zap reaches the old mapping. */
	if (self->dev.iommu->iommufd)
		return; /* a cdev has one owner at a time */
	fd = vfio_get_device_fd(self->dev.iommu, self->dev.bdf);
	ASSERT_LE(0, fd);
	self->dev.fd = fd;
	vfio_set_command(&self->dev, PCI_COMMAND_MEMORY, 0);
	EXPECT_EQ(EDU_GONE, edu_look(self->bar));
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
	EXPECT_EQ(EDU_ALIVE, edu_look(self->bar));
	ASSERT_EQ(0, munmap(self->bar, EDU_BAR_SIZE));
}

TEST_F(edu, process_ends_with_a_mapping)
{
	int status;

	for (int i = 0; i < 10; i++) {
		pid_t pid = fork();

		if (!pid) {
			void *bar = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->dev.fd, 0);

			_exit(bar == MAP_FAILED || edu_look(bar) != EDU_ALIVE);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
	}
	EXPECT_EQ(EDU_ALIVE, edu_look(self->bar));
}

TEST_F(edu, many_times)
{
	for (int i = 0; i < 1000; i++) {
		void *bar = vfio_mmap(&self->dev, 0, 0, 4 * PAGE, PROT_READ);

		ASSERT_NE(MAP_FAILED, bar) TH_LOG("round %d", i);
		if (i % 16 == 0)
			ASSERT_EQ(EDU_ALIVE, edu_look(bar));
		ASSERT_EQ(0, munmap(bar, 4 * PAGE));
	}
}

TEST_HARNESS_MAIN
