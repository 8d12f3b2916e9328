// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live migration: what the library makes of a driver's mistakes and failures (livemem has them on
 * demand), and a small VMM that moves an edu with the sample, without PRE_COPY and from RUNNING
 * straight to RESUMING.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "fixture.h"
#include "live.h"
#include "mem.h"
#include "module.h"
#include "variant.h"

#define ALL	(1 << 20)
#define DRIVER	"livemem"
#define SAMPLE	"live_migration_vfio_pci"
#define IOVA	0x100000

FIXTURE(driver)
{
	char bdf[BDF_LEN];
	struct vfio_dev dev;
};

FIXTURE_SETUP(driver)
{
	if (pci_find(&pci_edu, 0, self->bdf))
		SKIP_NO_DEVICE(return, &pci_edu);
}

FIXTURE_TEARDOWN(driver)
{
	vfio_close(&self->dev);
	module_load(DRIVER, "");
	pci_unbind(self->bdf);
}

static int open_with(FIXTURE_DATA(driver) *self, const char *parameters)
{
	vfio_close(&self->dev);
	return module_load(DRIVER, parameters) ?:
	       variant_open(&self->dev, NULL, self->bdf, DRIVER);
}

TEST_F(driver, incomplete_ops_are_refused_at_register)
{
	static const char *const lacks[] = {
		"stop,",    "run,",     "size,",       "save,",	      "load,",	 "stop_p2p,",
		"run_p2p,", "version,", "load_state,", "save_state,", "choice,", "trap_ops,",
	};
	char parameters[32];

	for (unsigned int i = 0; i < sizeof(lacks) / sizeof(*lacks); i++) {
		snprintf(parameters, sizeof(parameters), "lacks=%s", lacks[i]);
		ASSERT_EQ(0, module_load(DRIVER, parameters));
		EXPECT_NE(0, pci_bind(self->bdf, DRIVER)) TH_LOG("without %s", lacks[i]);
	}
	ASSERT_EQ(0, module_load("liveedu", "lacks=trapped"));
	EXPECT_NE(0, pci_bind(self->bdf, "liveedu"));
	ASSERT_EQ(0, module_unload("liveedu"));
	ASSERT_EQ(0, open_with(self, "lacks=stop_p2p,run_p2p,precopy_left,"));
	EXPECT_EQ(VFIO_MIGRATION_STOP_COPY, live_flags(&self->dev));
	EXPECT_EQ(-EINVAL, live_set(&self->dev, VFIO_DEVICE_STATE_PRE_COPY, NULL));
	EXPECT_EQ(-EINVAL, live_set(&self->dev, VFIO_DEVICE_STATE_RUNNING_P2P, NULL));
	EXPECT_EQ(0, live_set(&self->dev, VFIO_DEVICE_STATE_STOP_COPY, NULL));
}

TEST_F(driver, failing_stop_keeps_running)
{
	ASSERT_EQ(0, open_with(self, "fails=stop"));
	EXPECT_EQ(-ENXIO, live_set(&self->dev, VFIO_DEVICE_STATE_STOP_COPY, NULL));
	/* So far it went. */
	EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING_P2P, live_get(&self->dev));
	EXPECT_EQ(0, live_set(&self->dev, VFIO_DEVICE_STATE_RUNNING, NULL));
}

TEST_F(driver, failing_save_start_gives_no_file)
{
	int fd;

	ASSERT_EQ(0, open_with(self, "fails=save_start"));
	EXPECT_EQ(-ENXIO, live_set(&self->dev, VFIO_DEVICE_STATE_PRE_COPY, &fd));
	EXPECT_EQ(LIVE_NO_FILE, fd);
	EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING, live_get(&self->dev));
	EXPECT_EQ(-ENXIO, live_set(&self->dev, VFIO_DEVICE_STATE_STOP_COPY, &fd));
	EXPECT_EQ(VFIO_DEVICE_STATE_STOP, live_get(&self->dev));
}

TEST_F(driver, failing_save_can_be_tried_again)
{
	struct live_data data = {};
	int fd;

	ASSERT_EQ(0, open_with(self, "fails=save"));
	ASSERT_EQ(0, live_set(&self->dev, VFIO_DEVICE_STATE_STOP_COPY, &fd));
	EXPECT_EQ(-ENXIO, live_read(fd, &data, 64));
	EXPECT_EQ(LIVE_HEADER, data.len);
	ASSERT_EQ(0, write_file("/sys/module/" DRIVER "/parameters/fails", "none"));
	EXPECT_EQ(0, live_read(fd, &data, 64));
	EXPECT_LT(LIVE_HEADER, data.len);
	close(fd);
	live_free(&data);
}

static void loads_into_error(struct __test_metadata *_metadata, FIXTURE_DATA(driver) *self,
			     const char *parameters, int written, int left)
{
	struct live_data data = {};
	int fd;

	ASSERT_EQ(0, open_with(self, parameters));
	ASSERT_EQ(0, live_save(&self->dev, &data, ALL));
	ASSERT_EQ(0, live_set(&self->dev, VFIO_DEVICE_STATE_RESUMING, &fd));
	EXPECT_EQ(written, live_write(fd, data.buf, data.len, ALL));
	EXPECT_EQ(left, live_set(&self->dev, VFIO_DEVICE_STATE_RUNNING, NULL));
	EXPECT_EQ(VFIO_DEVICE_STATE_ERROR, live_get(&self->dev));
	close(fd);
	live_free(&data);
}

TEST_F(driver, failing_load_ends_in_error)
{
	loads_into_error(_metadata, self, "fails=load", -ENXIO, -EINVAL);
}

/* Each load() of this driver fails with -ENXIO. */
TEST_F(driver, changed_piece_is_refused_before_load)
{
	struct live_data data = {};
	int fd;

	ASSERT_EQ(0, open_with(self, "fails=load"));
	ASSERT_EQ(0, live_save(&self->dev, &data, ALL));
	data.buf[LIVE_HEADER + LIVE_RECORD + 1000] ^= 1;
	ASSERT_EQ(0, live_set(&self->dev, VFIO_DEVICE_STATE_RESUMING, &fd));
	EXPECT_EQ(-EINVAL, live_write(fd, data.buf, data.len, ALL));
	EXPECT_EQ(-EINVAL, live_set(&self->dev, VFIO_DEVICE_STATE_RUNNING, NULL));
	EXPECT_EQ(VFIO_DEVICE_STATE_ERROR, live_get(&self->dev));
	close(fd);
	live_free(&data);
}

TEST_F(driver, failing_load_done_ends_in_error)
{
	loads_into_error(_metadata, self, "fails=load_done", 0, -ENXIO);
}

TEST_F(driver, device_that_fails_is_in_error)
{
	int fd;

	ASSERT_EQ(0, open_with(self, "fails=now"));
	EXPECT_EQ(-EIO, live_set(&self->dev, VFIO_DEVICE_STATE_STOP_COPY, &fd));
	EXPECT_EQ(LIVE_NO_FILE, fd);
	EXPECT_EQ(VFIO_DEVICE_STATE_ERROR, live_get(&self->dev));
	EXPECT_EQ(-EINVAL, live_set(&self->dev, VFIO_DEVICE_STATE_RUNNING, NULL));
}

TEST_F(driver, stream_of_another_version_depends_on_oldest)
{
	struct live_data data = {};

	ASSERT_EQ(0, open_with(self, ""));
	ASSERT_EQ(0, live_save(&self->dev, &data, ALL));
	for (unsigned int version = 0; version < 6; version++) {
		memcpy(data.buf + 24, &version, sizeof(version));
		live_seal(data.buf, LIVE_HEADER);
		ASSERT_EQ(0, open_with(self, ""));
		EXPECT_EQ(version == 2 || version == 3 ? 0 : -EINVAL,
			  live_load(&self->dev, &data, ALL, VFIO_DEVICE_STATE_RUNNING))
		TH_LOG("version %u", version);
	}
	live_free(&data);
}

TEST_F(driver, reinit_is_told_to_those_who_asked)
{
	const uint32_t v2 = VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2;
	struct vfio_precopy_info info = { .argsz = sizeof(info) };
	struct live_data data = {};
	int fd;

	ASSERT_EQ(0, open_with(self, "changes=100000"));
	for (int asked = 0; asked < 2; asked++) {
		if (asked) {
			ASSERT_EQ(0, live_feature(&self->dev, VFIO_DEVICE_FEATURE_SET | v2,
						  NULL, 0));
		}
		ASSERT_EQ(0, live_set(&self->dev, VFIO_DEVICE_STATE_PRE_COPY, &fd));
		ASSERT_EQ(0, sys(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info)));
		EXPECT_EQ(0, info.flags);
		EXPECT_EQ(-ENOMSG, live_read(fd, &data, ALL));
		ASSERT_EQ(0, sys(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info)));
		EXPECT_EQ(asked ? VFIO_PRECOPY_INFO_REINIT : 0, info.flags);
		close(fd);
		ASSERT_EQ(0, live_set(&self->dev, VFIO_DEVICE_STATE_RUNNING, NULL));
		live_free(&data);
	}
}

/* ---- a state of fixed size, and trapped registers: the sample ---- */

#define STATE_SIZE 32

static void load_is_refused(struct __test_metadata *_metadata, FIXTURE_DATA(driver) *self,
			    const char *what, const char *buf, size_t len)
{
	int fd;

	ASSERT_EQ(0, live_set(&self->dev, VFIO_DEVICE_STATE_RESUMING, &fd));
	EXPECT_EQ(-EINVAL, live_write(fd, buf, len, ALL)) TH_LOG("%s", what);
	EXPECT_EQ(-EINVAL, live_set(&self->dev, VFIO_DEVICE_STATE_RUNNING, NULL))
	TH_LOG("%s", what);
	EXPECT_EQ(VFIO_DEVICE_STATE_ERROR, live_get(&self->dev)) TH_LOG("%s", what);
	close(fd);
	vfio_close(&self->dev);
	ASSERT_EQ(0, variant_open(&self->dev, NULL, self->bdf, SAMPLE));
}

/* Each record is well-formed, and its checksum is right. */
TEST_F(driver, spoilt_state_of_fixed_size_is_refused)
{
	char *record, *end, copy[LIVE_HEADER + 2 * LIVE_RECORD + STATE_SIZE];
	struct live_data data = {};
	uint32_t len = STATE_SIZE - 1;
	uint64_t none = 0;

	ASSERT_EQ(0, variant_open(&self->dev, NULL, self->bdf, SAMPLE));
	ASSERT_EQ(0, live_save(&self->dev, &data, ALL));
	ASSERT_EQ(0, live_set(&self->dev, VFIO_DEVICE_STATE_RUNNING, NULL));
	ASSERT_EQ(sizeof(copy), data.len);
	EXPECT_EQ(data.len, live_size(&self->dev));
	record = copy + LIVE_HEADER;
	end = record + LIVE_RECORD + STATE_SIZE;

	memcpy(copy, data.buf, data.len);
	memcpy(record + 4, &len, sizeof(len));
	live_seal(record, LIVE_RECORD);
	load_is_refused(_metadata, self, "too short", copy, data.len);

	memcpy(copy, data.buf, data.len);
	record[LIVE_RECORD + 5] ^= 1;
	load_is_refused(_metadata, self, "a bit of the state", copy, data.len);

	memcpy(copy, data.buf, data.len);
	memcpy(record, end, LIVE_RECORD);
	memcpy(record + 8, &none, sizeof(none));
	live_seal(record, LIVE_RECORD);
	load_is_refused(_metadata, self, "no state", copy, LIVE_HEADER + LIVE_RECORD);

	memcpy(copy, data.buf, data.len);
	record[0] = 1;
	live_seal(record, LIVE_RECORD);
	memcpy(end + 8, &none, sizeof(none));
	live_seal(end, LIVE_RECORD);
	load_is_refused(_metadata, self, "only pre-copied", copy, data.len);
	live_free(&data);
}

TEST_F(driver, trapped_register_has_one_way_in)
{
	const uint64_t command = VFIO_REGION_OFFSET(0) + EDU_DMA_CMD;
	struct vfio_device_ioeventfd io = { .argsz = sizeof(io),
					    .flags = VFIO_DEVICE_IOEVENTFD_32,
					    .offset = VFIO_REGION_OFFSET(0) + EDU_LIVENESS,
					    .fd = eventfd(0, 0) };
	void *volatile nowhere = (void *)8;
	uint64_t value = 0;
	void *behind;

	ASSERT_EQ(0, variant_open(&self->dev, NULL, self->bdf, SAMPLE));
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
	EXPECT_EQ(MAP_FAILED, vfio_mmap(&self->dev, 0, 0, 2 * PAGE, PROT_READ));
	behind = vfio_mmap(&self->dev, 0, PAGE, PAGE, PROT_READ);
	EXPECT_NE(MAP_FAILED, behind);
	/* It would keep the device open. */
	munmap(behind, PAGE);
	EXPECT_EQ(1, variant_sparse_areas(&self->dev, 0));
	EXPECT_EQ(-ENOTTY, sys(ioctl(self->dev.fd, VFIO_DEVICE_IOEVENTFD, &io)));
	close(io.fd);
	EXPECT_EQ(4, sys(pread(self->dev.fd, &value, 4, command)));
	EXPECT_EQ(8, sys(pwrite(self->dev.fd, &value, 8, command)));
	EXPECT_EQ(-EINVAL, sys(pwrite(self->dev.fd, &value, 2, command)));
	EXPECT_EQ(-EINVAL, sys(pwrite(self->dev.fd, &value, 3, command)));
	EXPECT_EQ(-EINVAL, sys(pwrite(self->dev.fd, &value, 4, command + 2)));
	EXPECT_EQ(-EINVAL, sys(pwrite(self->dev.fd, &value, 8, command - 4)));
	EXPECT_EQ(-EFAULT, sys(pread(self->dev.fd, nowhere, 4, command)));
	vfio_set_command(&self->dev, PCI_COMMAND_MEMORY, 0);
	EXPECT_EQ(-EIO, sys(pread(self->dev.fd, &value, 4, command)));
}

/* ---- signals ---- */

struct copy {
	int fd;
	bool out;
	char *buf;
	size_t len, done;
	unsigned int cut; /* calls that a signal ended */
	int err;
};

static void *copy_all(void *arg)
{
	struct copy *copy = arg;
	ssize_t n = 1;

	while (n && copy->done < copy->len) {
		size_t left = copy->len - copy->done;

		n = copy->out ? write(copy->fd, copy->buf + copy->done, left) :
				read(copy->fd, copy->buf + copy->done, left);
		if (n < 0 && errno != EINTR) {
			copy->err = -errno;
			break;
		}
		copy->cut += n < 0 || (n > 0 && (size_t)n < left);
		copy->done += n > 0 ? n : 0;
	}
	return NULL;
}

static void ignore(int signal)
{
}

/* Callbacks are slow, so that signals come in the middle of a call. */
static void copy_signalled(struct __test_metadata *_metadata, FIXTURE_DATA(driver) *self,
			   uint32_t state, struct copy *copy)
{
	pthread_t thread;

	ASSERT_EQ(0, live_set(&self->dev, state, &copy->fd));
	ASSERT_EQ(0, write_file("/sys/module/" DRIVER "/parameters/slow_ms", "20"));
	ASSERT_EQ(0, pthread_create(&thread, NULL, copy_all, copy));
	for (int i = 0; i < 5; i++) {
		usleep(15000);
		pthread_kill(thread, SIGUSR1);
	}
	ASSERT_EQ(0, write_file("/sys/module/" DRIVER "/parameters/slow_ms", "0"));
	pthread_join(thread, NULL);
	EXPECT_EQ(0, copy->err);
	EXPECT_LT(0, copy->cut);
	close(copy->fd);
}

TEST_F(driver, signal_ends_copy_early_and_loses_nothing)
{
	const struct sigaction action = { .sa_handler = ignore };
	struct live_data data = {}, again = {};
	struct copy in = {}, out = { .out = true };

	sigaction(SIGUSR1, &action, NULL);
	ASSERT_EQ(0, open_with(self, ""));
	ASSERT_EQ(0, live_save(&self->dev, &data, ALL));
	ASSERT_EQ(0, live_set(&self->dev, VFIO_DEVICE_STATE_STOP, NULL));
	in.len = data.len;
	in.buf = malloc(data.len);
	copy_signalled(_metadata, self, VFIO_DEVICE_STATE_STOP_COPY, &in);
	EXPECT_EQ(data.len, in.done);
	EXPECT_EQ(0, memcmp(data.buf, in.buf, data.len));

	/* A reset changes what the state is. */
	ASSERT_EQ(0, open_with(self, ""));
	out.len = data.len;
	out.buf = data.buf;
	copy_signalled(_metadata, self, VFIO_DEVICE_STATE_RESUMING, &out);
	EXPECT_EQ(data.len, out.done);
	ASSERT_EQ(0, live_save(&self->dev, &again, ALL));
	ASSERT_EQ(data.len, again.len);
	EXPECT_EQ(0, memcmp(data.buf, again.buf, data.len));
	free(in.buf);
	live_free(&data);
	live_free(&again);
}

/* ---- the dirty log ---- */

#define MANY 5000 /* ranges, more than vfio.ko takes */

TEST_F(driver, dirty_log_takes_what_ranges_user_space_gives)
{
	struct live_log_range all = { 0, 1ULL << 62 }, none = { 0x1000, 0 };
	struct live_log_range *many = calloc(MANY, sizeof(*many));
	uint64_t size = PAGE, bitmap[64] = {};
	int err;

	ASSERT_EQ(0, open_with(self, ""));
	err = live_log_start(&self->dev, &size, &all, 1);
	if (err == -ENOTTY) {
		free(many);
		SKIP(return, "the kernel was built without IOMMUFD_DRIVER: use KERNEL=lab-7");
	}
	ASSERT_EQ(0, err);
	EXPECT_EQ(1ULL << 35, size);
	EXPECT_EQ(-EINVAL, live_log_start(&self->dev, &size, &all, 1));
	EXPECT_EQ(0, live_log_report(&self->dev, 0, 64 * PAGE, bitmap));
	EXPECT_EQ(0, bitmap[0]);
	EXPECT_EQ(0, live_log_stop(&self->dev));
	EXPECT_EQ(0, live_log_stop(&self->dev));
	EXPECT_EQ(-EINVAL, live_log_report(&self->dev, 0, 64 * PAGE, bitmap));
	size = 0;
	EXPECT_NE(0, live_log_start(&self->dev, &size, &all, 1));
	size = 12345;
	EXPECT_NE(0, live_log_start(&self->dev, &size, &all, 1));
	size = PAGE;
	EXPECT_NE(0, live_log_start(&self->dev, &size, &none, 1));
	for (int i = 0; i < MANY; i++)
		many[i] = (struct live_log_range) { i * 16 * PAGE, PAGE };
	size = PAGE;
	EXPECT_EQ(-E2BIG, live_log_start(&self->dev, &size, many, MANY));
	EXPECT_EQ(0, live_log_start(&self->dev, &size, many, 200));
	EXPECT_EQ(PAGE, size);
	memset(bitmap, 0xff, sizeof(bitmap));
	EXPECT_EQ(0, live_log_report(&self->dev, 0, 64 * PAGE, bitmap));
	EXPECT_EQ(~0ULL, bitmap[0]);
	/* Close ends it. */
	ASSERT_EQ(0, open_with(self, ""));
	EXPECT_EQ(-EINVAL, live_log_report(&self->dev, 0, 64 * PAGE, bitmap));
	free(many);
}

/* ---- what an administrator sees ---- */

static bool file_has(const char *path, const char *text)
{
	static char buf[65536];
	int fd = open(path, O_RDONLY);
	ssize_t len = fd < 0 ? 0 : read(fd, buf, sizeof(buf) - 1);

	if (fd >= 0)
		close(fd);
	buf[len > 0 ? len : 0] = 0;
	return strstr(buf, text);
}

#define TRACING "/sys/kernel/debug/tracing"

TEST_F(driver, debugfs_and_trace_show_states)
{
	char path[128];
	int fd;

	ASSERT_EQ(0, open_with(self, ""));
	snprintf(path, sizeof(path), "/sys/kernel/debug/vfio-pci-sdk/%s/live", self->bdf);
	EXPECT_TRUE(file_has(path, "state RUNNING\n"));
	write_file(TRACING "/events/vfio_pci_sdk/enable", "1");
	ASSERT_EQ(0, live_set(&self->dev, VFIO_DEVICE_STATE_STOP_COPY, &fd));
	EXPECT_TRUE(file_has(path, "state STOP_COPY\n"));
	EXPECT_TRUE(file_has(path, "saved 0\n"));
	close(fd);
	if (access(TRACING "/events", F_OK))
		TH_LOG("this kernel has no event tracing");
	else
		EXPECT_TRUE(file_has(TRACING "/trace", "STOP -> STOP_COPY"));
	write_file(TRACING "/events/vfio_pci_sdk/enable", "0");
	vfio_close(&self->dev);
	ASSERT_EQ(0, pci_unbind(self->bdf));
	EXPECT_NE(0, access(path, F_OK));
}

/* ---- a small VMM ---- */

/* The guest's view of edu by the device file: its page of registers cannot be mapped. */
static uint32_t get(struct vfio_dev *dev, unsigned int reg)
{
	uint32_t value = 0;

	return pread(dev->fd, &value, 4, VFIO_REGION_OFFSET(0) + reg) == 4 ? value : ~0U;
}

static bool set(struct vfio_dev *dev, unsigned int reg, uint32_t value)
{
	return pwrite(dev->fd, &value, 4, VFIO_REGION_OFFSET(0) + reg) == 4;
}

static bool transfer(struct vfio_dev *dev, uint32_t from, uint32_t to, uint32_t len, uint32_t cmd)
{
	return set(dev, EDU_DMA_SRC, from) && set(dev, EDU_DMA_DST, to) &&
	       set(dev, EDU_DMA_COUNT, len) && set(dev, EDU_DMA_CMD, cmd | 1);
}

static bool idle(struct vfio_dev *dev)
{
	for (int i = 0; i < SOON && get(dev, EDU_DMA_CMD) & 1; i++)
		usleep(1000);
	return !(get(dev, EDU_DMA_CMD) & 1);
}

TEST(vmm_moves_edu_from_running_to_resuming)
{
	struct vfio_iommu iommu;
	struct vfio_dev dev[2];
	struct live_data data = {};
	char bdf[BDF_LEN], *memory;
	uint32_t *words;

	ASSERT_EQ(0, vfio_iommu_open(&iommu));
	for (int i = 0; i < 2; i++) {
		if (pci_find(&pci_edu, i, bdf))
			SKIP_NO_DEVICE(return, &pci_edu);
		ASSERT_EQ(0, variant_open(&dev[i], &iommu, bdf, SAMPLE));
		vfio_set_command(&dev[i], 0, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
		/* Left over from before, on one of them or both: edu cannot be reset. */
		ASSERT_TRUE(set(&dev[i], EDU_LIVENESS, 0x11111111 * (i + 1)));
	}
	EXPECT_EQ(MAP_FAILED, vfio_mmap(&dev[0], 0, 0, PAGE, PROT_READ));
	EXPECT_EQ(1, variant_sparse_areas(&dev[0], 0));
	memory = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)memory);
	words = (uint32_t *)memory;
	ASSERT_EQ(0, vfio_dma_map(&iommu, memory, IOVA, 4 * PAGE));
	words[0] = 0xfeedf00d;

	/* Between peers the device starts no DMA, but takes the command. */
	ASSERT_TRUE(transfer(&dev[0], IOVA, EDU_DMA_BUFFER, 1024, 0));
	ASSERT_TRUE(idle(&dev[0]));
	ASSERT_TRUE(set(&dev[0], EDU_FACTORIAL, 6));
	ASSERT_EQ(0, live_set(&dev[0], VFIO_DEVICE_STATE_RUNNING_P2P, NULL));
	ASSERT_TRUE(transfer(&dev[0], EDU_DMA_BUFFER, IOVA + PAGE, 1024, 2));
	usleep(300000);
	EXPECT_EQ(0, words[PAGE / 4]);
	EXPECT_EQ(3, get(&dev[0], EDU_DMA_CMD));

	ASSERT_EQ(0, live_save(&dev[0], &data, ALL));
	ASSERT_EQ(0, live_load(&dev[1], &data, ALL, VFIO_DEVICE_STATE_RUNNING));
	EXPECT_EQ(~0x11111111U, get(&dev[1], EDU_LIVENESS));
	EXPECT_EQ(720, get(&dev[1], EDU_FACTORIAL));
	EXPECT_EQ(1024, get(&dev[1], EDU_DMA_COUNT));
	EXPECT_EQ(IOVA + PAGE, get(&dev[1], EDU_DMA_DST));
	/* The command that waited is carried out by the other device, whose buffer has zeros. */
	words[PAGE / 4] = 1;
	EXPECT_TRUE(idle(&dev[1]));
	EXPECT_NE(1, words[PAGE / 4]);
	/* It is not lost to the first one either, should the move be broken off. */
	ASSERT_EQ(0, live_set(&dev[0], VFIO_DEVICE_STATE_RUNNING, NULL));
	EXPECT_TRUE(idle(&dev[0]));
	EXPECT_EQ(0xfeedf00d, words[PAGE / 4]);
	live_free(&data);
	for (int i = 0; i < 2; i++)
		vfio_close(&dev[i]);
	vfio_iommu_close(&iommu);
	munmap(memory, 4 * PAGE);
}

TEST_HARNESS_MAIN
