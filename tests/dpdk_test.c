// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debian's DPDK on our driver: dpdk-testpmd polls two network cards with a cable between them, and
 * sends what comes in on one out on the other.
 */
#include <signal.h>

#include "fixture.h"
#include "module.h"

#define TESTPMD "/usr/bin/dpdk-testpmd"
#define OUTPUT	"/tmp/dpdk.log"
#define ENOUGH	1000 /* packets: the first 64 went around several times */

/* DPDK knows no kernel driver but vfio-pci, by name; a module must have that name as well. */
#define DPDK_DRIVER "vfio-pci"
#define DPDK_MODULE "/dpdk/vfio-pci.ko" /* samples/dpdk-name */

static char output[1 << 20];

static void read_output(void)
{
	FILE *file = fopen(OUTPUT, "r");
	size_t len = file ? fread(output, 1, sizeof(output) - 1, file) : 0;

	output[len] = '\0';
	if (file)
		fclose(file);
}

/* What testpmd's last statistics of that port say. */
static long statistic(int port, const char *name)
{
	const char *at = output, *found = NULL;
	char title[64];

	snprintf(title, sizeof(title), "NIC statistics for port %d ", port);
	while ((at = strstr(at, title)))
		found = at++;
	found = found ? strstr(found, name) : NULL;
	return found ? strtol(found + strlen(name), NULL, 10) : -1;
}

/* For its time limit. */
FIXTURE(dpdk)
{
};

FIXTURE_SETUP(dpdk)
{
}

FIXTURE_TEARDOWN(dpdk)
{
}

TEST_F_TIMEOUT(dpdk, two_cards_and_a_cable, 120)
{
	static const struct pci_id *cards[2] = {&pci_e1000e, &pci_e1000};
	bool ours = strcmp(vfio_driver(), DPDK_DRIVER), lost = false;
	char bdf[2][BDF_LEN], command[512];
	FILE *testpmd;

	if (access(TESTPMD, X_OK))
		SKIP(return, "only on request: apt-get install dpdk-dev, make test T=dpdk");
	for (int i = 0; i < 2; i++)
		if (pci_find(cards[i], 0, bdf[i]))
			SKIP_NO_DEVICE(return, cards[i]);
	if (ours) {
		ASSERT_EQ(0, module_unload("vfio-pci"));
		ASSERT_EQ(0, system("insmod " DPDK_MODULE));
		ASSERT_EQ(0, module_load("vfio-pci-sdk", "name=" DPDK_DRIVER));
	}
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, pci_bind(bdf[i], DPDK_DRIVER));
	}
	ASSERT_EQ(0, access(ours ? "/sys/module/vfio_pci_sdk/drivers/pci:" DPDK_DRIVER
				 : "/sys/module/vfio_pci/drivers/pci:" DPDK_DRIVER,
			    F_OK));

	/* One lcore for commands, one for packets; either may run on the only CPU. */
	snprintf(command, sizeof(command),
		 "mkdir -p /var/run; " TESTPMD " --lcores 0@0,1@0 --no-huge -m 64 --no-telemetry "
		 "-a %s -a %s -- -i --total-num-mbufs=2048 >" OUTPUT " 2>&1",
		 bdf[0], bdf[1]);
	signal(SIGPIPE, SIG_IGN);
	testpmd = popen(command, "w");
	ASSERT_NE(NULL, testpmd);
	for (int i = 0; i < 60 && !strstr(output, "testpmd>") && !strstr(output, "error"); i++) {
		sleep(1);
		read_output();
	}
	fputs("start tx_first 2\n", testpmd);
	for (int i = 0; i < 20 && (statistic(0, "RX-packets:") < ENOUGH ||
				   statistic(1, "RX-packets:") < ENOUGH);
	     i++) {
		fputs("show port stats all\n", testpmd);
		fflush(testpmd);
		sleep(1);
		read_output();
	}
	fputs("stop\nquit\n", testpmd);
	EXPECT_EQ(0, pclose(testpmd));
	read_output();
	for (int i = 0; i < 2; i++) {
		long in = statistic(i, "RX-packets:"), out = statistic(i, "TX-packets:");

		lost |= in < ENOUGH || out < ENOUGH;
		printf("# %s: %ld packets in, %ld out\n", cards[i]->name, in, out);
		EXPECT_LE(ENOUGH, in);
		EXPECT_LE(ENOUGH, out);
		EXPECT_EQ(0, statistic(i, "TX-errors:"));
	}
	if (lost)
		for (char *line = strtok(output, "\n"); line; line = strtok(NULL, "\n"))
			printf("# %s\n", line);
	if (ours) {
		EXPECT_EQ(0, system("rmmod vfio_pci"));
		EXPECT_EQ(0, module_load("vfio-pci-sdk", ""));
	}
}

TEST_HARNESS_MAIN
