// SPDX-License-Identifier: GPL-2.0-only
/* The plain driver's parameters: which functions it takes, by which name, and what it offers. */
#include "fixture.h"
#include "module.h"

#define MODULE "vfio-pci-sdk"

/* Intel's QuickAssist: known to let its user attack the host. */
#define DENIED_VENDOR "0x8086"
#define DENIED_DEVICE "0x37c8"

FIXTURE(plain)
{
	char bdf[BDF_LEN];
};

FIXTURE_SETUP(plain)
{
	if (strcmp(vfio_driver(), MODULE))
		SKIP(return, "the driver is loaded with other parameters: unset VFIO_DRIVER");
	if (pci_find(&pci_edu, 0, self->bdf))
		SKIP_NO_DEVICE(return, &pci_edu);
	ASSERT_EQ(0, pci_unbind(self->bdf));
}

FIXTURE_TEARDOWN(plain)
{
	if (!*self->bdf)
		return;
	EXPECT_EQ(0, module_load(MODULE, ""));
	EXPECT_EQ(0, module_unload("lookslike"));
}

/* Without an override a function comes by its ids alone. */
static int forget_override(const char *bdf)
{
	return pci_write_attr(bdf, "driver_override", "\n");
}

TEST_F(plain, takes_nothing_by_itself)
{
	ASSERT_EQ(0, forget_override(self->bdf));
	ASSERT_EQ(0, module_load(MODULE, ""));
	ASSERT_EQ(0, write_file("/sys/bus/pci/drivers_probe", self->bdf));
	EXPECT_STREQ("", pci_driver_of(self->bdf));
}

TEST_F(plain, ids)
{
	static const char *const matching[] = { "1234:11e8", "8086:1,1234:11e8", "1234:ffffffff",
						"1234:11e8:1af4:1100", "nonsense,1234:11e8",
						"1234:11e8:1af4:1100:00ff00:ffff00" };
	static const char *const others[] = { "1234:11e9", "1234:11e8:1af4:1101", "1234",
					      "1234:11e8:1af4:1100:030000:ff0000" };
	char parameters[96];

	ASSERT_EQ(0, forget_override(self->bdf));
	for (size_t i = 0; i < sizeof(matching) / sizeof(*matching); i++) {
		snprintf(parameters, sizeof(parameters), "ids=%s", matching[i]);
		ASSERT_EQ(0, module_load(MODULE, parameters));
		EXPECT_STREQ(MODULE, pci_driver_of(self->bdf)) TH_LOG("%s", parameters);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		snprintf(parameters, sizeof(parameters), "ids=%s", others[i]);
		ASSERT_EQ(0, module_load(MODULE, parameters));
		EXPECT_STREQ("", pci_driver_of(self->bdf)) TH_LOG("%s", parameters);
	}
}

TEST_F(plain, name)
{
	EXPECT_NE(0, module_load(MODULE, "name="));
	EXPECT_NE(0, module_load(MODULE, "name=a/b"));
	ASSERT_EQ(0, module_load(MODULE, "name=another-name"));
	EXPECT_EQ(0, pci_bind(self->bdf, "another-name"));
	EXPECT_STREQ("another-name", pci_driver_of(self->bdf));
}

TEST_F(plain, denylist)
{
	char parameters[96];

	snprintf(parameters, sizeof(parameters),
		 "device=%s vendor=" DENIED_VENDOR " id=" DENIED_DEVICE, self->bdf);
	ASSERT_EQ(0, module_load("lookslike", parameters));
	ASSERT_EQ(0, module_load(MODULE, ""));
	EXPECT_NE(0, pci_bind(self->bdf, MODULE));
	ASSERT_EQ(0, module_load(MODULE, "disable_denylist=1"));
	EXPECT_EQ(0, pci_bind(self->bdf, MODULE));
	ASSERT_EQ(0, pci_unbind(self->bdf));
	/* A device of the same vendor that is not on the list. */
	ASSERT_EQ(0, module_load(MODULE, ""));
	parameters[strlen(parameters) - 1] = '0';
	ASSERT_EQ(0, module_load("lookslike", parameters));
	EXPECT_EQ(0, pci_bind(self->bdf, MODULE));
	ASSERT_EQ(0, pci_unbind(self->bdf));
}

TEST_F(plain, disable_vga)
{
	struct vfio_region_info region;
	char bdf[BDF_LEN];
	int err;

	if (pci_find(&pci_vga, 0, bdf))
		SKIP_NO_DEVICE(return, &pci_vga);
	for (int off = 0; off < 2; off++) {
		struct vfio_dev dev;

		ASSERT_EQ(0, module_load(MODULE, off ? "disable_vga=1" : ""));
		ASSERT_EQ(0, vfio_open(&dev, NULL, bdf));
		err = vfio_region(&dev, VFIO_PCI_VGA_REGION_INDEX, &region);
		vfio_close(&dev);
#ifndef __x86_64__
		EXPECT_EQ(-EINVAL, err);
		SKIP(return, "vfio has the legacy ranges of VGA on x86 alone");
#endif
		EXPECT_EQ(off ? -EINVAL : 0, err);
	}
}

/* A device keeps what the parameters were when it got its driver. */
TEST_F(plain, parameters_of_a_device_stay)
{
	ASSERT_EQ(0, module_load(MODULE, ""));
	ASSERT_EQ(0, pci_bind(self->bdf, MODULE));
	EXPECT_TRUE(pci_power_becomes(self->bdf, "suspended"));
	ASSERT_EQ(0, write_file("/sys/module/vfio_pci_sdk/parameters/disable_idle_d3", "Y"));
	for (int i = 0; i < 2; i++) {
		struct vfio_dev dev;

		ASSERT_EQ(0, vfio_open_bound(&dev, NULL, self->bdf));
		EXPECT_TRUE(pci_power_becomes(self->bdf, "active"));
		vfio_close(&dev);
		EXPECT_TRUE(pci_power_becomes(self->bdf, "suspended"));
	}
	ASSERT_EQ(0, pci_unbind(self->bdf));
	ASSERT_EQ(0, pci_bind(self->bdf, MODULE));
	usleep(200000);
	EXPECT_TRUE(pci_power_becomes(self->bdf, "active"));
}

TEST_HARNESS_MAIN
