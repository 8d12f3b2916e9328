// SPDX-License-Identifier: GPL-2.0-only
/* Opens, closes, first uses of a BAR, unbinding and unplugging, all at once. */
#include <sys/eventfd.h>
#include <sys/utsname.h>

#include "fixture.h"
#include "mem.h"
#include "race.h"

#define SECONDS 6

FIXTURE(group)
{
	struct vfio_iommu iommu;
	struct vfio_dev dev;
};

FIXTURE_SETUP(group)
{
	char bdf[BDF_LEN];

	if (pci_find(&pci_edu, 0, bdf))
		SKIP_NO_DEVICE(return, &pci_edu);
	ASSERT_EQ(0, vfio_iommu_open(&self->iommu));
	if (self->iommu.iommufd)
		SKIP(return, "a character device is opened by one: leave out FLAVOR=iommufd");
	ASSERT_EQ(0, vfio_open(&self->dev, &self->iommu, bdf));
	close(self->dev.fd);
}

FIXTURE_TEARDOWN(group)
{
	vfio_iommu_close(&self->iommu);
}

static void *map_bar(int fd)
{
	return mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, VFIO_REGION_OFFSET(0));
}

/* Each thread has a file of its own: the first one opens the device and the last one closes it. */
static void open_use_and_close(struct racer *racer)
{
	FIXTURE_DATA(group) *group = racer->arg;
	struct vfio_dev dev = group->dev;
	bool close_first;
	void *bar;

	dev.fd = vfio_get_device_fd(&group->iommu, dev.bdf);
	if (dev.fd < 0) {
		race_wrong(racer, "open: %d", dev.fd);
		return;
	}
	vfio_set_command(&dev, 0, PCI_COMMAND_MEMORY);
	bar = map_bar(dev.fd);
	/* The mapping holds the file. */
	close_first = race_dice(racer, 2);
	if (close_first)
		close(dev.fd);
	if (bar == MAP_FAILED) {
		race_wrong(racer, "mmap: %d", -errno);
	} else {
		race_touch(racer, bar, EDU_ID_VALUE);
		munmap(bar, PAGE);
	}
	if (!close_first)
		close(dev.fd);
}

static void open_and_read(struct racer *racer)
{
	FIXTURE_DATA(group) *group = racer->arg;
	uint32_t value = 0;
	int fd = vfio_get_device_fd(&group->iommu, group->dev.bdf);
	long ret = sys(pread(fd, &value, 4, 0));

	/* Decode is off until somebody switches it on. */
	if (fd < 0 || (ret == 4 ? value != EDU_ID_VALUE : ret != -EIO))
		race_wrong(racer, "file %d: %ld, %#x", fd, ret, value);
	racer->good++;
	close(fd);
}

TEST_F_TIMEOUT(group, opens_and_closes_of_many_files, 60)
{
	struct race race = RACE(&self->dev, NULL);

	RACE_OR_SKIP();
	for (int i = 0; i < 3; i++)
		race_add(&race, "opens, uses and closes", open_use_and_close, self);
	race_add(&race, "opens and reads", open_and_read, self);
	EXPECT_STREQ("", race_run(&race, SECONDS));
}

/* ---- the first use of a BAR ---- */

#define FIRST_USERS 4

struct first_use {
	pthread_barrier_t begin, end;
	atomic_bool stop;
	atomic_int odd; /* what a read said that it must not */
	int fd;
};

/* With decode off, a BAR that was claimed is out of reach; one that was not is another error. */
static void *use_first(void *arg)
{
	struct first_use *use = arg;

	for (;;) {
		uint32_t value = 0;
		long ret;

		pthread_barrier_wait(&use->begin);
		if (use->stop)
			return NULL;
		ret = sys(pread(use->fd, &value, sizeof(value), VFIO_REGION_OFFSET(0)));
		if (ret == sizeof(value) ? value != EDU_ID_VALUE : ret != -EIO)
			use->odd = ret ?: -ENODATA;
		pthread_barrier_wait(&use->end);
	}
}

/* In each round all users start at once, after an open, when the BAR is not claimed yet. */
TEST_F_TIMEOUT(group, first_uses_of_a_bar_at_once_all_get_it, 60)
{
	double end = test_now() + SECONDS;
	pthread_t threads[FIRST_USERS];
	struct first_use use = {};
	int rounds = 0;

	RACE_OR_SKIP();
	pthread_barrier_init(&use.begin, NULL, FIRST_USERS + 1);
	pthread_barrier_init(&use.end, NULL, FIRST_USERS + 1);
	for (int i = 0; i < FIRST_USERS; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, use_first, &use));
	for (; !use.odd && test_now() < end; rounds++) {
		use.fd = vfio_get_device_fd(&self->iommu, self->dev.bdf);
		ASSERT_LE(0, use.fd);
		pthread_barrier_wait(&use.begin);
		pthread_barrier_wait(&use.end);
		close(use.fd);
	}
	use.stop = true;
	pthread_barrier_wait(&use.begin);
	for (int i = 0; i < FIRST_USERS; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(0, use.odd) TH_LOG("in round %d", rounds);
}

/* ---- a device that goes and comes back ---- */

struct guest {
	char bdf[BDF_LEN];
	atomic_bool bound; /* or about to be taken away */
	pthread_mutex_t *iommu; /* see vfio_close_device(): only where the kernel needs it */
};

static void lock_iommu(struct guest *guest)
{
	if (guest->iommu)
		pthread_mutex_lock(guest->iommu);
}

static void unlock_iommu(struct guest *guest)
{
	if (guest->iommu)
		pthread_mutex_unlock(guest->iommu);
}

static int open_guest(struct guest *guest, struct vfio_dev *dev)
{
	int err;

	lock_iommu(guest);
	err = vfio_open_bound(dev, NULL, guest->bdf);
	unlock_iommu(guest);
	return err;
}

/*
 * Call this after file and mapping are gone: the task that removes the device holds the lock and
 * waits for both.
 */
static void close_iommu(struct guest *guest, struct vfio_dev *dev)
{
	lock_iommu(guest);
	vfio_close(dev);
	unlock_iommu(guest);
}

/* Lets go when it is asked to. */
static void use_until_asked(struct racer *racer)
{
	struct guest *guest = racer->arg;
	int request = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct vfio_dev dev;
	void *bar;

	if (!guest->bound || open_guest(guest, &dev)) {
		racer->refused++;
		close(request);
		usleep(race_dice(racer, 20000));
		return;
	}
	vfio_set_command(&dev, 0, PCI_COMMAND_MEMORY);
	bar = map_bar(dev.fd);
	if (bar == MAP_FAILED || vfio_set_eventfds(&dev, VFIO_PCI_REQ_IRQ_INDEX, 0, 1, &request)) {
		race_wrong(racer, "an open device cannot be used: %d", -errno);
	} else {
		for (int i = race_dice(racer, 200); i && !eventfd_wait(request, 0, NULL); i--)
			race_touch(racer, bar, EDU_ID_VALUE);
	}
	if (race_dice(racer, 2)) {
		vfio_close_device(&dev);
		munmap(bar, PAGE);
	} else {
		munmap(bar, PAGE);
		vfio_close_device(&dev);
	}
	close_iommu(guest, &dev);
	close(request);
}

static void bind_again(struct racer *racer, struct guest *guest)
{
	if (pci_bind_new(guest->bdf, vfio_driver(), SOON * test_slowdown()))
		racer->good++;
	else
		race_wrong(racer, "%s cannot be bound again", guest->bdf);
	guest->bound = true;
	usleep(race_dice(racer, 20000));
}

/* Waits until nobody has it open. */
static void unplug_and_plug(struct racer *racer)
{
	struct guest *guest = racer->arg;
	int ret;

	lock_iommu(guest);
	ret = pci_write_attr(guest->bdf, "remove", "1");
	unlock_iommu(guest);
	guest->bound = false;
	if (!ret)
		ret = write_file("/sys/bus/pci/rescan", "1");
	if (ret)
		race_wrong(racer, "%d", ret);
	bind_again(racer, guest);
}

static void unbind_and_bind(struct racer *racer)
{
	struct guest *guest = racer->arg;

	if (pci_unbind(guest->bdf))
		race_wrong(racer, "unbind: %d", -errno);
	guest->bound = false;
	bind_again(racer, guest);
}

static void race_for_a_guest(struct __test_metadata *_metadata, void (*host)(struct racer *racer))
{
	struct race race = RACE(NULL, NULL);
	pthread_mutex_t iommu = PTHREAD_MUTEX_INITIALIZER;
	struct guest guest = { .bound = true };
	int major, minor;
	struct utsname name;

	uname(&name);
	if (sscanf(name.release, "%d.%d", &major, &minor) == 2 &&
	    (major < 6 || (major == 6 && minor < 12)))
		guest.iommu = &iommu;

	/* A device of its own: that of the fixture is in use. */
	ASSERT_EQ(0, pci_find(&pci_edu, 1, guest.bdf));
	ASSERT_EQ(0, pci_bind(guest.bdf, vfio_driver()));
	race_add(&race, "uses it until asked", use_until_asked, &guest);
	race_add(&race, "uses it until asked, second thread", use_until_asked, &guest);
	race_add(&race, "takes it and gives it back", host, &guest);
	EXPECT_STREQ("", race_run(&race, SECONDS));
}

TEST_F_TIMEOUT(group, unplugged_and_plugged_against_users, 90)
{
	RACE_OR_SKIP();
	race_for_a_guest(_metadata, unplug_and_plug);
}

TEST_F_TIMEOUT(group, unbound_and_bound_against_users, 90)
{
	RACE_OR_SKIP();
	race_for_a_guest(_metadata, unbind_and_bind);
}

TEST_HARNESS_MAIN
