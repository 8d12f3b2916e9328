// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VF whose driver works with the driver of its PF: calls, and what happens to the PF while the VF
 * is open and mapped.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/utsname.h>

#include "fixture.h"
#include "hotplug.h"
#include "mem.h"
#include "module.h"
#include "uapi.h"
#include "variant.h"

#define PF_DRIVER "pf-vf-pf"
#define VF_DRIVER "pf-vf-vfio-pci"
#define MAX_VFS	  2

struct open_vf {
	struct vfio_iommu iommu;
	struct vfio_dev dev;
	char *map;
	unsigned int region;
	int error, request;
};

FIXTURE(pair)
{
	char pf[BDF_LEN];
	struct hotplug hot;
	struct open_vf vf[MAX_VFS];
	pthread_t thread;
};

FIXTURE_VARIANT(pair)
{
	const struct pci_id *id;
};

FIXTURE_VARIANT_ADD(pair, nvme){ .id = &pci_nvme };
FIXTURE_VARIANT_ADD(pair, igb){ .id = &pci_igb };

static int watch(struct vfio_dev *dev, unsigned int index)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	return vfio_set_eventfds(dev, index, 0, 1, &fd) ? -1 : fd;
}

static int find_vf(const char *pf, unsigned int n, char bdf[BDF_LEN])
{
	char link[64], target[64] = "";

	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s/virtfn%u", pf, n);
	if (readlink(link, target, sizeof(target) - 1) < 0)
		return -errno;
	snprintf(bdf, BDF_LEN, "%.12s", strrchr(target, '/') + 1);
	return 0;
}

/* In a container of its own: the group ends with the VF. */
static int open_vf(const char *pf, unsigned int n, struct open_vf *vf)
{
	char bdf[BDF_LEN];
	int err = find_vf(pf, n, bdf) ?: vfio_iommu_open(&vf->iommu);

	if (err)
		return err;
	err = variant_open(&vf->dev, &vf->iommu, bdf, VF_DRIVER);
	if (err)
		return err;
	vf->map = vfio_mmap(&vf->dev, 0, 0, PAGE, PROT_READ);
	if (vf->map == MAP_FAILED)
		return -errno;
	vf->region = variant_region(&vf->dev, PF_VF_REGION_TYPE, PF_VF_REGION_SUBTYPE);
	vf->error = watch(&vf->dev, VFIO_PCI_ERR_IRQ_INDEX);
	vf->request = watch(&vf->dev, VFIO_PCI_REQ_IRQ_INDEX);
	return vf->region && vf->error >= 0 && vf->request >= 0 ? 0 : -EIO;
}

/* The device alone, which is about to go: its container stays until it has gone. */
static void let_go(struct open_vf *vf)
{
	if (vf->map != MAP_FAILED)
		munmap(vf->map, PAGE);
	vf->map = MAP_FAILED;
	vfio_close_device(&vf->dev);
}

static void close_vf(struct open_vf *vf)
{
	let_go(vf);
	if (vf->dev.iommu)
		vfio_iommu_close(&vf->iommu);
	vf->dev.iommu = NULL;
}

static int ask(struct open_vf *vf, struct pf_vf_answer *answer)
{
	long done = sys(pread(vf->dev.fd, answer, sizeof(*answer), VFIO_REGION_OFFSET(vf->region)));

	return done == sizeof(*answer) ? 0 : done < 0 ? done : -EIO;
}

/* The first VF is open. */
FIXTURE_SETUP(pair)
{
	char text[8] = "";

	for (int i = 0; i < MAX_VFS; i++) {
		self->vf[i].dev.fd = -1;
		self->vf[i].map = MAP_FAILED;
	}
	if (pci_find(variant->id, 0, self->pf))
		SKIP_NO_DEVICE(return, variant->id);
	if (pci_read_attr(self->pf, "sriov_totalvfs", text, sizeof(text)) < 0)
		SKIP(return, "this %s has no SR-IOV: use QEMU 7.1 or newer", variant->id->name);
	ASSERT_EQ(0, module_need(VF_DRIVER));
	ASSERT_EQ(0, pci_bind(self->pf, PF_DRIVER));
	ASSERT_EQ(0, pci_write_attr(self->pf, "sriov_numvfs", "2"));
	ASSERT_EQ(0, open_vf(self->pf, 0, &self->vf[0]));
}

FIXTURE_TEARDOWN(pair)
{
	for (int i = 0; i < MAX_VFS; i++)
		close_vf(&self->vf[i]);
	if (*self->hot.bdf) {
		EXPECT_EQ(0, hotplug_end(&self->hot));
		EXPECT_TRUE(hotplug_wait(self->hot.bdf, false));
	}
	if (*self->pf) {
		pci_write_attr(self->pf, "sriov_numvfs", "0");
		EXPECT_EQ(0, pci_unbind(self->pf));
	}
}

TEST_F(pair, vf_asks_its_pf)
{
	struct pf_vf_answer answer[3];

	ASSERT_EQ(0, open_vf(self->pf, 1, &self->vf[1]));
	ASSERT_EQ(0, ask(&self->vf[0], &answer[0]));
	ASSERT_EQ(0, ask(&self->vf[1], &answer[1]));
	ASSERT_EQ(0, ask(&self->vf[0], &answer[2]));
	EXPECT_EQ(0, answer[0].vf);
	EXPECT_EQ(1, answer[1].vf);
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(i + 1, answer[i].calls);
		EXPECT_EQ(answer[0].reg, answer[i].reg);
		EXPECT_EQ(0, answer[i].resets);
	}
	EXPECT_NE(0, answer[0].reg);
	EXPECT_NE(UINT32_MAX, answer[0].reg);
	EXPECT_EQ(-EINVAL, sys(pwrite(self->vf[0].dev.fd, answer, sizeof(*answer),
				      VFIO_REGION_OFFSET(self->vf[0].region))));
}

/* What takes the PF away waits for the VF's user, whom it asks, and serves until then. */
static void expect_served_until_close(struct __test_metadata *_metadata, struct open_vf *vf)
{
	struct pf_vf_answer answer;
	char bdf[BDF_LEN];

	memcpy(bdf, vf->dev.bdf, BDF_LEN);
	ASSERT_TRUE(eventfd_wait(vf->request, SOON, NULL));
	EXPECT_TRUE(try_read32(vf->map, NULL));
	EXPECT_EQ(0, ask(vf, &answer));
	EXPECT_NE(UINT32_MAX, answer.reg);
	EXPECT_TRUE(hotplug_is_there(bdf));
	let_go(vf);
	EXPECT_TRUE(hotplug_wait(bdf, false));
}

static void *remove_vfs(void *pf)
{
	return (void *)(long)pci_write_attr(pf, "sriov_numvfs", "0");
}

TEST_F_TIMEOUT(pair, numvfs_0_waits_for_user, 60)
{
	void *err;

	ASSERT_EQ(0, pthread_create(&self->thread, NULL, remove_vfs, self->pf));
	expect_served_until_close(_metadata, &self->vf[0]);
	pthread_join(self->thread, &err);
	EXPECT_NULL(err);
}

static void *unbind(void *pf)
{
	return (void *)(long)pci_unbind(pf);
}

TEST_F_TIMEOUT(pair, pf_unbind_waits_for_user, 60)
{
	struct utsname kernel;
	char text[8] = "";
	void *err;

	uname(&kernel);
	if (test_slowdown() > 1 && atoi(kernel.release) >= 7)
		SKIP(return, "with lockdep the PCI core of this kernel warns of any driver that "
			     "does that: use KERNEL=debian-6.12");
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, unbind, self->pf));
	expect_served_until_close(_metadata, &self->vf[0]);
	pthread_join(self->thread, &err);
	EXPECT_NULL(err);
	ASSERT_EQ(0, pci_read_attr(self->pf, "sriov_numvfs", text, sizeof(text)));
	EXPECT_STREQ("0", text);
	ASSERT_EQ(0, pci_bind(self->pf, PF_DRIVER));
}

struct reader {
	const char *map;
	atomic_bool stop;
	atomic_uint reads, signals;
};

static void *read_on(void *arg)
{
	struct reader *r = arg;

	while (!r->stop) {
		if (try_read32(r->map, NULL))
			r->reads++;
		else
			r->signals++;
	}
	return NULL;
}

/*
 * QEMU's VFs are gone after a reset of their PF, until the next are made. Without this the kernel
 * would wait a minute for such a VF to come back from its own reset, at close.
 */
static int never_reset(const char *pf, unsigned int n)
{
	char bdf[BDF_LEN];

	return find_vf(pf, n, bdf) ?: pci_write_attr(bdf, "reset_method", "\n") ?:
	       pci_write_attr(bdf, "power/control", "on");
}

/* Mappings of all VFs go and come back; users are told, and nothing is signalled. */
TEST_F_TIMEOUT(pair, pf_reset_with_vfs_mapped, 120)
{
	struct reader r = { .map = self->vf[0].map };
	struct pf_vf_answer answer;
	long faults;

	ASSERT_EQ(0, never_reset(self->pf, 0));
	ASSERT_EQ(0, never_reset(self->pf, 1));
	ASSERT_EQ(0, open_vf(self->pf, 1, &self->vf[1]));
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, read_on, &r));
	for (int round = 1; round <= 5; round++) {
		ASSERT_TRUE(try_read32(self->vf[1].map, NULL));
		ASSERT_EQ(0, pci_write_attr(self->pf, "reset", "1"));
		faults = fault_count();
		EXPECT_TRUE(try_read32(self->vf[1].map, NULL));
		EXPECT_LT(faults, fault_count());
		for (int i = 0; i < MAX_VFS; i++) {
			EXPECT_TRUE(eventfd_wait(self->vf[i].error, SOON, NULL));
			EXPECT_EQ(0, ask(&self->vf[i], &answer));
			EXPECT_EQ(round, answer.resets);
		}
	}
	r.stop = true;
	pthread_join(self->thread, NULL);
	EXPECT_LT(0, r.reads);
	EXPECT_EQ(0, r.signals);
	EXPECT_FALSE(eventfd_wait(self->vf[0].request, 0, NULL));
}

TEST_F_TIMEOUT(pair, pf_is_unplugged, 60)
{
	const char *why = hotplug_cannot(&self->hot);
	bool nvme = variant->id == &pci_nvme;

	if (why)
		SKIP(return, "%s", why);
	close_vf(&self->vf[0]);
	ASSERT_EQ(0, hotplug_add(&self->hot,
				 nvme ? "nvme,id=hot,serial=sdk,sriov_max_vfs=2,"
					"sriov_vq_flexible=4,sriov_vi_flexible=2,"
					"subsys=/machine/peripheral/subsys" :
					"igb,id=hot"));
	/* It is seen before it can be bound. */
	for (int i = 0; i < SOON / 10 && pci_bind(self->hot.bdf, PF_DRIVER); i++)
		usleep(10000);
	ASSERT_STREQ(PF_DRIVER, pci_driver_of(self->hot.bdf));
	ASSERT_EQ(0, pci_write_attr(self->hot.bdf, "sriov_numvfs", "1"));
	ASSERT_EQ(0, open_vf(self->hot.bdf, 0, &self->vf[0]));
	ASSERT_EQ(0, hotplug_unplug(&self->hot));
	expect_served_until_close(_metadata, &self->vf[0]);
	EXPECT_TRUE(hotplug_wait(self->hot.bdf, false));
}

/* Its driver data would be something else. */
TEST_F(pair, vf_of_another_driver_is_refused)
{
	char bdf[BDF_LEN];

	memcpy(bdf, self->vf[0].dev.bdf, BDF_LEN);
	close_vf(&self->vf[0]);
	ASSERT_EQ(0, pci_write_attr(self->pf, "sriov_numvfs", "0"));
	ASSERT_EQ(0, module_load(vfio_driver(), "enable_sriov=1"));
	ASSERT_EQ(0, pci_bind(self->pf, vfio_driver()));
	ASSERT_EQ(0, pci_write_attr(self->pf, "sriov_numvfs", "2"));
	EXPECT_NE(0, pci_bind(bdf, VF_DRIVER));
	ASSERT_EQ(0, pci_write_attr(self->pf, "sriov_numvfs", "0"));
	EXPECT_NE(0, pci_bind(self->pf, VF_DRIVER));
}

TEST_HARNESS_MAIN
