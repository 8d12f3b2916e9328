// SPDX-License-Identifier: GPL-2.0-only
/* SR-IOV: VFs made by the driver of the PF, and the token that both users must know. */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>

#include "fixture.h"
#include "mem.h"
#include "module.h"

#define TOKEN "bd8d9d2b-5a5f-4f5a-a211-f591514ba1f3"
#define OTHER "bd8d9d2b-5a5f-4f5a-a211-f591514ba1f4"

static int set_parameter(const char *module, const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", module, name);
	for (char *c = path; *c; c++)
		if (*c == '-')
			*c = '_';
	return write_file(path, value);
}

FIXTURE(sriov)
{
	struct vfio_iommu iommu;
	char pf[BDF_LEN], vf[BDF_LEN];
	int fd[2]; /* devices that are open */
};

FIXTURE_VARIANT(sriov)
{
	const struct pci_id *id;
};

FIXTURE_VARIANT_ADD(sriov, nvme){ .id = &pci_nvme };
FIXTURE_VARIANT_ADD(sriov, igb){ .id = &pci_igb };

FIXTURE_SETUP(sriov)
{
	char text[8] = "";

	self->fd[0] = self->fd[1] = -1;
	if (pci_find(variant->id, 0, self->pf))
		SKIP_NO_DEVICE(return, variant->id);
	if (pci_read_attr(self->pf, "sriov_totalvfs", text, sizeof(text)) < 0)
		SKIP(return, "this %s has no SR-IOV: use QEMU 7.1 or newer", variant->id->name);
	ASSERT_EQ(0, vfio_iommu_open(&self->iommu));
	if (self->iommu.iommufd)
		SKIP(return, "the token is part of the name given to a group: unset VFIO_IOMMU");
}

static void close_all(FIXTURE_DATA(sriov) *self)
{
	for (int i = 0; i < 2; i++) {
		close(self->fd[i]);
		self->fd[i] = -1;
	}
}

FIXTURE_TEARDOWN(sriov)
{
	/* Close first: otherwise removing the VF would wait for us. */
	close_all(self);
	vfio_iommu_close(&self->iommu);
	if (*self->pf)
		pci_write_attr(self->pf, "sriov_numvfs", "0");
}

static int create_vf(const char *pf, char vf[BDF_LEN])
{
	char link[64], target[64] = "";
	int err = pci_write_attr(pf, "sriov_numvfs", "1");

	if (err)
		return err;
	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s/virtfn0", pf);
	if (readlink(link, target, sizeof(target) - 1) < 0)
		return -errno;
	snprintf(vf, BDF_LEN, "%.12s", strrchr(target, '/') + 1);
	return 0;
}

/* Opens the device by its name, @bdf followed by @rest; the group stays open. */
static int open_named(struct vfio_iommu *iommu, const char *bdf, const char *rest)
{
	int fd = vfio_get_device_fd(iommu, bdf);
	char name[128];

	if (!*rest)
		return fd;
	if (fd >= 0)
		close(fd);
	snprintf(name, sizeof(name), "%s%s", bdf, rest);
	for (unsigned int i = 0; i < iommu->ngroups; i++)
		if (iommu->group[i].id == pci_iommu_group(bdf))
			return sys(ioctl(iommu->group[i].fd, VFIO_GROUP_GET_DEVICE_FD, name));
	return fd;
}

static int expect_open(struct vfio_iommu *iommu, const char *bdf, const char *rest)
{
	int fd = open_named(iommu, bdf, rest);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static int set_token(int fd, const uint8_t uuid[16])
{
	struct {
		struct vfio_device_feature head;
		uint8_t uuid[16];
	} buf = { .head = { .argsz = sizeof(buf), .flags = VFIO_DEVICE_FEATURE_SET |
			  VFIO_DEVICE_FEATURE_PCI_VF_TOKEN } };

	memcpy(buf.uuid, uuid, sizeof(buf.uuid));
	return sys(ioctl(fd, VFIO_DEVICE_FEATURE, &buf));
}

TEST_F(sriov, token)
{
	static const uint8_t other[16] = { 0xbd, 0x8d, 0x9d, 0x2b, 0x5a, 0x5f, 0x4f, 0x5a,
					   0xa2, 0x11, 0xf5, 0x91, 0x51, 0x4b, 0xa1, 0xf4 };

	ASSERT_EQ(0, pci_bind(self->pf, vfio_driver()));
	ASSERT_EQ(0, set_parameter(vfio_driver(), "enable_sriov", "N"));
	EXPECT_EQ(-ENOENT, create_vf(self->pf, self->vf));
	/* With no VF in use, the token given with the PF becomes the PF's. */
	EXPECT_EQ(0, expect_open(&self->iommu, self->pf, " vf_token=" TOKEN));
	ASSERT_EQ(0, set_parameter(vfio_driver(), "enable_sriov", "Y"));
	ASSERT_EQ(0, create_vf(self->pf, self->vf));
	EXPECT_STREQ(vfio_driver(), pci_driver_of(self->vf));

	EXPECT_EQ(-EACCES, expect_open(&self->iommu, self->vf, ""));
	EXPECT_EQ(-EACCES, expect_open(&self->iommu, self->vf, " vf_token=" OTHER));
	EXPECT_EQ(-EINVAL, expect_open(&self->iommu, self->vf, " vf_token=" TOKEN "x"));
	EXPECT_EQ(-EINVAL, expect_open(&self->iommu, self->vf,
				       " vf_token=" TOKEN " vf_token=" TOKEN));
	EXPECT_EQ(-EINVAL, expect_open(&self->iommu, self->vf, " vf_token=bd8d9d2b"));
	EXPECT_EQ(-EINVAL, expect_open(&self->iommu, self->vf, " something"));
	EXPECT_EQ(-ENODEV, expect_open(&self->iommu, self->vf, "0 vf_token=" TOKEN));
	self->fd[0] = open_named(&self->iommu, self->vf, "  vf_token=" TOKEN " ");
	ASSERT_LE(0, self->fd[0]);
	EXPECT_EQ(-ENOTTY, set_token(self->fd[0], other));

	/* While a VF is in use, the PF cannot be opened without the token. */
	EXPECT_EQ(-EACCES, expect_open(&self->iommu, self->pf, ""));
	EXPECT_EQ(-EACCES, expect_open(&self->iommu, self->pf, " vf_token=" OTHER));
	close_all(self);

	self->fd[0] = open_named(&self->iommu, self->pf, "");
	ASSERT_LE(0, self->fd[0]);
	EXPECT_EQ(0, set_token(self->fd[0], other));
	EXPECT_EQ(-EACCES, expect_open(&self->iommu, self->vf, " vf_token=" TOKEN));
}

/* A VF's own registers have neither ids nor a memory decode bit; its user sees both. */
TEST_F(sriov, what_a_vf_shows)
{
	struct vfio_dev dev = { .iommu = &self->iommu };
	struct vfio_region_info region;
	struct vfio_irq_info irq;
	char text[8] = "";
	uint64_t *bar;

	ASSERT_EQ(0, pci_bind(self->pf, vfio_driver()));
	EXPECT_EQ(0, expect_open(&self->iommu, self->pf, " vf_token=" TOKEN));
	ASSERT_EQ(0, set_parameter(vfio_driver(), "enable_sriov", "Y"));
	ASSERT_EQ(0, create_vf(self->pf, self->vf));
	self->fd[0] = open_named(&self->iommu, self->vf, " vf_token=" TOKEN);
	ASSERT_LE(0, self->fd[0]);
	dev.fd = self->fd[0];

	ASSERT_EQ(0, pci_read_attr(self->vf, "vendor", text, sizeof(text)));
	EXPECT_EQ(strtoul(text, NULL, 16), vfio_config_read(&dev, PCI_VENDOR_ID, 2));
	ASSERT_EQ(0, pci_read_attr(self->vf, "device", text, sizeof(text)));
	EXPECT_EQ(strtoul(text, NULL, 16), vfio_config_read(&dev, PCI_DEVICE_ID, 2));
	EXPECT_EQ(0, vfio_config_read(&dev, PCI_INTERRUPT_PIN, 1));
	ASSERT_EQ(0, vfio_irq(&dev, VFIO_PCI_INTX_IRQ_INDEX, &irq));
	EXPECT_EQ(0, irq.count);
	ASSERT_EQ(0, vfio_irq(&dev, VFIO_PCI_MSIX_IRQ_INDEX, &irq));
	EXPECT_LT(0, irq.count);

	ASSERT_EQ(0, vfio_region(&dev, 0, &region));
	ASSERT_LT(0, region.size);
	vfio_config_write(&dev, PCI_BASE_ADDRESS_0, 4, 0xfffffff0);
	EXPECT_EQ(-(uint32_t)region.size,
		  vfio_config_read(&dev, PCI_BASE_ADDRESS_0, 4) & PCI_BASE_ADDRESS_MEM_MASK);

	/* Memory is decoded whatever COMMAND says. */
	EXPECT_TRUE(vfio_config_read(&dev, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY);
	bar = vfio_mmap(&dev, 0, 0, PAGE, PROT_READ);
	ASSERT_NE(MAP_FAILED, bar);
	EXPECT_TRUE(try_read32(bar, NULL));
	vfio_set_command(&dev, PCI_COMMAND_MEMORY, 0);
	EXPECT_FALSE(vfio_config_read(&dev, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY);
	EXPECT_TRUE(try_read32(bar, NULL));
	munmap(bar, PAGE);
}

/* VFs die with their PF's power. */
TEST_F(sriov, the_pf_stays_in_d0)
{
	struct vfio_dev dev;
	unsigned int pm;

	ASSERT_EQ(0, pci_bind(self->pf, vfio_driver()));
	ASSERT_EQ(0, set_parameter(vfio_driver(), "enable_sriov", "Y"));
	ASSERT_EQ(0, vfio_open(&dev, &self->iommu, self->pf));
	pm = vfio_find_cap(&dev, PCI_CAP_ID_PM);
	ASSERT_NE(0, pm);
	vfio_config_write(&dev, pm + PCI_PM_CTRL, 2, 3);
	EXPECT_EQ(3, vfio_config_read(&dev, pm + PCI_PM_CTRL, 2) & 3);
	ASSERT_EQ(0, create_vf(self->pf, self->vf));
	EXPECT_EQ(0, vfio_config_read(&dev, pm + PCI_PM_CTRL, 2) & 3);
	vfio_config_write(&dev, pm + PCI_PM_CTRL, 2, 3);
	EXPECT_EQ(0, vfio_config_read(&dev, pm + PCI_PM_CTRL, 2) & 3);
	vfio_close(&dev);
}

/* The PF is not open: it is suspended, except while it has VFs. */
TEST_F(sriov, the_pf_stays_awake)
{
	ASSERT_EQ(0, pci_bind(self->pf, vfio_driver()));
	ASSERT_TRUE(pci_power_becomes(self->pf, "suspended"));
	ASSERT_EQ(0, set_parameter(vfio_driver(), "enable_sriov", "Y"));
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, create_vf(self->pf, self->vf));
		usleep(200000);
		EXPECT_TRUE(pci_power_becomes(self->pf, "active"));
		ASSERT_EQ(0, pci_write_attr(self->pf, "sriov_numvfs", "0"));
		EXPECT_TRUE(pci_power_becomes(self->pf, "suspended"));
	}
	ASSERT_EQ(0, create_vf(self->pf, self->vf));
	EXPECT_EQ(-EBUSY, pci_write_attr(self->pf, "sriov_numvfs", "2"));
}

/* VFs go with the driver of their PF. */
TEST_F(sriov, the_pf_is_unbound)
{
	struct utsname kernel;
	char text[8] = "";

	uname(&kernel);
	if (test_slowdown() > 1 && atoi(kernel.release) >= 7)
		SKIP(return, "with lockdep the PCI core of this kernel warns of any driver that "
			     "does that: use KERNEL=debian-6.12");
	ASSERT_EQ(0, pci_bind(self->pf, vfio_driver()));
	ASSERT_EQ(0, set_parameter(vfio_driver(), "enable_sriov", "Y"));
	ASSERT_EQ(0, create_vf(self->pf, self->vf));
	ASSERT_EQ(0, pci_unbind(self->pf));
	EXPECT_EQ(-ENOENT, pci_read_attr(self->vf, "vendor", text, sizeof(text)));
	ASSERT_EQ(0, pci_read_attr(self->pf, "sriov_numvfs", text, sizeof(text)));
	EXPECT_STREQ("0", text);
	ASSERT_EQ(0, pci_bind(self->pf, vfio_driver()));
}

/* Two users of VFs: the PF is free again when both are gone. */
TEST_F(sriov, two_vfs_in_use)
{
	char link[64], target[64] = "", vf[2][BDF_LEN];

	ASSERT_EQ(0, pci_bind(self->pf, vfio_driver()));
	EXPECT_EQ(0, expect_open(&self->iommu, self->pf, " vf_token=" TOKEN));
	ASSERT_EQ(0, set_parameter(vfio_driver(), "enable_sriov", "Y"));
	ASSERT_EQ(0, pci_write_attr(self->pf, "sriov_numvfs", "2"));
	for (int i = 0; i < 2; i++) {
		snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s/virtfn%d", self->pf, i);
		ASSERT_LT(0, readlink(link, target, sizeof(target) - 1));
		snprintf(vf[i], BDF_LEN, "%.12s", strrchr(target, '/') + 1);
		EXPECT_STREQ(vfio_driver(), pci_driver_of(vf[i]));
		self->fd[i] = open_named(&self->iommu, vf[i], " vf_token=" TOKEN);
		ASSERT_LE(0, self->fd[i]);
	}
	EXPECT_EQ(-EACCES, expect_open(&self->iommu, self->pf, ""));
	close(self->fd[0]);
	self->fd[0] = -1;
	EXPECT_EQ(-EACCES, expect_open(&self->iommu, self->pf, ""));
	close_all(self);
	EXPECT_EQ(0, expect_open(&self->iommu, self->pf, " vf_token=" OTHER));
	EXPECT_EQ(0, expect_open(&self->iommu, self->pf, ""));
}

#define NVME_VS    0x08 /* version; 0 in a VF of QEMU's that has no queues */
#define NVME_INTMS 0x0c /* interrupt mask: writing sets bits, a reset clears all */
#define MASK_MARK  0x5a

/*
 * An nvme PF with a VF, both open and mapped. A reset clears the PF's interrupt mask. While the VF
 * is off its registers read as all ones, and emulated VFs stay off after a reset of their PF.
 */
FIXTURE(pf_and_vf)
{
	FIXTURE_DATA(sriov) sriov;
	struct vfio_iommu vf_iommu;
	struct vfio_dev pf, vf;
	char *pf_bar, *vf_bar;
	uint32_t version;
};

/* The PF's group is the only one of its container. */
static int hot_reset_alone(struct vfio_dev *dev)
{
	struct {
		struct vfio_pci_hot_reset reset;
		int fd;
	} buf = { .reset = { .argsz = sizeof(buf), .count = 1 }, .fd = dev->iommu->group[0].fd };

	return sys(ioctl(dev->fd, VFIO_DEVICE_PCI_HOT_RESET, &buf));
}

static void flr(struct vfio_dev *dev)
{
	unsigned int exp = vfio_find_cap(dev, PCI_CAP_ID_EXP);
	uint32_t control = vfio_config_read(dev, exp + PCI_EXP_DEVCTL, 2);

	vfio_config_write(dev, exp + PCI_EXP_DEVCTL, 2, control | PCI_EXP_DEVCTL_BCR_FLR);
}

static uint32_t device_flags(struct vfio_dev *dev)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	return ioctl(dev->fd, VFIO_DEVICE_GET_INFO, &info) ? 0 : info.flags;
}

/* In a container of its own: the group ends with the VF, and the next one may have its number. */
static int open_new_vf(FIXTURE_DATA(pf_and_vf) *self)
{
	int err = create_vf(self->sriov.pf, self->sriov.vf) ?: vfio_iommu_open(&self->vf_iommu);

	if (err)
		return err;
	self->vf = (struct vfio_dev){ .iommu = &self->vf_iommu };
	memcpy(self->vf.bdf, self->sriov.vf, BDF_LEN);
	self->vf.fd = open_named(&self->vf_iommu, self->sriov.vf, " vf_token=" TOKEN);
	if (self->vf.fd < 0)
		return self->vf.fd;
	self->vf_bar = vfio_mmap(&self->vf, 0, 0, PAGE, PROT_READ);
	if (self->vf_bar == MAP_FAILED)
		self->vf_bar = NULL;
	return self->vf_bar ? 0 : -errno;
}

static void close_pf(FIXTURE_DATA(pf_and_vf) *self)
{
	if (self->pf_bar)
		munmap(self->pf_bar, PAGE);
	self->pf_bar = NULL;
	close(self->sriov.fd[0]);
	self->sriov.fd[0] = self->pf.fd = -1;
}

static void close_vf(FIXTURE_DATA(pf_and_vf) *self)
{
	if (self->vf_bar)
		munmap(self->vf_bar, PAGE);
	self->vf_bar = NULL;
	vfio_close(&self->vf);
	vfio_iommu_close(&self->vf_iommu);
}

FIXTURE_SETUP(pf_and_vf)
{
	FIXTURE_DATA(sriov) *sriov = &self->sriov;
	struct vfio_dev *pf = &self->pf;
	char text[8] = "";

	pf->iommu = &sriov->iommu;
	sriov->fd[0] = sriov->fd[1] = -1;
	self->vf.fd = -1;
	if (pci_find(&pci_nvme, 0, sriov->pf))
		SKIP_NO_DEVICE(return, &pci_nvme);
	if (pci_read_attr(sriov->pf, "sriov_totalvfs", text, sizeof(text)) < 0)
		SKIP(return, "this nvme has no SR-IOV: use QEMU 7.1 or newer");
	ASSERT_EQ(0, vfio_iommu_open(&sriov->iommu));
	if (sriov->iommu.iommufd)
		SKIP(return, "the token is part of the name given to a group: unset VFIO_IOMMU");
	ASSERT_EQ(0, pci_bind(sriov->pf, vfio_driver()));
	/* Awake while it is closed, so that its registers can be looked at. */
	ASSERT_EQ(0, pci_write_attr(sriov->pf, "power/control", "on"));
	ASSERT_EQ(0, set_parameter(vfio_driver(), "enable_sriov", "Y"));
	sriov->fd[0] = open_named(&sriov->iommu, sriov->pf, " vf_token=" TOKEN);
	ASSERT_LE(0, sriov->fd[0]);
	pf->fd = sriov->fd[0];
	memcpy(pf->bdf, sriov->pf, BDF_LEN);
	vfio_set_command(pf, 0, PCI_COMMAND_MEMORY);
	self->pf_bar = vfio_mmap(pf, 0, 0, PAGE, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, self->pf_bar);
	ASSERT_TRUE(try_write32(self->pf_bar + NVME_INTMS, MASK_MARK));
	ASSERT_EQ(MASK_MARK, edu_read(self->pf_bar, NVME_INTMS));

	ASSERT_EQ(0, open_new_vf(self));
	ASSERT_TRUE(try_read32(self->vf_bar + NVME_VS, &self->version));
	ASSERT_NE(UINT32_MAX, self->version);
}

/* Mappings first: they hold the VF, and the end of a VF waits for its user. */
FIXTURE_TEARDOWN(pf_and_vf)
{
	close_vf(self);
	close_pf(self);
	vfio_iommu_close(&self->sriov.iommu);
	if (*self->sriov.pf) {
		pci_write_attr(self->sriov.pf, "sriov_numvfs", "0");
		pci_write_attr(self->sriov.pf, "power/control", "auto");
	}
}

/* What a closed PF has in its interrupt mask. */
static uint32_t closed_pf_intms(const char *pf)
{
	uint32_t value = UINT32_MAX;
	char path[80];
	void *bar;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource0", pf);
	fd = open(path, O_RDWR | O_CLOEXEC);
	bar = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (bar != MAP_FAILED)
		value = edu_read(bar, NVME_INTMS);
	munmap(bar, PAGE);
	return value;
}

/*
 * The user of the PF cannot reset it while it has VFs, which would remove them; without VFs a reset
 * works.
 */
TEST_F(pf_and_vf, resets_of_the_pf_are_refused)
{
	struct vfio_dev *pf = &self->pf;

	EXPECT_EQ(-EBUSY, sys(ioctl(pf->fd, VFIO_DEVICE_RESET)));
	EXPECT_EQ(-EBUSY, hot_reset_alone(pf));
	/* As a device whose FLR has no effect. */
	flr(pf);
	EXPECT_FALSE(vfio_config_read(pf, vfio_find_cap(pf, PCI_CAP_ID_EXP) + PCI_EXP_DEVCTL, 2) &
		     PCI_EXP_DEVCTL_BCR_FLR);
	EXPECT_EQ(MASK_MARK, edu_read(self->pf_bar, NVME_INTMS));
	EXPECT_EQ(self->version, edu_read(self->vf_bar, NVME_VS));
	EXPECT_TRUE(device_flags(pf) & VFIO_DEVICE_FLAGS_RESET);
	/* The VF's own is no concern of the PF's. */
	EXPECT_EQ(0, sys(ioctl(self->vf.fd, VFIO_DEVICE_RESET)));
	EXPECT_EQ(self->version, edu_read(self->vf_bar, NVME_VS));

	/* VFs that nobody has open count as well. */
	close_vf(self);
	EXPECT_EQ(-EBUSY, sys(ioctl(pf->fd, VFIO_DEVICE_RESET)));
	EXPECT_EQ(-EBUSY, hot_reset_alone(pf));

	ASSERT_EQ(0, pci_write_attr(pf->bdf, "sriov_numvfs", "0"));
	EXPECT_EQ(MASK_MARK, edu_read(self->pf_bar, NVME_INTMS));
	flr(pf);
	EXPECT_EQ(0, edu_read(self->pf_bar, NVME_INTMS));
	EXPECT_EQ(0, sys(ioctl(pf->fd, VFIO_DEVICE_RESET)));
	EXPECT_EQ(0, hot_reset_alone(pf));
}

/* The PF's program may restart under VFs in use; the reset that close owes comes with their end. */
TEST_F(pf_and_vf, open_and_close_leave_vfs_alone)
{
	const char *bdf = self->sriov.pf;

	close_pf(self);
	EXPECT_EQ(MASK_MARK, closed_pf_intms(bdf));
	EXPECT_EQ(self->version, edu_read(self->vf_bar, NVME_VS));

	self->sriov.fd[0] = open_named(&self->sriov.iommu, bdf, " vf_token=" TOKEN);
	ASSERT_LE(0, self->sriov.fd[0]);
	self->pf.fd = self->sriov.fd[0];
	self->pf_bar = vfio_mmap(&self->pf, 0, 0, PAGE, PROT_READ);
	ASSERT_NE(MAP_FAILED, self->pf_bar);
	EXPECT_EQ(MASK_MARK, edu_read(self->pf_bar, NVME_INTMS));
	EXPECT_TRUE(device_flags(&self->pf) & VFIO_DEVICE_FLAGS_RESET);
	EXPECT_EQ(self->version, edu_read(self->vf_bar, NVME_VS));
	close_pf(self);
	EXPECT_EQ(self->version, edu_read(self->vf_bar, NVME_VS));

	close_vf(self);
	EXPECT_EQ(MASK_MARK, closed_pf_intms(bdf));
	ASSERT_EQ(0, pci_write_attr(bdf, "sriov_numvfs", "0"));
	EXPECT_EQ(0, closed_pf_intms(bdf));
}

/* An open PF belongs to its user: removing the VFs does not reset it. */
TEST_F(pf_and_vf, open_pf_is_not_reset_when_vfs_go)
{
	const char *bdf = self->sriov.pf;

	/* A close that owes a reset. */
	close_pf(self);
	self->sriov.fd[0] = open_named(&self->sriov.iommu, bdf, " vf_token=" TOKEN);
	ASSERT_LE(0, self->sriov.fd[0]);
	self->pf.fd = self->sriov.fd[0];
	self->pf_bar = vfio_mmap(&self->pf, 0, 0, PAGE, PROT_READ);
	ASSERT_NE(MAP_FAILED, self->pf_bar);
	close_vf(self);
	ASSERT_EQ(0, pci_write_attr(bdf, "sriov_numvfs", "0"));
	EXPECT_EQ(MASK_MARK, edu_read(self->pf_bar, NVME_INTMS));
	close_pf(self);
	EXPECT_EQ(0, closed_pf_intms(bdf));
}

/* The gates fail when the PCI core resets a bus whose bridge is not locked. */
TEST_F(pf_and_vf, owed_bus_reset_locks_the_bridge)
{
	const char *bdf = self->sriov.pf;

	ASSERT_EQ(0, pci_write_attr(bdf, "reset_method", "bus"));
	close_pf(self);
	close_vf(self);
	ASSERT_EQ(0, pci_write_attr(bdf, "sriov_numvfs", "0"));
	EXPECT_EQ(0, closed_pf_intms(bdf));
	EXPECT_EQ(0, pci_write_attr(bdf, "reset_method", "default"));
}

struct pf_resetter {
	struct vfio_dev *pf;
	atomic_bool stop;
	atomic_int done, refused, odd;
};

static void *reset_pf(void *arg)
{
	struct pf_resetter *r = arg;

	for (unsigned int i = 0; !r->stop; i++) {
		int ret = i % 2 ? hot_reset_alone(r->pf) :
				  sys(ioctl(r->pf->fd, VFIO_DEVICE_RESET));

		if (!ret)
			r->done++;
		else if (ret == -EBUSY || ret == -EAGAIN)
			r->refused++;
		else
			r->odd = ret;
	}
	return NULL;
}

/* VFs created while resets are running are complete, and remain. */
TEST_F_TIMEOUT(pf_and_vf, vfs_created_during_resets, 120)
{
	struct pf_resetter r = { .pf = &self->pf };
	pthread_t thread;

	close_vf(self);
	ASSERT_EQ(0, pthread_create(&thread, NULL, reset_pf, &r));
	for (int round = 0; round < 5; round++) {
		int done = r.done;

		ASSERT_EQ(0, pci_write_attr(self->sriov.pf, "sriov_numvfs", "0"));
		while (r.done == done)
			usleep(1000);
		ASSERT_EQ(0, open_new_vf(self));
		for (int i = 0; i < 100; i++) {
			ASSERT_EQ(self->version, edu_read(self->vf_bar, NVME_VS));
			usleep(1000);
		}
		close_vf(self);
	}
	r.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(0, r.odd);
	EXPECT_LT(0, r.refused);
}

TEST_F(sriov, no_token_wanted)
{
	char bdf[BDF_LEN];

	if (pci_find(&pci_edu, 0, bdf))
		SKIP_NO_DEVICE(return, &pci_edu);
	ASSERT_EQ(0, pci_bind(bdf, vfio_driver()));
	EXPECT_EQ(0, expect_open(&self->iommu, bdf, " "));
	EXPECT_EQ(-EINVAL, expect_open(&self->iommu, bdf, " vf_token=" TOKEN));
}

/* The other core holds the PF's token, so this one cannot check it. */
TEST_F(sriov, pf_on_the_kernels_own)
{
	if (!strcmp(vfio_driver(), "vfio-pci"))
		SKIP(return, "the driver under test is the kernel's own: set "
			     "VFIO_DRIVER=vfio-pci-sdk");
	if (module_need("vfio-pci"))
		SKIP(return, "the kernel's vfio-pci does not load here");
	ASSERT_EQ(0, pci_bind(self->pf, "vfio-pci"));
	ASSERT_EQ(0, set_parameter("vfio-pci", "enable_sriov", "Y"));
	ASSERT_EQ(0, create_vf(self->pf, self->vf));
	ASSERT_EQ(0, pci_bind(self->vf, vfio_driver()));
	EXPECT_EQ(-EACCES, expect_open(&self->iommu, self->vf, ""));
	ASSERT_EQ(0, set_parameter("vfio-pci-sdk-core", "allow_foreign_pf", "Y"));
	EXPECT_EQ(0, expect_open(&self->iommu, self->vf, ""));
	ASSERT_EQ(0, set_parameter("vfio-pci-sdk-core", "allow_foreign_pf", "N"));
	EXPECT_EQ(0, pci_write_attr(self->pf, "sriov_numvfs", "0"));
	EXPECT_EQ(0, pci_bind(self->pf, vfio_driver()));
}

TEST_HARNESS_MAIN
