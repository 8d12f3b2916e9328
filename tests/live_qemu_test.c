// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live migration by QEMU: a virtual machine with an edu device runs in the lab's guest and is moved
 * to a second QEMU with a second edu.  The program in it (live_guest.c) checks in each round the
 * registers and all memory that the device has written.  make test T=live_qemu brings QEMU there.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "fixture.h"
#include "live.h"
#include "module.h"
#include "variant.h"

#define QEMU	"/live/qemu-system-x86_64"
#define SECONDS 60 /* for anything that QEMU does, times TEST_SLOWDOWN */
#define ROUNDS	3  /* that a guest must make after a move */
#define SAMPLE	"live_migration_vfio_pci"
#define VARIANT "liveedu"

struct vm {
	char socket[32], serial[32], log[32];
	pid_t pid;
	int qmp;
};

/* The last complete line that the guest has written of its rounds. */
struct report {
	unsigned int round, bad, lost;
};

FIXTURE(moves)
{
	char bdf[4][BDF_LEN];
	unsigned int devices; /* of a machine */
	struct vm vm[2];
	unsigned int started;
};

static unsigned int seconds(void)
{
	const char *slow = getenv("TEST_SLOWDOWN");

	return SECONDS * (slow ? atoi(slow) : 1);
}

FIXTURE_SETUP(moves)
{
	if (access(QEMU, X_OK))
		SKIP(return, "no QEMU in this virtual machine: make test T=live_qemu brings it");
	for (int i = 0; i < 4; i++)
		if (pci_find(&pci_edu, i, self->bdf[i]))
			SKIP_NO_DEVICE(return, &pci_edu);
	self->devices = 1;
	mkdir("/tmp/live", 0700);
}

static void vm_kill(struct vm *vm)
{
	if (vm->pid <= 0)
		return;
	kill(vm->pid, SIGKILL);
	waitpid(vm->pid, NULL, 0);
	close(vm->qmp);
	vm->pid = 0;
}

FIXTURE_TEARDOWN(moves)
{
	for (int i = 0; i < 2; i++)
		vm_kill(&self->vm[i]);
	for (int i = 0; i < 4; i++)
		pci_unbind(self->bdf[i]);
}

static bool vm_runs(struct vm *vm)
{
	return vm->pid > 0 && !waitpid(vm->pid, NULL, WNOHANG);
}

/* Prints the end of a file as diagnostics. */
static void show(const char *path)
{
	char text[1500];
	int fd = open(path, O_RDONLY);
	off_t len = lseek(fd, 0, SEEK_END);
	ssize_t n = pread(fd, text, sizeof(text) - 1, len > 1400 ? len - 1400 : 0);

	printf("# %s:\n", path);
	text[n > 0 ? n : 0] = 0;
	for (char *line = strtok(text, "\r\n"); line; line = strtok(NULL, "\r\n"))
		printf("#   %s\n", line);
	close(fd);
}

/* Sends a command and waits for its reply; 0, or -EINVAL with what QEMU said in @reply. */
static int qmp(struct vm *vm, const char *command, char *reply, size_t size)
{
	static char buf[4096];
	size_t len = 0;
	ssize_t n;

	if (send(vm->qmp, command, strlen(command), MSG_NOSIGNAL) < 0)
		return -errno;
	for (;;) {
		char *line = buf, *end;

		n = recv(vm->qmp, buf + len, sizeof(buf) - 1 - len, 0);
		if (n <= 0)
			return n ? -errno : -EPIPE;
		len += n;
		buf[len] = 0;
		while ((end = strchr(line, '\n'))) {
			*end = 0;
			if (!strncmp(line, "{\"return\"", 9) || !strncmp(line, "{\"error\"", 8)) {
				if (reply)
					snprintf(reply, size, "%s", line);
				if (line[2] == 'e')
					printf("# %s: %s\n", command, line);
				return line[2] == 'e' ? -EINVAL : 0;
			}
			line = end + 1;
		}
		len -= line - buf;
		memmove(buf, line, len);
	}
}

static int vm_connect(struct vm *vm)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct timeval timeout = { .tv_sec = seconds() };

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", vm->socket);
	for (unsigned int i = 0; i < seconds() * 10 && vm_runs(vm); i++) {
		vm->qmp = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		setsockopt(vm->qmp, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
		if (!connect(vm->qmp, (struct sockaddr *)&addr, sizeof(addr)))
			return qmp(vm, "{\"execute\":\"qmp_capabilities\"}\n", NULL, 0);
		close(vm->qmp);
		usleep(100000);
	}
	return -ETIMEDOUT;
}

/* How a machine is to be run: what differs between tests. */
struct how {
	const char *driver, *device, *object, *accel;
	unsigned int downtime; /* ms */
};

/* Starts machine @at with its devices; @incoming: it waits for a move. */
static int vm_start(FIXTURE_DATA(moves) *self, int at, const struct how *how, bool incoming)
{
	char qmp_arg[64], serial[48], device[2][128], accel[32];
	struct vm *vm = &self->vm[at];
	const char *argv[40] = {
		"/live/ld.so", "--library-path", "/live/lib", QEMU, "-M", "pc", "-accel", accel,
		"-m", "16", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-L", "/live/firmware", "-qmp", qmp_arg, "-serial", serial, "-kernel",
		"/live/guest",
	};
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	unsigned int number = self->started++ % 1000;
	int n = 0, log;

	snprintf(vm->socket, sizeof(vm->socket), "/tmp/live/%u.qmp", number);
	snprintf(vm->serial, sizeof(vm->serial), "/tmp/live/%u.serial", number);
	snprintf(vm->log, sizeof(vm->log), "/tmp/live/%u.log", number);
	snprintf(qmp_arg, sizeof(qmp_arg), "unix:/tmp/live/%u.qmp,server=on,wait=off", number);
	snprintf(serial, sizeof(serial), "file:%s", vm->serial);
	snprintf(accel, sizeof(accel), "%s", how->accel ?: "tcg,tb-size=32");
	unlink(vm->serial);
	while (argv[n])
		n++;
	if (how->object) {
		argv[n++] = "-object";
		argv[n++] = how->object;
	}
	for (unsigned int i = 0; i < self->devices; i++) {
		snprintf(device[i], sizeof(device[i]), "vfio-pci,host=%s,id=edu%u,%s",
			 self->bdf[at * self->devices + i], i, how->device);
		argv[n++] = "-device";
		argv[n++] = device[i];
	}
	if (incoming) {
		unlink("/tmp/live/move");
		argv[n++] = "-incoming";
		argv[n++] = "unix:/tmp/live/move";
	}
	vm->pid = fork();
	if (!vm->pid) {
		setrlimit(RLIMIT_MEMLOCK, &all);
		log = open(vm->log, O_CREAT | O_TRUNC | O_WRONLY, 0600);
		dup2(log, 1);
		dup2(log, 2);
		execv(argv[0], (char **)argv);
		_exit(127);
	}
	return vm_connect(vm);
}

static bool last_report(struct vm *vm, struct report *report)
{
	char text[512] = "", *at, *found = NULL;
	int fd = open(vm->serial, O_RDONLY);
	off_t len = lseek(fd, 0, SEEK_END);

	if (fd < 0)
		return false;
	pread(fd, text, sizeof(text) - 1, len > 500 ? len - 500 : 0);
	close(fd);
	for (at = text; (at = strstr(at, "round=")); at++)
		if (strchr(at, '\n'))
			found = at;
	return found && sscanf(found, "round=%x bad=%x lost=%x", &report->round, &report->bad,
			       &report->lost) == 3;
}

/* Waits until the guest has come to that round. */
static bool wait_round(struct vm *vm, unsigned int round, struct report *report)
{
	for (unsigned int i = 0; i < seconds() * 10; i++) {
		if (last_report(vm, report) && report->round >= round)
			return true;
		if (!vm_runs(vm))
			return false;
		usleep(100000);
	}
	return false;
}

/* Begins a move; -errno when QEMU refuses. */
static int move_begin(struct vm *from, const struct how *how)
{
	char command[128];

	snprintf(command, sizeof(command),
		 "{\"execute\":\"migrate-set-parameters\",\"arguments\":{\"downtime-limit\":%u}}\n",
		 how->downtime);
	return qmp(from, command, NULL, 0) ?:
	       qmp(from,
		   "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"unix:/tmp/live/move\"}}\n",
		   NULL, 0);
}

/* Waits until memory is on its way. */
static bool wait_active(struct vm *from)
{
	char reply[4096];

	for (unsigned int i = 0; i < seconds() * 20; i++) {
		if (qmp(from, "{\"execute\":\"query-migrate\"}\n", reply, sizeof(reply)))
			return false;
		if (strstr(reply, "\"status\": \"active\""))
			return true;
		usleep(50000);
	}
	return false;
}

/* Waits for its end and says how it ended: completed, failed, cancelled, or "". */
static void move_end(struct vm *from, char *status, size_t size, bool tell)
{
	static char reply[4096];
	char *at;

	*status = 0;
	for (unsigned int i = 0; i < seconds() * 5; i++) {
		if (qmp(from, "{\"execute\":\"query-migrate\"}\n", reply, sizeof(reply)))
			return;
		/* The status of the migration comes last, after those of its parts. */
		for (at = reply; (at = strstr(at, "\"status\": \"")); at++)
			snprintf(status, size, "%.*s", (int)strcspn(at + 11, "\""), at + 11);
		if (!strcmp(status, "completed") || !strcmp(status, "failed") ||
		    !strcmp(status, "cancelled"))
			break;
		usleep(200000);
	}
	if (tell)
		printf("# %.600s\n", reply);
}

static void bind_both(struct __test_metadata *_metadata, FIXTURE_DATA(moves) *self,
		      const struct how *how, const char *lacks)
{
	for (unsigned int i = 0; i < 2 * self->devices; i++)
		pci_unbind(self->bdf[i]);
	ASSERT_EQ(0, lacks ? module_load(VARIANT, lacks) : module_need(how->driver));
	for (unsigned int i = 0; i < 2 * self->devices; i++)
		ASSERT_EQ(0, pci_bind(self->bdf[i], how->driver));
}

/*
 * Moves the machine that runs on device @at to the other device. Returns false, with a message, on
 * failure.
 */
static bool move_vm(struct __test_metadata *_metadata, FIXTURE_DATA(moves) *self,
		 const struct how *how, int at, struct report *after)
{
	struct vm *from = &self->vm[at], *to = &self->vm[!at];
	struct report before;
	char status[24];
	bool ok;

	if (vm_start(self, !at, how, true)) {
		show(to->log);
		return false;
	}
	if (move_begin(from, how))
		return false;
	move_end(from, status, sizeof(status), self->started <= 2);
	last_report(from, &before);
	ok = !strcmp(status, "completed") && wait_round(to, before.round + ROUNDS, after);
	if (!ok) {
		TH_LOG("the move: \"%s\", in round %u", status, before.round);
		show(from->log);
		show(to->log);
		show(from->serial);
		show(to->serial);
	}
	vm_kill(from);
	return ok;
}

/* Starts a machine and moves it, there and back, that many times; what it says in the end. */
static struct report moved(struct __test_metadata *_metadata, FIXTURE_DATA(moves) *self,
			   const struct how *how, const char *lacks, int times)
{
	struct report report = {};
	int i;

	bind_both(_metadata, self, how, lacks);
	if (vm_start(self, 0, how, false) ||
	    !wait_round(&self->vm[0], ROUNDS, &report)) {
		show(self->vm[0].log);
		show(self->vm[0].serial);
		ASSERT_TRUE(false) TH_LOG("the guest does not run");
	}
	for (i = 0; i < times; i++)
		ASSERT_TRUE(move_vm(_metadata, self, how, i & 1, &report)) TH_LOG("move %d", i + 1);
	TH_LOG("%d moves: round %u, %u bad, %u transfers made again", times, report.round,
	       report.bad, report.lost);
	if (report.bad)
		show(self->vm[times & 1].serial);
	return report;
}

#define FORCED	"enable-migration=on"
#define LONG	60000

TEST_F_TIMEOUT(moves, stop_copy_keeps_guest_whole, 180)
{
	const struct how how = { .driver = VARIANT, .device = FORCED, .downtime = LONG };

	EXPECT_EQ(0, moved(_metadata, self, &how, "lacks=precopy", 1).bad);
}

TEST_F_TIMEOUT(moves, precopy_and_p2p_keep_guest_whole, 180)
{
	const struct how how = { .driver = SAMPLE, .device = FORCED, .downtime = LONG };

	EXPECT_EQ(0, moved(_metadata, self, &how, NULL, 1).bad);
}

TEST_F_TIMEOUT(moves, there_and_back_keeps_guest_whole, 3000)
{
	const struct how how = { .driver = SAMPLE, .device = FORCED, .downtime = LONG };
	const char *times = getenv("LIVE_MOVES");

	EXPECT_EQ(0, moved(_metadata, self, &how, NULL, times ? atoi(times) : 2).bad);
}

/* QEMU stops DMA between them first, by P2P. */
TEST_F_TIMEOUT(moves, two_devices_keep_guest_whole, 180)
{
	const struct how how = { .driver = SAMPLE, .device = FORCED, .downtime = LONG };

	self->devices = 2;
	EXPECT_EQ(0, moved(_metadata, self, &how, NULL, 2).bad);
}

TEST_F_TIMEOUT(moves, kvm_keeps_guest_whole, 180)
{
	const struct how how = {
		.driver = SAMPLE, .device = FORCED, .downtime = LONG, .accel = "kvm"
	};

	/* What QEMU emulates when it emulates an x86 with virtualization. */
	if (module_need("kvm_amd") || access("/dev/kvm", R_OK | W_OK))
		SKIP(return, "no KVM in this virtual machine: use KERNEL=debian-6.12");
	EXPECT_EQ(0, moved(_metadata, self, &how, NULL, 1).bad);
}

static bool has_log(FIXTURE_DATA(moves) *self)
{
	struct vfio_device_feature_dma_logging_control none = {};
	struct vfio_dev dev;
	bool has;

	if (variant_open(&dev, NULL, self->bdf[0], SAMPLE))
		return false;
	has = live_feature(&dev,
			   VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_START,
			   &none, sizeof(none)) != -ENOTTY;
	vfio_close(&dev);
	return has;
}

#define NEED_LOG()                                                                           \
	do {                                                                                 \
		if (!has_log(self))                                                          \
			SKIP(return, "no dirty log on this kernel (no IOMMUFD_DRIVER): use " \
				     "KERNEL=lab-7");                                        \
	} while (0)

TEST_F_TIMEOUT(moves, dirty_log_keeps_guest_whole, 180)
{
	const struct how how = { .driver = SAMPLE,
				 .device = "enable-migration=auto",
				 .downtime = 2000 };

	NEED_LOG();
	EXPECT_EQ(0, moved(_metadata, self, &how, NULL, 1).bad);
}

TEST_F_TIMEOUT(moves, iommufd_and_dirty_log_keep_guest_whole, 180)
{
	const struct how how = { .driver = SAMPLE,
				 .device = "enable-migration=auto,iommufd=iommufd0",
				 .object = "iommufd,id=iommufd0",
				 .downtime = 2000 };

	NEED_LOG();
	EXPECT_EQ(0, moved(_metadata, self, &how, NULL, 1).bad);
}

TEST_F_TIMEOUT(moves, empty_dirty_log_is_noticed, 180)
{
	const struct how how = { .driver = VARIANT,
				 .device = "enable-migration=auto",
				 .downtime = 2000 };

	NEED_LOG();
	EXPECT_LT(0, moved(_metadata, self, &how, "lacks=log", 1).bad);
}

TEST_F_TIMEOUT(moves, forgotten_register_is_noticed, 180)
{
	const struct how how = { .driver = VARIANT, .device = FORCED, .downtime = LONG };

	EXPECT_LT(0, moved(_metadata, self, &how, "lacks=register", 2).bad);
}

/* What ends a move too early leaves the machine where it was, and it can be moved again. */
static void broken_off(struct __test_metadata *_metadata, FIXTURE_DATA(moves) *self, bool cancel)
{
	struct how how = { .driver = SAMPLE, .device = FORCED, .downtime = 1 };
	struct report report, again;
	char status[24];

	report = moved(_metadata, self, &how, NULL, 0);
	ASSERT_EQ(0, vm_start(self, 1, &how, true));
	/* It does not end by itself: without a log all memory is always dirty. */
	ASSERT_EQ(0, move_begin(&self->vm[0], &how));
	ASSERT_TRUE(wait_active(&self->vm[0]));
	if (cancel) {
		EXPECT_EQ(0, qmp(&self->vm[0], "{\"execute\":\"migrate_cancel\"}\n", NULL, 0));
	} else {
		vm_kill(&self->vm[1]);
	}
	move_end(&self->vm[0], status, sizeof(status), true);
	EXPECT_STREQ(cancel ? "cancelled" : "failed", status);
	vm_kill(&self->vm[1]);
	ASSERT_TRUE(wait_round(&self->vm[0], report.round + ROUNDS, &again));
	EXPECT_EQ(0, again.bad);
	how.downtime = LONG;
	ASSERT_TRUE(move_vm(_metadata, self, &how, 0, &again));
	EXPECT_EQ(0, again.bad);
}

TEST_F_TIMEOUT(moves, cancelled_move_can_be_made_again, 240)
{
	broken_off(_metadata, self, true);
}

TEST_F_TIMEOUT(moves, death_of_destination_leaves_source_running, 240)
{
	broken_off(_metadata, self, false);
}

TEST_HARNESS_MAIN
