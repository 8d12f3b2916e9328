// SPDX-License-Identifier: GPL-2.0-only
/* An error that a device reports by its port (AER) gets to the user of the device. */
#include <fcntl.h>
#include <sys/eventfd.h>

#include "fixture.h"
#include "host.h"

FIXTURE_VARIANT_ADD(device, rng){.id = &pci_rng};

/* Lets the port pass errors on, which firmware does on real machines. */
static bool port_set(const char *bdf, unsigned int pos, uint16_t bits)
{
	char path[64];
	uint16_t value;
	bool done;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/../config", bdf);
	fd = open(path, O_RDWR | O_CLOEXEC);
	done = fd >= 0 && pread(fd, &value, sizeof(value), pos) == sizeof(value);
	if (done) {
		value |= bits;
		done = pwrite(fd, &value, sizeof(value), pos) == sizeof(value);
	}
	if (fd >= 0)
		close(fd);
	return done;
}

TEST_F(device, error_signals_its_eventfd)
{
	int error = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	if (!host_available())
		SKIP(return, "no monitor of QEMU: run it in the virtual machine, make test");
	ASSERT_TRUE(port_set(self->dev.bdf, PCI_COMMAND, PCI_COMMAND_SERR));
	ASSERT_TRUE(port_set(self->dev.bdf, PCI_BRIDGE_CONTROL, PCI_BRIDGE_CTL_SERR));
	vfio_set_command(&self->dev, 0, PCI_COMMAND_SERR);
	ASSERT_EQ(0, vfio_set_eventfds(&self->dev, VFIO_PCI_ERR_IRQ_INDEX, 0, 1, &error));
	EXPECT_FALSE(eventfd_wait(error, 0, NULL));
	ASSERT_EQ(0, host_monitor("pcie_aer_inject_error rng POISON_TLP", NULL, 0));
	EXPECT_TRUE(eventfd_wait(error, SOON, NULL));
	close(error);
}

TEST_HARNESS_MAIN
