// SPDX-License-Identifier: GPL-2.0-only
/* Power: states set in config space, and the features that let the host suspend the device. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "fixture.h"
#include "mem.h"
#include "module.h"

#define NVME_VS 0x08 /* version: never 0, never changes */

FIXTURE(nvme)
{
	struct vfio_dev dev;
	unsigned int pm;
	char *bar;
	uint32_t version;
};

FIXTURE_SETUP(nvme)
{
	OPEN_OR_SKIP(&self->dev, NULL, &pci_nvme, 0);
	self->pm = vfio_find_cap(&self->dev, PCI_CAP_ID_PM);
	if (!self->pm)
		SKIP(return, "this nvme has no power management: use QEMU 7.1 or newer");
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
	self->bar = vfio_mmap(&self->dev, 0, 0, PAGE, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, self->bar);
	ASSERT_TRUE(try_read32(self->bar + NVME_VS, &self->version));
	ASSERT_NE(0, self->version);
}

FIXTURE_TEARDOWN(nvme)
{
	vfio_close(&self->dev);
}

static int feature(struct vfio_dev *dev, uint32_t flags, const void *data, size_t len)
{
	struct {
		struct vfio_device_feature head;
		char data[16];
	} buf = { .head = { .argsz = sizeof(buf.head) + len, .flags = flags } };

	memcpy(buf.data, data, len);
	return sys(ioctl(dev->fd, VFIO_DEVICE_FEATURE, &buf));
}

#define ENTRY  (VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY | VFIO_DEVICE_FEATURE_SET)
#define WAKEUP (VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP | VFIO_DEVICE_FEATURE_SET)
#define EXIT   (VFIO_DEVICE_FEATURE_LOW_POWER_EXIT | VFIO_DEVICE_FEATURE_SET)

static int enter_with_wakeup(struct vfio_dev *dev, int fd)
{
	struct vfio_device_low_power_entry_with_wakeup entry = { .wakeup_eventfd = fd };

	return feature(dev, WAKEUP, &entry, sizeof(entry));
}

static uint32_t version_by_read(struct vfio_dev *dev)
{
	uint32_t value = 0;

	return pread(dev->fd, &value, 4, NVME_VS) == 4 ? value : 0;
}

TEST_F(nvme, d3hot)
{
	uint32_t value;

	vfio_config_write(&self->dev, self->pm + PCI_PM_CTRL, 2, 3);
	EXPECT_EQ(3, vfio_config_read(&self->dev, self->pm + PCI_PM_CTRL, 2) & 3);
	EXPECT_FALSE(try_read32(self->bar + NVME_VS, NULL));
	EXPECT_EQ(-EIO, sys(pread(self->dev.fd, &value, 4, NVME_VS)));
	vfio_config_write(&self->dev, self->pm + PCI_PM_CTRL, 2, 0);
	EXPECT_EQ(self->version, version_by_read(&self->dev));
	ASSERT_TRUE(try_read32(self->bar + NVME_VS, &value));
	EXPECT_EQ(self->version, value);
}

struct other {
	FIXTURE_DATA(nvme) *nvme;
	pthread_t thread;
	atomic_bool ended;
};

static void *wake_by_config(void *arg)
{
	struct other *other = arg;

	vfio_config_write(&other->nvme->dev, other->nvme->pm + PCI_PM_CTRL, 2, 0);
	other->ended = true;
	return NULL;
}

static void *reset_by_sysfs(void *arg)
{
	struct other *other = arg;

	pci_write_attr(other->nvme->dev.bdf, "reset", "1");
	other->ended = true;
	return NULL;
}

static int buswalk_ended(void)
{
	int fd = open("/sys/module/buswalk/parameters/ended", O_RDONLY | O_CLOEXEC);
	char text[16] = "";

	if (fd >= 0 && read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	return atoi(text);
}

/*
 * On its way to D0, which is long, a device is reset through sysfs, error recovery walks its bus,
 * and a bus is added: each waits for a lock of the one before, and waking for the last one's.
 */
TEST_F_TIMEOUT(nvme, waking_against_reset_recovery_and_new_bus_ends, 30)
{
	struct other waker = { .nvme = self }, resetter = { .nvme = self };
	char parameters[64];

	snprintf(parameters, sizeof(parameters), "device=%s delay_ms=1000", self->dev.bdf);
	ASSERT_EQ(0, module_load("buswalk", parameters));
	vfio_config_write(&self->dev, self->pm + PCI_PM_CTRL, 2, 3);
	ASSERT_EQ(0, pthread_create(&waker.thread, NULL, wake_by_config, &waker));
	usleep(200000);
	ASSERT_EQ(0, pthread_create(&resetter.thread, NULL, reset_by_sysfs, &resetter));
	usleep(200000);
	EXPECT_FALSE(waker.ended);
	ASSERT_EQ(0, write_file("/sys/module/buswalk/parameters/start", "1"));
	for (int i = 0; i < 100 && buswalk_ended() != 2; i++)
		usleep(100000);
	ASSERT_EQ(2, buswalk_ended());
	pthread_join(waker.thread, NULL);
	pthread_join(resetter.thread, NULL);
	EXPECT_EQ(0, vfio_config_read(&self->dev, self->pm + PCI_PM_CTRL, 2) & 3);
	EXPECT_EQ(self->version, version_by_read(&self->dev));
	ASSERT_EQ(0, module_unload("buswalk"));
}

TEST_F(nvme, low_power)
{
	uint32_t value;

	ASSERT_EQ(0, feature(&self->dev, ENTRY, NULL, 0));
	EXPECT_FALSE(try_read32(self->bar + NVME_VS, NULL));
	EXPECT_TRUE(pci_power_becomes(self->dev.bdf, "suspended"));
	EXPECT_EQ(-EINVAL, feature(&self->dev, ENTRY, NULL, 0));

	/* read() and write() wake it for their own time, */
	EXPECT_EQ(self->version, version_by_read(&self->dev));
	EXPECT_FALSE(try_read32(self->bar + NVME_VS, NULL));
	EXPECT_TRUE(pci_power_becomes(self->dev.bdf, "suspended"));
	/* and neither a reset nor the COMMAND register ends low power. */
	EXPECT_EQ(0, sys(ioctl(self->dev.fd, VFIO_DEVICE_RESET)));
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
	EXPECT_FALSE(try_read32(self->bar + NVME_VS, NULL));
	EXPECT_TRUE(pci_power_becomes(self->dev.bdf, "suspended"));

	ASSERT_EQ(0, feature(&self->dev, EXIT, NULL, 0));
	ASSERT_TRUE(try_read32(self->bar + NVME_VS, &value));
	EXPECT_EQ(self->version, value);
	EXPECT_TRUE(pci_power_becomes(self->dev.bdf, "active"));
	/* Twice is harmless, and the count of references still right: */
	EXPECT_EQ(0, feature(&self->dev, EXIT, NULL, 0));
	ASSERT_EQ(0, feature(&self->dev, ENTRY, NULL, 0));
	EXPECT_TRUE(pci_power_becomes(self->dev.bdf, "suspended"));
}

TEST_F(nvme, wakeup_ends_low_power)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	ASSERT_EQ(0, enter_with_wakeup(&self->dev, fd));
	ASSERT_TRUE(pci_power_becomes(self->dev.bdf, "suspended"));
	EXPECT_FALSE(eventfd_wait(fd, 0, NULL));
	EXPECT_EQ(self->version, version_by_read(&self->dev));
	EXPECT_TRUE(eventfd_wait(fd, SOON, NULL));
	EXPECT_TRUE(try_read32(self->bar + NVME_VS, NULL));
	usleep(300000);
	EXPECT_TRUE(pci_power_becomes(self->dev.bdf, "active"));
	EXPECT_EQ(0, feature(&self->dev, EXIT, NULL, 0));
	ASSERT_EQ(0, enter_with_wakeup(&self->dev, fd));
	EXPECT_TRUE(pci_power_becomes(self->dev.bdf, "suspended"));
}

TEST_F(nvme, close_in_low_power)
{
	char bdf[BDF_LEN];

	memcpy(bdf, self->dev.bdf, sizeof(bdf));
	vfio_config_write(&self->dev, self->pm + PCI_PM_CTRL, 2, 3);
	ASSERT_EQ(0, feature(&self->dev, ENTRY, NULL, 0));
	ASSERT_TRUE(pci_power_becomes(self->dev.bdf, "suspended"));
	munmap(self->bar, PAGE);
	vfio_close(&self->dev);
	ASSERT_EQ(0, vfio_open(&self->dev, NULL, bdf));
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
	EXPECT_EQ(self->version, version_by_read(&self->dev));
}

TEST_F(nvme, wrong_calls)
{
	struct vfio_device_low_power_entry_with_wakeup entry = { .wakeup_eventfd = -1 };
	int probe = VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_SET;

	EXPECT_EQ(0, feature(&self->dev, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY | probe, NULL, 0));
	EXPECT_EQ(0, feature(&self->dev, VFIO_DEVICE_FEATURE_LOW_POWER_EXIT | probe, NULL, 0));
	EXPECT_EQ(-EINVAL, feature(&self->dev, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY |
			  VFIO_DEVICE_FEATURE_GET, NULL, 0));
	EXPECT_EQ(-EINVAL, feature(&self->dev, WAKEUP, &entry, sizeof(entry)));
	EXPECT_EQ(-EINVAL, feature(&self->dev, WAKEUP, NULL, 0));
	entry.wakeup_eventfd = self->dev.fd; /* a file, but no eventfd */
	EXPECT_EQ(-EINVAL, feature(&self->dev, WAKEUP, &entry, sizeof(entry)));
	entry.wakeup_eventfd = 1000;
	EXPECT_EQ(-EBADF, feature(&self->dev, WAKEUP, &entry, sizeof(entry)));
	EXPECT_TRUE(try_read32(self->bar + NVME_VS, NULL));
}

#define NVME_INTMS 0x0c /* interrupt mask: writing sets bits, a reset clears all */

struct entering {
	struct vfio_dev *dev;
	atomic_int tid;
	int ret;
};

static void *reset_function(void *arg)
{
	struct entering *entering = arg;

	entering->tid = gettid();
	entering->ret = sys(ioctl(entering->dev->fd, VFIO_DEVICE_RESET));
	entering->tid = -1;
	return NULL;
}

static void *enter_low_power(void *arg)
{
	struct entering *entering = arg;

	entering->tid = gettid();
	entering->ret = feature(entering->dev, ENTRY, NULL, 0);
	entering->tid = -1;
	return NULL;
}

/* False when it came through. */
static bool is_stuck(struct entering *entering)
{
	char path[64], stat[128] = "", state;
	FILE *file;

	for (;;) {
		if (entering->tid < 0)
			return false;
		snprintf(path, sizeof(path), "/proc/self/task/%d/stat", entering->tid);
		file = fopen(path, "r");
		if (file) {
			if (fgets(stat, sizeof(stat), file) &&
			    sscanf(stat, "%*d (%*[^)]) %c", &state) == 1 && state == 'D') {
				fclose(file);
				return true;
			}
			fclose(file);
		}
		usleep(1000);
	}
}

/*
 * An ioeventfd that finds memory_lock held, here by a reset, defers its write. The deferred write
 * takes the lock after the task that waits to enter low power, and must then not reach the device.
 */
TEST_F(nvme, late_ioeventfd)
{
	struct vfio_device_ioeventfd on = {
		.argsz = sizeof(on),
		.flags = VFIO_DEVICE_IOEVENTFD_32,
		.offset = NVME_INTMS,
		.data = 0x5a,
	};
	int event = eventfd(0, EFD_NONBLOCK);
	bool met = false;
	uint32_t value;

	if (strcmp(vfio_driver(), "vfio-pci-sdk"))
		SKIP(return, "the kernel's own driver asks for memory decode only: set "
			     "VFIO_DRIVER=vfio-pci-sdk");
	for (int round = 0; round < 10 && !met; round++) {
		struct entering reset = { .dev = &self->dev }, entry = { .dev = &self->dev };
		pthread_t threads[2];

		on.fd = event;
		ASSERT_EQ(0, sys(ioctl(self->dev.fd, VFIO_DEVICE_IOEVENTFD, &on)));
		ASSERT_EQ(0, pthread_create(&threads[0], NULL, reset_function, &reset));
		met = is_stuck(&reset);
		ASSERT_EQ(0, pthread_create(&threads[1], NULL, enter_low_power, &entry));
		met = met && is_stuck(&entry) && reset.tid >= 0;
		ASSERT_EQ(0, eventfd_write(event, 1));
		met = met && reset.tid >= 0;
		pthread_join(threads[0], NULL);
		pthread_join(threads[1], NULL);
		ASSERT_EQ(0, reset.ret);
		ASSERT_EQ(0, entry.ret);
		/* Waits for its thread. */
		on.fd = -1;
		ASSERT_EQ(0, sys(ioctl(self->dev.fd, VFIO_DEVICE_IOEVENTFD, &on)));
		ASSERT_EQ(0, feature(&self->dev, EXIT, NULL, 0));
		ASSERT_TRUE(try_read32(self->bar + NVME_INTMS, &value));
		if (met)
			EXPECT_EQ(0, value);
	}
	EXPECT_TRUE(met);
}

/* The network card, which may lose its configuration in D3hot (No_Soft_Reset is clear). */
#define E1000E_STATUS 0x08
#define E1000E_ICR    0xc0
#define E1000E_ICS    0xc8
#define E1000E_IMS    0xd0
#define E1000E_CAUSE  (1 << 2) /* link status change */

FIXTURE(nic)
{
	struct vfio_dev dev;
	unsigned int pm;
};

FIXTURE_SETUP(nic)
{
	OPEN_OR_SKIP(&self->dev, NULL, &pci_e1000e, 0);
	self->pm = vfio_find_cap(&self->dev, PCI_CAP_ID_PM);
	ASSERT_NE(0, self->pm);
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

FIXTURE_TEARDOWN(nic)
{
	vfio_close(&self->dev);
}

#define HEADER 64

static void hardware(const char *bdf, uint8_t config[HEADER])
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", bdf);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (pread(fd, config, HEADER, 0) != HEADER)
		abort();
	close(fd);
}

/* What a device does by itself that forgets all in D3hot. The emulated one does not. */
static void forget(const char *bdf)
{
	static const uint32_t none;
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", bdf);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (pwrite(fd, &none, 2, PCI_COMMAND) != 2 ||
	    pwrite(fd, &none, 1, PCI_CACHE_LINE_SIZE) != 1 ||
	    pwrite(fd, &none, 4, PCI_BASE_ADDRESS_0) != 4)
		abort();
	close(fd);
}

TEST_F(nic, d3hot_forgets)
{
	const unsigned int ctrl = self->pm + PCI_PM_CTRL;
	uint8_t before[HEADER], after[HEADER];
	uint32_t status, value;

	if (vfio_config_read(&self->dev, ctrl, 2) & PCI_PM_CTRL_NO_SOFT_RESET)
		SKIP(return, "this e1000e keeps its configuration in D3hot: use QEMU 7.2");
	vfio_config_write(&self->dev, PCI_CACHE_LINE_SIZE, 1, 16);
	ASSERT_EQ(4, pread(self->dev.fd, &status, 4, E1000E_STATUS));
	hardware(self->dev.bdf, before);
	ASSERT_TRUE(before[PCI_COMMAND] & PCI_COMMAND_MEMORY);
	for (int way = 0; way < 3; way++) {
		vfio_config_write(&self->dev, ctrl, 2, 3);
		forget(self->dev.bdf);
		hardware(self->dev.bdf, after);
		ASSERT_FALSE(after[PCI_COMMAND] & PCI_COMMAND_MEMORY);
		/* Awake by the user, by a reset, or by the host that wants to suspend it. */
		if (way == 0) {
			vfio_config_write(&self->dev, ctrl, 2, 0);
		} else if (way == 1) {
			ASSERT_EQ(0, sys(ioctl(self->dev.fd, VFIO_DEVICE_RESET)));
		} else {
			ASSERT_EQ(0, feature(&self->dev, ENTRY, NULL, 0));
			ASSERT_TRUE(pci_power_becomes(self->dev.bdf, "suspended"));
			ASSERT_EQ(0, feature(&self->dev, EXIT, NULL, 0));
		}
		EXPECT_EQ(0, vfio_config_read(&self->dev, ctrl, 2) & 3);
		hardware(self->dev.bdf, after);
		EXPECT_EQ(0, memcmp(before, after, HEADER)) TH_LOG("way %d", way);
		ASSERT_EQ(4, pread(self->dev.fd, &value, 4, E1000E_STATUS));
		EXPECT_EQ(status, value);
	}
}

static void raise_intx(struct vfio_dev *dev)
{
	uint32_t cause = E1000E_CAUSE;

	pwrite(dev->fd, &cause, 4, E1000E_IMS);
	pwrite(dev->fd, &cause, 4, E1000E_ICS);
}

static int intx(struct vfio_dev *dev, uint32_t action)
{
	return vfio_set_irqs(dev, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_DATA_NONE | action, 0, 1,
			     NULL, 0);
}

/* An interrupt works after sleep as before it, and a mask of the user's outlives sleep. */
TEST_F(nic, intx_over_low_power)
{
	int event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	uint32_t ack;

	ASSERT_EQ(0, vfio_set_eventfds(&self->dev, VFIO_PCI_INTX_IRQ_INDEX, 0, 1, &event));
	for (int masked = 0; masked < 2; masked++) {
		if (masked)
			ASSERT_EQ(0, intx(&self->dev, VFIO_IRQ_SET_ACTION_MASK));
		ASSERT_EQ(0, feature(&self->dev, ENTRY, NULL, 0));
		ASSERT_TRUE(pci_power_becomes(self->dev.bdf, "suspended"));
		ASSERT_EQ(0, feature(&self->dev, EXIT, NULL, 0));
		raise_intx(&self->dev);
		EXPECT_EQ(!masked, eventfd_wait(event, masked ? NEVER : SOON, NULL));
		if (masked) {
			ASSERT_EQ(0, intx(&self->dev, VFIO_IRQ_SET_ACTION_UNMASK));
			EXPECT_TRUE(eventfd_wait(event, SOON, NULL));
		}
		ASSERT_EQ(4, pread(self->dev.fd, &ack, 4, E1000E_ICR));
		ASSERT_EQ(0, intx(&self->dev, VFIO_IRQ_SET_ACTION_UNMASK));
	}
}

/* An unused device is suspended, unless the administrator disables that. */
TEST(idle)
{
	char bdf[BDF_LEN];

	if (strcmp(vfio_driver(), "vfio-pci-sdk"))
		SKIP(return, "the driver is loaded with other parameters: unset VFIO_DRIVER");
	if (pci_find(&pci_e1000e, 0, bdf))
		SKIP_NO_DEVICE(return, &pci_e1000e);
	for (int awake = 1; awake >= 0; awake--) {
		struct vfio_dev dev;

		ASSERT_EQ(0, module_load("vfio-pci-sdk", awake ? "disable_idle_d3=1" : ""));
		ASSERT_EQ(0, pci_bind(bdf, vfio_driver()));
		/* It would sleep at once. */
		usleep(awake ? 200000 : 0);
		EXPECT_TRUE(pci_power_becomes(bdf, awake ? "active" : "suspended"));
		ASSERT_EQ(0, vfio_open_bound(&dev, NULL, bdf));
		EXPECT_TRUE(pci_power_becomes(bdf, "active"));
		vfio_close(&dev);
		usleep(awake ? 200000 : 0);
		EXPECT_TRUE(pci_power_becomes(bdf, awake ? "active" : "suspended"));
	}
}

TEST_HARNESS_MAIN
