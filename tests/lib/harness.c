// SPDX-License-Identifier: GPL-2.0-only
/* Runs the tests that a program has registered, one child process each, and prints TAP. */
#include <fnmatch.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "harness.h"
#include "util.h"

static struct __test_metadata *tests;
static struct __variant_metadata *variants;

/* Constructors run in the order of the file, so appending keeps that order. */
#define append(list, item)                       \
	do {                                     \
		typeof(list) *__end = &(list);   \
		while (*__end)                   \
			__end = &(*__end)->next; \
		*__end = (item);                 \
	} while (0)

void __test_register(struct __test_metadata *metadata)
{
	append(tests, metadata);
}

void __variant_register(struct __variant_metadata *metadata)
{
	append(variants, metadata);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

void __test_diag(struct __test_metadata *metadata, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	printf("# %s:%d: %s: ", base_name(file), line, metadata->name);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static void fail(struct __test_metadata *metadata)
{
	metadata->failed = true;
	metadata->trigger = true;
}

void __test_fail(struct __test_metadata *metadata, const char *file, int line, const char *want,
		 long long want_value, const char *op, const char *seen, long long seen_value)
{
	int err = errno;

	__test_diag(metadata, file, line,
		    "expected %s (%lld, %#llx) %s %s (%lld, %#llx); errno %d (%s)", want,
		    want_value, want_value, op, seen, seen_value, seen_value, err, strerror(err));
	fail(metadata);
}

void __test_fail_str(struct __test_metadata *metadata, const char *file, int line, const char *want,
		     const char *want_value, const char *op, const char *seen,
		     const char *seen_value)
{
	__test_diag(metadata, file, line, "expected %s (\"%s\") %s %s (\"%s\")", want, want_value,
		    op, seen, seen_value);
	fail(metadata);
}

void __test_after_fail(struct __test_metadata *metadata, bool fatal)
{
	metadata->trigger = false;
	if (fatal)
		siglongjmp(metadata->out, 1);
}

static void full_name(char *buf, size_t len, const struct __test_metadata *t,
		      const struct __variant_metadata *v)
{
	snprintf(buf, len, "%s%s%s%s%s", t->fixture ?: "", t->fixture ? "." : "", v ? v->name : "",
		 v ? "." : "", t->name);
}

/* What the child has to tell, in memory it shares with the parent. */
struct verdict {
	bool finished, failed, skipped;
	char reason[256];
};

static void child(struct __test_metadata *t, const struct __variant_metadata *v,
		  struct verdict *verdict)
{
	setpgid(0, 0);
	t->run(t, v ? v->data : NULL);
	verdict->failed = t->failed;
	verdict->skipped = t->skipped && !t->failed;
	memcpy(verdict->reason, t->reason, sizeof(verdict->reason));
	verdict->finished = true;
	fflush(stdout);
	_exit(t->failed);
}

/*
 * Not waitpid() and SIGALRM: a test that is stuck in the kernel would keep the parent in waitpid().
 * Nor a look now and then: each wakes up a machine that may have no KVM, where that is slow.
 */
static bool wait_for(pid_t pid, unsigned int seconds, int *status)
{
	struct pollfd p = { .fd = syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
	bool ended = poll(&p, 1, seconds * 1000) == 1;

	close(p.fd);
	return ended && waitpid(pid, status, WNOHANG) == pid;
}

static bool run_one(struct __test_metadata *t, const struct __variant_metadata *v,
		    unsigned int number, struct verdict *verdict)
{
	unsigned int limit = t->timeout * test_slowdown();
	double start = test_now();
	char name[256];
	int status = 0;
	bool in_time;
	pid_t pid;

	full_name(name, sizeof(name), t, v);
	memset(verdict, 0, sizeof(*verdict));
	fflush(stdout);
	pid = fork();
	if (!pid)
		child(t, v, verdict);

	in_time = wait_for(pid, limit, &status);
	if (!in_time) {
		printf("# %s: no end after %u s, killed\n", name, limit);
		kill(-pid, SIGKILL);
		if (!wait_for(pid, 5, &status))
			printf("# %s: cannot be killed\n", name);
	} else if (WIFSIGNALED(status)) {
		printf("# %s: killed by signal %d (%s)\n", name, WTERMSIG(status),
		       strsignal(WTERMSIG(status)));
	}
	/* Helpers that the test forked and left behind. */
	kill(-pid, SIGKILL);

	if (test_now() - start >= 1)
		printf("# %s: %.1f s\n", name, test_now() - start);
	if (in_time && verdict->finished && verdict->skipped)
		printf("ok %u %s # SKIP %s\n", number, name, verdict->reason);
	else
		printf("%s %u %s\n",
		       in_time && verdict->finished && !verdict->failed ? "ok" : "not ok", number,
		       name);
	return in_time && verdict->finished && !verdict->failed;
}

static bool wanted(const char *name, int argc, char **argv)
{
	if (argc < 2)
		return true;
	for (int i = 1; i < argc; i++)
		if (!fnmatch(argv[i], name, 0))
			return true;
	return false;
}

/* Calls @fn for each test that is wanted, once for each variant of its fixture. */
static unsigned int for_each(int argc, char **argv, struct verdict *verdict,
			     bool (*fn)(struct __test_metadata *, const struct __variant_metadata *,
					unsigned int, struct verdict *),
			     unsigned int *failed)
{
	unsigned int n = 0;
	char name[256];

	for (struct __test_metadata *t = tests; t; t = t->next) {
		bool varied = false;

		for (struct __variant_metadata *v = variants; v; v = v->next) {
			if (!t->fixture || strcmp(t->fixture, v->fixture))
				continue;
			varied = true;
			full_name(name, sizeof(name), t, v);
			if (wanted(name, argc, argv) && ++n && fn && !fn(t, v, n, verdict))
				++*failed;
		}
		full_name(name, sizeof(name), t, NULL);
		if (!varied && wanted(name, argc, argv) && ++n && fn && !fn(t, NULL, n, verdict))
			++*failed;
	}
	return n;
}

int __harness_main(int argc, char **argv)
{
	unsigned int failed = 0;
	struct verdict *verdict;

	if (argc == 2 && !strcmp(argv[1], "--help")) {
		printf("usage: %s [PATTERN...]\nRuns the tests whose name matches a shell pattern, "
		       "by default all.\n",
		       base_name(argv[0]));
		return 0;
	}
	verdict = mmap(NULL, sizeof(*verdict), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (verdict == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n1..%u\n", for_each(argc, argv, NULL, NULL, NULL));
	for_each(argc, argv, verdict, run_one, &failed);
	return failed ? 1 : 0;
}
