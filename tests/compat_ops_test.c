// SPDX-License-Identifier: GPL-2.0-only
/*
 * Drivers whose tables of callbacks have the form of older kernels (tests/modules/oldops) work on
 * every kernel, or are refused with a message that names what is missing.
 */
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/utsname.h>

#include "fixture.h"
#include "mem.h"
#include "module.h"
#include "modules/oldops/oldops.h"
#include "variant.h"

#define SYSLOG_READ_ALL 3

#define DATA_SIZE (VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIG_DATA_SIZE)

/* Finds a device and unbinds it, with the module loaded; false when there is none. */
static bool find(const struct pci_id *id, char bdf[BDF_LEN])
{
	return !variant_find(id, 0, bdf) && !module_need("oldops") && !pci_unbind(bdf);
}

static int open_as(struct vfio_dev *dev, struct vfio_iommu *iommu, const char *bdf,
		   const char *driver)
{
	return pci_bind(bdf, driver) ?: vfio_open_bound(dev, iommu, bdf);
}

/* Size of the migration data, or -errno. */
static long data_size(struct vfio_dev *dev)
{
	struct {
		struct vfio_device_feature head;
		uint64_t size;
	} get = { .head = { .argsz = sizeof(get), .flags = DATA_SIZE } };

	return sys(ioctl(dev->fd, VFIO_DEVICE_FEATURE, &get)) ?: (long)get.size;
}

FIXTURE(form)
{
	struct vfio_dev dev;
	char bdf[BDF_LEN];
};

FIXTURE_VARIANT(form)
{
	const char *driver;
	long data_size;
};

FIXTURE_VARIANT_ADD(form, of_6_1) { .driver = "oldops-6.1", .data_size = -EOPNOTSUPP };
FIXTURE_VARIANT_ADD(form, of_6_2) { .driver = "oldops-6.2", .data_size = OLDOPS_DATA_SIZE };
FIXTURE_VARIANT_ADD(form, of_6_6) { .driver = "oldops-6.6", .data_size = -ENOTTY };
FIXTURE_VARIANT_ADD(form, of_6_15) { .driver = "oldops-6.15", .data_size = -ENOTTY };
FIXTURE_VARIANT_ADD(form, of_6_17) { .driver = "oldops-6.17", .data_size = -ENOTTY };
FIXTURE_VARIANT_ADD(form, of_7_0) { .driver = "oldops-7.0", .data_size = OLDOPS_DATA_SIZE };

FIXTURE_SETUP(form)
{
	if (!find(&pci_edu, self->bdf))
		SKIP_NO_DEVICE(return, &pci_edu);
	ASSERT_EQ(0, open_as(&self->dev, NULL, self->bdf, variant->driver));
}

FIXTURE_TEARDOWN(form)
{
	vfio_close(&self->dev);
}

TEST_F(form, tells_its_regions)
{
	struct vfio_region_info info;

	ASSERT_EQ(0, vfio_region(&self->dev, VFIO_PCI_BAR0_REGION_INDEX, &info));
	EXPECT_EQ(EDU_BAR_SIZE, info.size);
	EXPECT_EQ(VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
			  VFIO_REGION_INFO_FLAG_MMAP,
		  info.flags);
	ASSERT_EQ(0, vfio_region(&self->dev, VFIO_PCI_CONFIG_REGION_INDEX, &info));
	EXPECT_LE(PCI_CFG_SPACE_SIZE, info.size);
	EXPECT_EQ(-EINVAL, vfio_region(&self->dev, UINT32_MAX, &info));
}

TEST_F(form, maps_its_registers)
{
	char *bar = vfio_mmap(&self->dev, 0, 0, PAGE, PROT_READ | PROT_WRITE);
	uint32_t id;

	ASSERT_NE(MAP_FAILED, bar);
	ASSERT_TRUE(try_read32(bar, &id));
	EXPECT_EQ(0xed, id & 0xff);
}

TEST_F(form, resets)
{
	struct vfio_dev nvme;
	char bdf[BDF_LEN];

	if (!find(&pci_nvme, bdf))
		SKIP_NO_DEVICE(return, &pci_nvme);
	ASSERT_EQ(0, open_as(&nvme, NULL, bdf, variant->driver));
	EXPECT_EQ(0, sys(ioctl(nvme.fd, VFIO_DEVICE_RESET)));
	vfio_close(&nvme);
}

TEST_F(form, tells_its_interrupts)
{
	struct vfio_irq_info irq;

	ASSERT_EQ(0, vfio_irq(&self->dev, VFIO_PCI_MSI_IRQ_INDEX, &irq));
	EXPECT_EQ(1, irq.count);
}

TEST_F(form, tells_its_migration_data_size)
{
	EXPECT_EQ(variant->data_size, data_size(&self->dev));
}

TEST_F(form, opens_by_character_device)
{
	struct vfio_iommu iommu;

	vfio_close(&self->dev);
	if (access("/dev/iommu", F_OK) || access("/dev/vfio/devices", F_OK))
		SKIP(return, "no character devices here: use a kernel that has them");
	ASSERT_EQ(0, vfio_iommu_open_as(&iommu, "iommufd"));
	EXPECT_EQ(0, open_as(&self->dev, &iommu, self->bdf, variant->driver));
	vfio_close(&self->dev);
	vfio_iommu_close(&iommu);
}

FIXTURE(own_ioctl)
{
	struct vfio_dev dev;
};

FIXTURE_SETUP(own_ioctl)
{
	char bdf[BDF_LEN];

	if (!find(&pci_nvme, bdf))
		SKIP_NO_DEVICE(return, &pci_nvme);
	ASSERT_EQ(0, open_as(&self->dev, NULL, bdf, "oldops-ioctl"));
}

FIXTURE_TEARDOWN(own_ioctl)
{
	vfio_close(&self->dev);
}

TEST_F(own_ioctl, region_info_of_the_driver_wins)
{
	struct vfio_region_info info;

	ASSERT_EQ(0, vfio_region(&self->dev, VFIO_PCI_BAR0_REGION_INDEX, &info));
	EXPECT_EQ(OLDOPS_SIZE, info.size);
	EXPECT_EQ(VFIO_REGION_INFO_FLAG_READ, info.flags);
	EXPECT_EQ(VFIO_REGION_OFFSET(VFIO_PCI_BAR0_REGION_INDEX), info.offset);
}

TEST_F(own_ioctl, core_answers_for_other_regions)
{
	struct vfio_region_info info;

	ASSERT_EQ(0, vfio_region(&self->dev, VFIO_PCI_CONFIG_REGION_INDEX, &info));
	EXPECT_EQ(VFIO_REGION_OFFSET(VFIO_PCI_CONFIG_REGION_INDEX), info.offset);
	EXPECT_LE(PCI_CFG_SPACE_SIZE, info.size);
	EXPECT_EQ(-EINVAL, vfio_region(&self->dev, UINT32_MAX, &info));
}

TEST_F(own_ioctl, malformed_region_info_is_refused)
{
	struct vfio_region_info info = { .argsz = sizeof(info) - 1 };

	EXPECT_EQ(-EINVAL, sys(ioctl(self->dev.fd, VFIO_DEVICE_GET_REGION_INFO, &info)));
	EXPECT_EQ(-EFAULT, sys(ioctl(self->dev.fd, VFIO_DEVICE_GET_REGION_INFO, NULL)));
}

/* A VF of a PF on our core, bound to a driver from before match_token_uuid. */
FIXTURE(vf)
{
	struct vfio_iommu iommu;
	char pf[BDF_LEN], vf[BDF_LEN];
};

FIXTURE_SETUP(vf)
{
	char link[64], target[64] = "";
	struct utsname kernel;

	uname(&kernel);
	if (access("/dev/iommu", F_OK) || atoi(kernel.release) < 7)
		SKIP(return, "vfio of this kernel takes no token with a character device: use "
			     "KERNEL=lab-7");
	if (!find(&pci_nvme, self->pf) ||
	    pci_read_attr(self->pf, "sriov_totalvfs", link, sizeof(link)))
		SKIP(return, "no nvme with SR-IOV here: use QEMU 7.1 or newer");
	ASSERT_EQ(0, pci_bind(self->pf, "vfio-pci-sdk"));
	ASSERT_EQ(0, write_file("/sys/module/vfio_pci_sdk/parameters/enable_sriov", "Y"));
	ASSERT_EQ(0, pci_write_attr(self->pf, "sriov_numvfs", "1"));
	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s/virtfn0", self->pf);
	ASSERT_LT(0, readlink(link, target, sizeof(target) - 1));
	snprintf(self->vf, sizeof(self->vf), "%.12s", strrchr(target, '/') + 1);
	ASSERT_EQ(0, pci_bind(self->vf, "oldops-6.6"));
	ASSERT_EQ(0, vfio_iommu_open_as(&self->iommu, "iommufd"));
}

FIXTURE_TEARDOWN(vf)
{
	if (!*self->vf)
		return;
	vfio_iommu_close(&self->iommu);
	EXPECT_EQ(0, pci_write_attr(self->pf, "sriov_numvfs", "0"));
}

TEST_F(vf, character_device_asks_for_the_token)
{
	int fd = vfio_cdev_open(self->vf);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EACCES, vfio_cdev_bind(fd, self->iommu.fd, NULL));
	close(fd);
}

/* VFs that the driver has created without telling the core. */
FIXTURE(simple_pf)
{
	struct vfio_dev dev;
	char bdf[BDF_LEN];
};

FIXTURE_SETUP(simple_pf)
{
	char text[8];

	self->dev.fd = -1;
	if (!find(&pci_nvme, self->bdf) ||
	    pci_read_attr(self->bdf, "sriov_totalvfs", text, sizeof(text)) < 0)
		SKIP(return, "no nvme with SR-IOV here: use QEMU 7.1 or newer");
	ASSERT_EQ(0, open_as(&self->dev, NULL, self->bdf, "oldops-6.6"));
	ASSERT_EQ(0, pci_write_attr(self->bdf, "sriov_numvfs", "1"));
}

FIXTURE_TEARDOWN(simple_pf)
{
	vfio_close(&self->dev);
}

TEST_F(simple_pf, stays_in_d0_and_is_not_reset)
{
	unsigned int pm = vfio_find_cap(&self->dev, PCI_CAP_ID_PM);

	ASSERT_NE(0, pm);
	vfio_config_write(&self->dev, pm + PCI_PM_CTRL, 2, 3);
	EXPECT_EQ(0, vfio_config_read(&self->dev, pm + PCI_PM_CTRL, 2) & 3);
	EXPECT_EQ(-EBUSY, sys(ioctl(self->dev.fd, VFIO_DEVICE_RESET)));
	EXPECT_EQ(0, pci_write_attr(self->bdf, "sriov_numvfs", "0"));
	EXPECT_EQ(0, sys(ioctl(self->dev.fd, VFIO_DEVICE_RESET)));
}

FIXTURE(refused)
{
	char bdf[BDF_LEN];
};

FIXTURE_VARIANT(refused)
{
	const char *driver, *missing;
};

FIXTURE_VARIANT_ADD(refused, no_init) { .driver = "oldops-no-init", .missing = "init" };
FIXTURE_VARIANT_ADD(refused, no_get_state)
{
	.driver = "oldops-no-get-state", .missing = "migration_get_state"
};

FIXTURE_SETUP(refused)
{
	if (!find(&pci_edu, self->bdf))
		SKIP_NO_DEVICE(return, &pci_edu);
}

FIXTURE_TEARDOWN(refused)
{
}

TEST_F(refused, message_names_the_callback)
{
	static char log[1 << 20];
	char text[96];
	int len;

	ASSERT_EQ(-ENODEV, pci_bind(self->bdf, variant->driver));
	len = klogctl(SYSLOG_READ_ALL, log, sizeof(log) - 1);
	ASSERT_LT(0, len);
	log[len] = 0;
	snprintf(text, sizeof(text), "%s: cannot register with vfio: the driver's %s", self->bdf,
		 variant->missing);
	EXPECT_TRUE(!!strstr(log, text)) TH_LOG("the log does not say \"%s\"", text);
}

TEST_HARNESS_MAIN
