// SPDX-License-Identifier: GPL-2.0-only
/*
 * BARs are claimed and mapped at first use: by any kind of use, by several uses at once, and after
 * another driver or process has used the BAR.
 */
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "fixture.h"
#include "mem.h"
#include "module.h"

#define BAR	2 /* of ivshmem: memory that anybody may read */
#define USERS	4
#define ROUNDS	20
#define HOLDER	"memhold"

FIXTURE(bars)
{
	struct vfio_dev dev;
	uint64_t start, end;
};

FIXTURE_SETUP(bars)
{
	uint64_t flags;

	OPEN_OR_SKIP(&self->dev, NULL, &pci_ivshmem, 0);
	ASSERT_TRUE(pci_resource(self->dev.bdf, BAR, &self->start, &self->end, &flags));
}

FIXTURE_TEARDOWN(bars)
{
	vfio_close(&self->dev);
	module_unload(HOLDER);
}

static bool claimed(const char *by, uint64_t start, uint64_t end)
{
	FILE *file = fopen("/proc/iomem", "r");
	char line[256], want[64];
	bool found = false;

	snprintf(want, sizeof(want), "%08lx-%08lx : %s\n", start, end, by);
	while (file && !found && fgets(line, sizeof(line), file))
		found = !strcmp(line + strspn(line, " "), want);
	if (file)
		fclose(file);
	return found;
}

static int use_by_read(struct vfio_dev *dev)
{
	uint32_t value;

	return sys(pread(dev->fd, &value, sizeof(value), VFIO_REGION_OFFSET(BAR)));
}

static int use_by_mmap(struct vfio_dev *dev)
{
	void *map = vfio_mmap(dev, BAR, 0, PAGE, PROT_READ);

	if (map == MAP_FAILED)
		return -errno;
	(void)*(volatile uint32_t *)map;
	return munmap(map, PAGE);
}

static int use_by_ioeventfd(struct vfio_dev *dev)
{
	static uint64_t data;
	struct vfio_device_ioeventfd arg = {
		.argsz = sizeof(arg),
		.flags = VFIO_DEVICE_IOEVENTFD_32,
		.offset = VFIO_REGION_OFFSET(BAR),
		.data = data++,
		.fd = eventfd(0, EFD_CLOEXEC),
	};
	int ret = sys(ioctl(dev->fd, VFIO_DEVICE_IOEVENTFD, &arg));

	close(arg.fd);
	return ret;
}

static int (*const uses[])(struct vfio_dev *) = { use_by_read, use_by_mmap, use_by_ioeventfd };

static int reopen(struct vfio_dev *dev)
{
	close(dev->fd);
	dev->fd = vfio_get_device_fd(dev->iommu, dev->bdf);
	return dev->fd < 0 ? dev->fd : 0;
}

TEST_F(bars, first_use_claims)
{
	struct vfio_region_info info;

	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, "the kernel's own driver claims a BAR by another name at mmap: "
			     "set VFIO_DRIVER=vfio-pci-sdk");
	for (unsigned int i = 0; i < sizeof(uses) / sizeof(*uses); i++) {
		ASSERT_EQ(0, vfio_region(&self->dev, BAR, &info));
		EXPECT_FALSE(claimed("vfio", self->start, self->end));
		EXPECT_LE(0, uses[i](&self->dev));
		EXPECT_TRUE(claimed("vfio", self->start, self->end)) TH_LOG("use %u", i);
		EXPECT_LE(0, uses[i](&self->dev));
		ASSERT_EQ(0, reopen(&self->dev));
	}
}

struct user {
	struct vfio_dev *dev;
	pthread_barrier_t *start;
	int (*use)(struct vfio_dev *dev);
	int ret;
};

static void *user(void *arg)
{
	struct user *user = arg;

	pthread_barrier_wait(user->start);
	user->ret = user->use(user->dev);
	return NULL;
}

TEST_F_TIMEOUT(bars, first_uses_race, 60)
{
	struct user users[USERS];
	pthread_t threads[USERS];
	pthread_barrier_t start;

	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, "on 6.1 the kernel's own driver refuses one of two first users: "
			     "set VFIO_DRIVER=vfio-pci-sdk");
	pthread_barrier_init(&start, NULL, USERS);
	for (unsigned int round = 0; round < ROUNDS; round++) {
		for (unsigned int i = 0; i < USERS; i++) {
			users[i] = (struct user){ .dev = &self->dev, .start = &start,
						  .use = i % 2 ? use_by_mmap : use_by_read };
			ASSERT_EQ(0, pthread_create(&threads[i], NULL, user, &users[i]));
		}
		for (unsigned int i = 0; i < USERS; i++) {
			pthread_join(threads[i], NULL);
			ASSERT_LE(0, users[i].ret) TH_LOG("user %u in round %u", i, round);
		}
		ASSERT_EQ(0, reopen(&self->dev));
	}
	pthread_barrier_destroy(&start);
}

/* Only that BAR is unusable, and only while the other module holds it. */
TEST_F(bars, taken_by_another)
{
	char claim[64];
	uint32_t value;

	snprintf(claim, sizeof(claim), "claim=%#lx,%#lx", self->start, self->end - self->start + 1);
	ASSERT_EQ(0, module_load(HOLDER, claim));
	for (unsigned int i = 0; i < sizeof(uses) / sizeof(*uses); i++) {
		EXPECT_EQ(-EBUSY, uses[i](&self->dev)) TH_LOG("use %u", i);
	}
	EXPECT_EQ(4, pread(self->dev.fd, &value, sizeof(value), VFIO_REGION_OFFSET(0)));
	EXPECT_FALSE(claimed("vfio", self->start, self->end));

	ASSERT_EQ(0, module_unload(HOLDER));
	for (unsigned int i = 0; i < sizeof(uses) / sizeof(*uses); i++) {
		EXPECT_LE(0, uses[i](&self->dev)) TH_LOG("use %u", i);
	}
	EXPECT_NE(0, module_load(HOLDER, claim));
}

TEST_HARNESS_MAIN
