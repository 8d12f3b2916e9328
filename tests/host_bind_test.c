// SPDX-License-Identifier: GPL-2.0-only
/* scripts/bind on real devices: given to a driver, refused while in use, given back. */
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "fixture.h"
#include "module.h"

/* The script itself. */
asm(".pushsection .rodata\n"
    ".globl script, script_end\n"
    "script: .incbin \"scripts/bind\"\n"
    "script_end:\n"
    ".popsection");
extern const char script[], script_end[];

/* What it said last. */
static char said[1024];

/* Runs it with these arguments; its exit status, or -1. */
static int run(const char *format, ...)
{
	const char *path = "/tmp/bind";
	char command[256];
	size_t len = 0;
	va_list args;
	FILE *f;

	f = fopen(path, "w");
	if (!f)
		return -1;
	fwrite(script, 1, script_end - script, f);
	fclose(f);
	len = snprintf(command, sizeof(command), "RUN=/tmp sh %s ", path);
	va_start(args, format);
	len += vsnprintf(command + len, sizeof(command) - len, format, args);
	va_end(args);
	snprintf(command + len, sizeof(command) - len, " 2>&1");
	f = popen(command, "r");
	if (!f)
		return -1;
	len = fread(said, 1, sizeof(said) - 1, f);
	said[len] = '\0';
	return WEXITSTATUS(pclose(f));
}

static bool has_said(const char *text)
{
	return strstr(said, text);
}

FIXTURE(host)
{
	char bdf[BDF_LEN];
};

/* The kernel's own vfio-pci, bound by the device's id, stands in for a driver of the host. */
FIXTURE_SETUP(host)
{
	if (pci_find(&pci_edu, 0, self->bdf))
		SKIP_NO_DEVICE(return, &pci_edu);
	ASSERT_EQ(0, module_need("vfio_pci"));
	ASSERT_EQ(0, pci_bind(self->bdf, "vfio-pci"));
	ASSERT_EQ(0, pci_write_attr(self->bdf, "driver_override", "\n"));
	ASSERT_EQ(0, write_file("/sys/bus/pci/drivers/vfio-pci/new_id", "1234 11e8"));
}

FIXTURE_TEARDOWN(host)
{
	run("unbind %s", self->bdf);
	write_file("/sys/bus/pci/drivers/vfio-pci/remove_id", "1234 11e8");
	pci_unbind_all("vfio_pci");
	pci_bind(self->bdf, vfio_driver());
}

/* Given, used, and given back to the driver that had it, with no override left. */
TEST_F(host, bind_and_unbind)
{
	char override[64];
	struct vfio_dev dev;

	EXPECT_EQ(0, run("bind %s %s", vfio_driver(), self->bdf));
	EXPECT_TRUE(has_said("(was: vfio-pci)"));
	ASSERT_STREQ(vfio_driver(), pci_driver_of(self->bdf));
	EXPECT_EQ(0, run("bind %s %s", vfio_driver(), self->bdf));
	ASSERT_EQ(0, vfio_open(&dev, NULL, self->bdf));
	vfio_close(&dev);

	EXPECT_EQ(0, run("unbind %s", self->bdf));
	EXPECT_STREQ("vfio-pci", pci_driver_of(self->bdf));
	ASSERT_EQ(0, pci_read_attr(self->bdf, "driver_override", override, sizeof(override)));
	EXPECT_STREQ("(null)", override);
	EXPECT_EQ(1, run("unbind %s", self->bdf));
}

/* pcieport exists everywhere and takes nothing but ports. */
TEST_F(host, a_driver_that_does_not_take_it_leaves_the_old_one)
{
	char override[64];

	EXPECT_EQ(1, run("bind pcieport %s", self->bdf));
	EXPECT_TRUE(has_said("pcieport does not take"));
	EXPECT_STREQ("vfio-pci", pci_driver_of(self->bdf));
	ASSERT_EQ(0, pci_read_attr(self->bdf, "driver_override", override, sizeof(override)));
	EXPECT_STREQ("(null)", override);
}

/* A device in use is left alone, and the process named; unbinding by sysfs would wait for ever. */
TEST_F(host, a_device_in_use_is_refused)
{
	struct vfio_dev dev;

	ASSERT_EQ(0, run("bind %s %s", vfio_driver(), self->bdf));
	ASSERT_EQ(0, vfio_open(&dev, NULL, self->bdf));
	EXPECT_EQ(1, run("unbind %s", self->bdf));
	EXPECT_TRUE(has_said("is in use: host_bind_test"));
	EXPECT_EQ(1, run("bind vfio-pci %s", self->bdf));
	EXPECT_TRUE(has_said("is in use: host_bind_test"));
	EXPECT_STREQ(vfio_driver(), pci_driver_of(self->bdf));
	vfio_close(&dev);
}

TEST_HARNESS_MAIN
