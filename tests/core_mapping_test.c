// SPDX-License-Identifier: GPL-2.0-only
/*
 * One address space for each device: whatever becomes of a mapping (duplicated, passed on, torn,
 * moved, inherited), a zap of its device finds it, and finds nothing that is not of this device.
 */
#define _GNU_SOURCE
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "fixture.h"
#include "mem.h"

static void decode(struct vfio_dev *dev, bool on)
{
	vfio_set_command(dev, on ? 0 : PCI_COMMAND_MEMORY, on ? PCI_COMMAND_MEMORY : 0);
}

static bool mapped(void *addr)
{
	return !msync(addr, PAGE, MS_ASYNC);
}

static bool ended(pid_t pid, unsigned int msec)
{
	for (unsigned int t = 0; t < msec; t += 10) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return true;
		usleep(10000);
	}
	return false;
}

/* The status of a child that runs one function and exits with what it returns. */
static int in_child(int (*run)(void *), void *arg)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		_exit(run(arg));
	waitpid(pid, &status, 0);
	return status;
}

/* A process that has nothing of ours but a socket, over which it gets the device's file. */
struct peer {
	pid_t pid;
	int sock;
};

enum peer_order { PEER_MAP, PEER_CLOSE, PEER_LOOK, PEER_UNMAP };

static void send_order(int sock, enum peer_order order, int fd)
{
	char byte = order, control[CMSG_SPACE(sizeof(fd))] = { 0 };
	struct iovec data = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &data, .msg_iovlen = 1 };
	struct cmsghdr *cmsg;

	if (fd >= 0) {
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	}
	if (sendmsg(sock, &msg, 0) != 1)
		abort();
}

/* The next order, -1 at the end; a file that came along goes to @fd. */
static int receive_order(int sock, int *fd)
{
	char byte, control[CMSG_SPACE(sizeof(*fd))];
	struct iovec data = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &data,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg;

	if (recvmsg(sock, &msg, 0) != 1)
		return -1;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (cmsg && cmsg->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(cmsg), sizeof(*fd));
	return byte;
}

static void peer_main(int sock)
{
	void *bar = MAP_FAILED;
	int order, fd = -1;
	char answer;

	while ((order = receive_order(sock, &fd)) >= 0) {
		switch (order) {
		case PEER_MAP:
			bar = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, VFIO_REGION_OFFSET(0));
			answer = bar != MAP_FAILED;
			break;
		case PEER_CLOSE:
			answer = !close(fd);
			break;
		case PEER_LOOK:
			answer = edu_look(bar);
			break;
		default:
			answer = !munmap(bar, PAGE);
		}
		if (write(sock, &answer, 1) != 1)
			break;
	}
	_exit(0);
}

static void peer_start(struct peer *peer)
{
	int sock[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock))
		abort();
	peer->pid = fork();
	if (!peer->pid) {
		close(sock[0]);
		peer_main(sock[1]);
	}
	close(sock[1]);
	peer->sock = sock[0];
}

/* 1 when it did that, or what it sees; -1 when it is gone. */
static int peer_does(struct peer *peer, enum peer_order order, int fd)
{
	char answer;

	send_order(peer->sock, order, fd);
	return read(peer->sock, &answer, 1) == 1 ? answer : -1;
}

/*
 * The process that maps first is not the one that opened; in the end only its mapping keeps the
 * device open.
 */
TEST(passed_over_a_socket)
{
	struct vfio_dev dev;
	struct peer peer;
	char bdf[BDF_LEN];
	pid_t unbinder;
	void *bar;

	peer_start(&peer);
	OPEN_OR_SKIP(&dev, NULL, &pci_edu, 0);
	memcpy(bdf, dev.bdf, sizeof(bdf));
	ASSERT_EQ(1, peer_does(&peer, PEER_MAP, dev.fd));
	EXPECT_EQ(1, peer_does(&peer, PEER_CLOSE, -1));
	EXPECT_EQ(EDU_ALIVE, peer_does(&peer, PEER_LOOK, -1));
	bar = vfio_mmap(&dev, 0, 0, PAGE, PROT_READ);
	ASSERT_NE(MAP_FAILED, bar);
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(EDU_ALIVE, edu_look(bar));
		decode(&dev, false);
		EXPECT_EQ(EDU_GONE, peer_does(&peer, PEER_LOOK, -1));
		EXPECT_EQ(EDU_GONE, edu_look(bar));
		decode(&dev, true);
		EXPECT_EQ(EDU_ALIVE, peer_does(&peer, PEER_LOOK, -1));
	}
	ASSERT_EQ(0, munmap(bar, PAGE));
	vfio_close(&dev);
	EXPECT_EQ(EDU_ALIVE, peer_does(&peer, PEER_LOOK, -1));

	unbinder = fork();
	if (!unbinder)
		_exit(pci_unbind(bdf) ? 1 : 0);
	EXPECT_FALSE(ended(unbinder, 300));
	EXPECT_EQ(EDU_ALIVE, peer_does(&peer, PEER_LOOK, -1));
	EXPECT_EQ(1, peer_does(&peer, PEER_UNMAP, -1));
	EXPECT_TRUE(ended(unbinder, 15000));
	EXPECT_STREQ("", pci_driver_of(bdf));
	EXPECT_EQ(0, pci_bind(bdf, vfio_driver()));
	close(peer.sock);
	waitpid(peer.pid, NULL, 0);
}

/* Mappings made through two descriptors, of which the one used first is closed. */
TEST_F(edu, duplicated_file)
{
	void *late;
	int fd = dup(self->dev.fd);

	ASSERT_LE(0, fd);
	ASSERT_EQ(EDU_ALIVE, edu_look(self->bar));
	close(self->dev.fd);
	self->dev.fd = fd;
	late = vfio_mmap(&self->dev, 0, 0, PAGE, PROT_READ);
	ASSERT_NE(MAP_FAILED, late);
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(EDU_ALIVE, edu_look(self->bar));
		EXPECT_EQ(EDU_ALIVE, edu_look(late));
		decode(&self->dev, false);
		EXPECT_EQ(EDU_GONE, edu_look(self->bar));
		EXPECT_EQ(EDU_GONE, edu_look(late));
		decode(&self->dev, true);
	}
}

/* The mapping outlives the process that made it, in a grandchild. */
TEST_F(edu, inherited_twice)
{
	int ask[2], answer[2];
	pid_t child;
	char c = 0;

	ASSERT_EQ(EDU_ALIVE, edu_look(self->bar));
	ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1)); /* to wait for the grandchild */
	ASSERT_EQ(0, pipe(ask));
	ASSERT_EQ(0, pipe(answer));
	child = fork();
	if (!child) {
		if (fork())
			_exit(0);
		close(ask[1]);
		while (read(ask[0], &c, 1) == 1) {
			c = edu_look(self->bar);
			if (write(answer[1], &c, 1) != 1)
				break;
		}
		_exit(0);
	}
	ASSERT_EQ(child, waitpid(child, NULL, 0));
	ASSERT_EQ(0, munmap(self->bar, EDU_BAR_SIZE));
	for (int i = 0; i < 4; i++) {
		decode(&self->dev, i % 2 == 0);
		ASSERT_EQ(1, write(ask[1], "", 1));
		ASSERT_EQ(1, read(answer[0], &c, 1));
		EXPECT_EQ(i % 2 == 0 ? EDU_ALIVE : EDU_GONE, c);
	}
	close(ask[1]);
	EXPECT_LT(0, wait(NULL));
	decode(&self->dev, true);
}

/* mremap() may shrink a mapping; growing must fail, since mmap did not check the larger range. */
TEST_F(edu, resized)
{
	char *bar = self->bar;

	ASSERT_EQ(EDU_ALIVE, edu_look(bar));
	ASSERT_TRUE(try_read32(bar + 8 * PAGE, NULL));
	ASSERT_EQ(bar, mremap(bar, EDU_BAR_SIZE, 4 * PAGE, 0));
	EXPECT_TRUE(mapped(bar + 3 * PAGE));
	EXPECT_FALSE(mapped(bar + 4 * PAGE));
	decode(&self->dev, false);
	EXPECT_EQ(EDU_GONE, edu_look(bar));
	EXPECT_FALSE(try_read32(bar + 3 * PAGE, NULL));
	decode(&self->dev, true);
	EXPECT_EQ(EDU_ALIVE, edu_look(bar));

	/*
	 * growing it back, growing it beyond its first size, and duplicating it (old size 0) fail
	 */
	EXPECT_EQ(-EFAULT, sys((long)mremap(bar, 4 * PAGE, 5 * PAGE, 0)));
	EXPECT_EQ(-EFAULT, sys((long)mremap(bar, 4 * PAGE, 5 * PAGE, MREMAP_MAYMOVE)));
	EXPECT_EQ(-EFAULT, sys((long)mremap(bar, 4 * PAGE, 2 * EDU_BAR_SIZE, MREMAP_MAYMOVE)));
	EXPECT_EQ(-EFAULT, sys((long)mremap(bar, 0, PAGE, MREMAP_MAYMOVE)));
	EXPECT_EQ(-EINVAL, sys((long)mremap(bar, 4 * PAGE, 4 * PAGE,
					    MREMAP_MAYMOVE | MREMAP_DONTUNMAP)));
	EXPECT_EQ(EDU_ALIVE, edu_look(bar));
	decode(&self->dev, false);
	EXPECT_EQ(EDU_GONE, edu_look(bar));
	decode(&self->dev, true);
}

/* Reordered pages: where the kernel supports remap_file_pages() here, a zap must find them. */
TEST_F(edu, remap_file_pages)
{
	char *bar = self->bar;
	long ret;

	ASSERT_EQ(EDU_ALIVE, edu_look(bar));
	ret = sys(remap_file_pages(bar + 4 * PAGE, PAGE, 0, 0, 0));
	EXPECT_TRUE(ret == 0 || ret == -ENODEV) TH_LOG("it said %ld", ret);
	EXPECT_EQ(ret ? EDU_NOISE : EDU_ALIVE, edu_look(bar + 4 * PAGE));
	decode(&self->dev, false);
	for (int page = 3; page <= 5; page++) {
		EXPECT_FALSE(try_read32(bar + page * PAGE, NULL));
	}
	decode(&self->dev, true);
	EXPECT_EQ(ret ? EDU_NOISE : EDU_ALIVE, edu_look(bar + 4 * PAGE));
	EXPECT_EQ(EDU_ALIVE, edu_look(bar));
}

static int write_liveness(void *bar)
{
	signal(SIGSEGV, SIG_DFL);
	edu_write(bar, EDU_LIVENESS, 1);
	return 0;
}

static int read_id(void *bar)
{
	signal(SIGSEGV, SIG_DFL);
	return edu_read(bar, EDU_ID) != EDU_ID_VALUE;
}

TEST_F(edu, protection)
{
	ASSERT_EQ(EDU_ALIVE, edu_look(self->bar));
	ASSERT_EQ(0, mprotect(self->bar, EDU_BAR_SIZE, PROT_READ));
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(EDU_ALIVE, edu_look(self->bar));
		EXPECT_EQ(SIGSEGV, WTERMSIG(in_child(write_liveness, self->bar)));
		decode(&self->dev, false);
		EXPECT_EQ(EDU_GONE, edu_look(self->bar));
		decode(&self->dev, true);
	}
	/* Zapped while PROT_NONE is set: restoring the permission must not restore the entries. */
	ASSERT_EQ(EDU_ALIVE, edu_look(self->bar));
	ASSERT_EQ(0, mprotect(self->bar, EDU_BAR_SIZE, PROT_NONE));
	EXPECT_EQ(SIGSEGV, WTERMSIG(in_child(read_id, self->bar)));
	decode(&self->dev, false);
	ASSERT_EQ(0, mprotect(self->bar, EDU_BAR_SIZE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EDU_GONE, edu_look(self->bar));
	decode(&self->dev, true);
	EXPECT_EQ(EDU_ALIVE, edu_look(self->bar));
	EXPECT_EQ(0, in_child(write_liveness, self->bar));
}

/*
 * A window of pages, each of which shows a page of the BAR, or nothing. Random calls change it; a
 * model says what each page must show afterwards. The BAR is memory and holds each page's number.
 */
#define WINDOW 64
#define MARK   0x5a000000

struct window {
	struct vfio_dev *dev;
	char *base;
	int shows[WINDOW]; /* page of the BAR, -1 for none */
	int prot[WINDOW];
	unsigned int seed;
};

static int below(struct window *w, int limit)
{
	return rand_r(&w->seed) % limit;
}

static bool window_hole(struct window *w, int at, int count)
{
	for (int i = at; i < at + count; i++)
		w->shows[i] = -1;
	return mmap(w->base + at * PAGE, count * PAGE, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
}

static bool window_map(struct window *w, int at, int count, int page)
{
	for (int i = at; i < at + count; i++) {
		w->shows[i] = page + i - at;
		w->prot[i] = PROT_READ | PROT_WRITE;
	}
	return mmap(w->base + at * PAGE, count * PAGE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED, w->dev->fd,
		    VFIO_REGION_OFFSET(2) + page * PAGE) != MAP_FAILED;
}

static bool window_protect(struct window *w, int at, int count, int prot)
{
	int end = at;

	while (end < at + count && w->shows[end] >= 0)
		w->prot[end++] = prot;
	return !mprotect(w->base + at * PAGE, (end - at) * PAGE, prot);
}

static bool window_move(struct window *w, int from, int to)
{
	if (from == to || w->shows[from] < 0)
		return true;
	w->shows[to] = w->shows[from];
	w->prot[to] = w->prot[from];
	return mremap(w->base + from * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		      w->base + to * PAGE) == w->base + to * PAGE &&
	       window_hole(w, from, 1);
}

static bool window_change(struct window *w)
{
	static const int prots[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE };
	int at = below(w, WINDOW), count = 1 + below(w, WINDOW - at < 16 ? WINDOW - at : 16);

	switch (below(w, 4)) {
	case 0:
		return window_hole(w, at, 1 + count / 4);
	case 1:
		return window_map(w, at, count, below(w, 2 * WINDOW));
	case 2:
		return window_protect(w, at, count, prots[below(w, 3)]);
	default:
		return window_move(w, at, below(w, WINDOW));
	}
}

/* How many pages do not show what the model says, @on: while decode is. */
static int window_wrong(struct window *w, bool on)
{
	int wrong = 0;

	for (int i = 0; i < WINDOW; i++) {
		uint32_t value = 0;
		bool readable;

		if (w->shows[i] < 0 || w->prot[i] == PROT_NONE)
			continue;
		readable = try_read32(w->base + i * PAGE, &value);
		wrong += readable != on || (on && value != MARK + w->shows[i]);
	}
	return wrong;
}

static int window_wrong_while_off(void *w)
{
	return window_wrong(w, false);
}

/* For its time limit. */
FIXTURE(mapping)
{
};

FIXTURE_SETUP(mapping)
{
}

FIXTURE_TEARDOWN(mapping)
{
}

TEST_F_TIMEOUT(mapping, torn_to_pieces, 120)
{
	struct window w = { .seed = test_seed() };
	struct vfio_dev dev;
	char *bar;

	OPEN_OR_SKIP(&dev, NULL, &pci_ivshmem, 0);
	bar = vfio_mmap(&dev, 2, 0, 3 * WINDOW * PAGE, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, bar);
	for (int page = 0; page < 3 * WINDOW; page++)
		*(volatile uint32_t *)(bar + page * PAGE) = MARK + page;
	ASSERT_EQ(0, munmap(bar, 3 * WINDOW * PAGE));

	w.dev = &dev;
	w.base = mmap(NULL, WINDOW * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, w.base);
	ASSERT_TRUE(window_map(&w, 0, WINDOW, 0));
	for (int i = 1; i <= 400; i++) {
		ASSERT_TRUE(window_change(&w)) TH_LOG("step %d: %s", i, strerror(errno));
		if (i % 8)
			continue;
		ASSERT_EQ(0, window_wrong(&w, true)) TH_LOG("step %d", i);
		decode(&dev, false);
		if (pt_available())
			ASSERT_EQ(WINDOW, pt_count(w.base, WINDOW * PAGE).none);
		ASSERT_EQ(0, window_wrong(&w, false)) TH_LOG("step %d", i);
		if (i % 80 == 0) {
			ASSERT_EQ(0, in_child(window_wrong_while_off, &w)) TH_LOG("step %d", i);
		}
		decode(&dev, true);
	}
	vfio_close(&dev);
}

/*
 * The first number of a file in /proc/sys/fs: open files (give or take some dozens on each CPU),
 * inodes, directory entries.
 */
static long fs_count(const char *name)
{
	char path[64];
	long count = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/fs/%s", name);
	file = fopen(path, "r");
	if (file) {
		if (fscanf(file, "%ld", &count) != 1)
			count = -1;
		fclose(file);
	}
	return count;
}

/* The number of the round that failed, 0 when none did. */
static int map_often(void *arg)
{
	int rounds = 5000 / test_slowdown();
	struct vfio_dev *dev = arg;

	for (int i = 1; i <= rounds; i++) {
		void *bar = vfio_mmap(dev, 0, 0, 4 * PAGE, PROT_READ | PROT_WRITE);

		if (bar == MAP_FAILED) {
			printf("# round %d: %s\n", i, strerror(errno));
			return 1;
		}
		if ((i % 64 == 0 && edu_look(bar) != EDU_ALIVE) || munmap(bar, 4 * PAGE))
			return 1;
	}
	return 0;
}

/*
 * Two processes at once with one file: a kernel that counts writable mappings on one address space
 * and uncounts them on another ends in EPERM; a file of each mmap's own must go with the mapping.
 */
TEST_F_TIMEOUT(edu, ten_thousand_times, 120)
{
	static const char *const kinds[] = { "file-nr", "inode-nr", "dentry-state" };
	long before[3], growth;
	int status;
	pid_t pid;

	for (int i = 0; i < 3; i++) {
		before[i] = fs_count(kinds[i]);
		ASSERT_LE(0, before[i]) TH_LOG("no %s", kinds[i]);
	}
	pid = fork();
	if (!pid)
		_exit(map_often(&self->dev));
	EXPECT_EQ(0, map_often(&self->dev));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	for (int i = 0; i < 3; i++) {
		growth = fs_count(kinds[i]) - before[i];
		EXPECT_GT(1000 / test_slowdown(), growth)
		TH_LOG("%s grew by %ld", kinds[i], growth);
	}
	decode(&self->dev, false);
	EXPECT_EQ(EDU_GONE, edu_look(self->bar));
	decode(&self->dev, true);
	EXPECT_EQ(EDU_ALIVE, edu_look(self->bar));
}

/*
 * All are at the offset of BAR 0: an io_uring, an event of perf (whose files share one anonymous
 * inode with the device files of old kernels), a file in memory, and another device.
 */
TEST_F(edu, only_its_own_mappings)
{
	enum { RING, ENTRIES, PERF, MEMORY, OTHER, NR };
	static const char *const name[NR] = { "io_uring", "io_uring's entries", "perf", "memfd",
					      "another device" };
	struct io_uring_params params = { 0 };
	struct perf_event_attr event = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(event) };
	struct vfio_dev other;
	void *map[NR];
	int ring, perf, memory;

	if (!pt_available())
		SKIP(return, "the test module ptwalk is not loaded: make all builds it");
	ring = syscall(__NR_io_uring_setup, 8, &params);
	if (ring < 0)
		SKIP(return, "no io_uring (%m): use a kernel with CONFIG_IO_URING");
	perf = syscall(__NR_perf_event_open, &event, 0, -1, -1, 0);
	ASSERT_LE(0, perf);
	memory = memfd_create("mapping", MFD_CLOEXEC);
	ASSERT_LE(0, memory);
	ASSERT_EQ(0, ftruncate(memory, PAGE));
	OPEN_OR_SKIP(&other, NULL, &pci_edu, 1);
	map[RING] = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
	map[ENTRIES] = mmap(NULL, params.sq_entries * sizeof(struct io_uring_sqe),
			    PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
	map[PERF] = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, perf, 0);
	map[MEMORY] = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	map[OTHER] = vfio_mmap(&other, 0, 0, PAGE, PROT_READ);
	for (int i = 0; i < NR; i++) {
		ASSERT_NE(MAP_FAILED, map[i]) TH_LOG("%s", name[i]);
		ASSERT_TRUE(try_read32(map[i], NULL)) TH_LOG("%s", name[i]);
		ASSERT_EQ(PAGE, pt_lookup(map[i]).size) TH_LOG("%s", name[i]);
	}
	ASSERT_EQ(EDU_ALIVE, edu_look(self->bar));
	ASSERT_EQ(PAGE, pt_lookup(self->bar).size);

	decode(&self->dev, false);
	EXPECT_EQ(0, pt_lookup(self->bar).size);
	for (int i = 0; i < NR; i++) {
		EXPECT_EQ(PAGE, pt_lookup(map[i]).size) TH_LOG("%s", name[i]);
		EXPECT_TRUE(try_read32(map[i], NULL)) TH_LOG("%s", name[i]);
	}
	decode(&self->dev, true);
	EXPECT_EQ(EDU_ALIVE, edu_look(self->bar));
	vfio_close(&other);
}

TEST_HARNESS_MAIN
