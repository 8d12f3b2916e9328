// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that fail leak nothing: ten thousand of them and more, with faulting arguments and files of
 * the wrong kind among them, leave each slab cache as large as it was.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "fixture.h"
#include "mem.h"

#define CALLS	   4000
#define ROUNDS	   3
#define MAX_ROUNDS 10
#define MAX_CACHES 512

/*
 * Caches grow and shrink with unrelated work of the kernel; only a leak adds objects in every
 * round, however many rounds there are. One call in eight is of each kind, and most of those end
 * early.
 */
#define LEAK (CALLS / 250)

FIXTURE_VARIANT_ADD(device, edu){.id = &pci_edu};
FIXTURE_VARIANT_ADD(device, nvme){.id = &pci_nvme};

struct cache {
	char name[48];
	long active;
};

/* Objects in use in each cache. Returns the number of caches, 0 when the kernel does not tell. */
static int read_slabs(struct cache caches[MAX_CACHES])
{
	FILE *file = fopen("/proc/slabinfo", "r");
	char line[512];
	int n = 0;

	while (file && n < MAX_CACHES && fgets(line, sizeof(line), file))
		/*
		 * Areas of vmalloc that were freed stay until a lot of them can go at once, and
		 * kmemleak's notes on objects that KASAN keeps after they were freed, with them.
		 */
		if (*line != '#' &&
		    sscanf(line, "%47s %ld", caches[n].name, &caches[n].active) == 2 &&
		    strncmp(caches[n].name, "vmap_", 5) && strncmp(caches[n].name, "kmemleak_", 9))
			n++;
	if (file)
		fclose(file);
	return n;
}

/*
 * Release objects that only wait for a grace period or for a shrink of the caches. Until then,
 * objects on per-CPU lists count as in use, hundreds of them for small objects.
 */
static void settle(void)
{
	DIR *dir = opendir("/sys/kernel/slab");
	struct dirent *entry;
	char path[300];

	write_file("/proc/sys/vm/drop_caches", "3");
	usleep(200000);
	while (dir && (entry = readdir(dir))) {
		/* a link is another name for the same cache */
		if (entry->d_type != DT_DIR)
			continue;
		snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", entry->d_name);
		write_file(path, "1");
	}
	if (dir)
		closedir(dir);
}

/* An argument that begins well enough to be looked at further; a hole may cut it off. */
static void *random_arg(unsigned int *seed, char *hole, size_t size)
{
	uint32_t *arg = (void *)(hole - size);

	arg[0] = rand_r(seed) % 4 ? 64 : rand_r(seed);
	return rand_r(seed) % 4 ? arg : (void *)(hole - rand_r(seed) % 40);
}

static long wrong_call(struct vfio_dev *dev, unsigned int kind, unsigned int *seed, char *hole,
		       const int fds[3])
{
	static const unsigned long info[] = { VFIO_DEVICE_GET_INFO, VFIO_DEVICE_GET_REGION_INFO,
					      VFIO_DEVICE_GET_IRQ_INFO,
					      VFIO_DEVICE_GET_PCI_HOT_RESET_INFO };
	struct vfio_irq_set *irq;
	struct vfio_device_ioeventfd *io;
	struct vfio_device_feature *feature;
	struct vfio_pci_hot_reset *reset;
	uint32_t *arg = (void *)(hole - 64);
	const unsigned int narrowest = pci_narrowest(dev->bdf);
	void *map;

	memset(arg, 0, 64);
	switch (kind) {
	case 0:
		irq = (void *)arg;
		irq->flags = (1 << rand_r(seed) % 3) | (8 << rand_r(seed) % 3);
		/* mostly MSI-X, which has vectors enough for the call to be looked at further */
		irq->index = rand_r(seed) % 2 ? VFIO_PCI_MSIX_IRQ_INDEX : rand_r(seed) % 6;
		irq->start = rand_r(seed) % 4 ? 0 : rand_r(seed) % 3;
		irq->count = rand_r(seed) % 2 ? 1 : 1 + rand_r(seed) % 4;
		for (int i = 0; i < 5; i++)
			((int32_t *)irq->data)[i] = i ? fds[rand_r(seed) % 3] : fds[2];
		return ioctl(dev->fd, VFIO_DEVICE_SET_IRQS, random_arg(seed, hole, 64));
	case 1:
		io = (void *)arg;
		io->flags = 1 << rand_r(seed) % 5;
		io->offset = VFIO_REGION_OFFSET(rand_r(seed) % 9) + rand_r(seed) % 4096;
		io->fd = fds[1 + rand_r(seed) % 2];
		return ioctl(dev->fd, VFIO_DEVICE_IOEVENTFD, random_arg(seed, hole, 64));
	case 2:
		feature = (void *)arg;
		feature->flags = rand_r(seed) % 16 | VFIO_DEVICE_FEATURE_SET;
		/* 3 and 5 take no data, and work */
		feature->flags |= feature->flags & 1 ? VFIO_DEVICE_FEATURE_GET : 0;
		*(int32_t *)feature->data = fds[rand_r(seed) % 3];
		return ioctl(dev->fd, VFIO_DEVICE_FEATURE, random_arg(seed, hole, 64));
	case 3:
		reset = (void *)arg;
		reset->count = 1 + rand_r(seed) % 4;
		for (int i = 0; i < 4; i++)
			reset->group_fds[i] = fds[rand_r(seed) % 3];
		return ioctl(dev->fd, VFIO_DEVICE_PCI_HOT_RESET, random_arg(seed, hole, 64));
	case 4:
		arg[2] = rand_r(seed) % 12;
		return ioctl(dev->fd, info[rand_r(seed) % 4], random_arg(seed, hole, 32));
	case 5:
		return pread(dev->fd, hole - rand_r(seed) % 16 / narrowest * narrowest,
			     (16 + rand_r(seed) % 4000) / narrowest * narrowest,
			     VFIO_REGION_OFFSET(rand_r(seed) % 10) +
				     rand_r(seed) % 256 / narrowest * narrowest);
	case 6:
		return pwrite(dev->fd, hole, 4, VFIO_REGION_OFFSET(rand_r(seed) % 10));
	default:
		map = vfio_mmap(dev, rand_r(seed) % 12, rand_r(seed) % 4 * 16 * PAGE * PAGE,
				3 * PAGE, PROT_READ);
		return map == MAP_FAILED ? -1 : munmap(map, 3 * PAGE);
	}
}

/* How many objects a cache has won at least in each of the rounds. */
static long least_won(struct cache seen[][MAX_CACHES], int rounds, int i)
{
	long least = LONG_MAX;

	for (int round = 0; round < rounds; round++) {
		long more = seen[round + 1][i].active - seen[round][i].active;

		least = more < least ? more : least;
	}
	return least;
}

TEST_F_TIMEOUT(device, ten_thousand_wrong_calls, 120)
{
	static struct cache seen[MAX_ROUNDS + 1][MAX_CACHES];
	int fds[3] = {eventfd(0, EFD_NONBLOCK), open("/dev/null", O_RDWR), 999};
	char *hole =
		mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int seed = 1, failed = 0;
	int n = 0, rounds = 0;
	bool grows = true;

	ASSERT_NE(MAP_FAILED, hole);
	hole += PAGE;
	ASSERT_EQ(0, munmap(hole, PAGE));
	for (int round = 0; round <= MAX_ROUNDS && grows; round++) {
		for (int i = 0; round && i < CALLS; i++)
			failed += wrong_call(&self->dev, i % 8, &seed, hole, fds) < 0;
		for (unsigned int i = 0; i < VFIO_PCI_NUM_IRQS; i++)
			vfio_irq_disable(&self->dev, i);
		settle();
		n = read_slabs(seen[round]);
		rounds = round;
		grows = round < ROUNDS;
		for (int i = 0; i < n && !grows; i++)
			grows = least_won(seen, rounds, i) >= LEAK;
	}
	if (!n)
		SKIP(return, "this kernel has no /proc/slabinfo (CONFIG_SLUB_DEBUG)");
	EXPECT_LT(rounds * CALLS / 2, failed);
	for (int i = 0; i < n; i++) {
		ASSERT_STREQ(seen[0][i].name, seen[rounds][i].name);
		EXPECT_GT(LEAK, least_won(seen, rounds, i))
		TH_LOG("%s: from %ld to %ld objects in %d rounds", seen[0][i].name,
		       seen[0][i].active, seen[rounds][i].active, rounds);
	}
	close(fds[0]);
	close(fds[1]);
}

TEST_HARNESS_MAIN
