// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <fnmatch.h>
#include <stdarg.h>
#include <sys/utsname.h>

#include "diff.h"
#include "mem.h"

/* The list is part of the program, so that nothing has to be copied along. */
asm(".section .rodata\n"
    "differences: .incbin \"tests/differences.txt\"\n"
    ".byte 0\n"
    ".previous");
extern const char differences[];

#define MAX_LISTED 64
#define MAX_SHOWN  10 /* one mistake may show in a thousand calls */

struct listed {
	char kernel[16], devices[64], call[96];
	bool maybe, seen;
};

static struct listed list[MAX_LISTED];
static int nlisted;

/* An entry is a line that starts with a word; its reason follows, indented. */
static void __attribute__((constructor)) read_list(void)
{
	for (const char *line = differences; *line; line += strcspn(line, "\n"), line += !!*line) {
		struct listed *entry = &list[nlisted];

		if (strchr("# \t\n", *line))
			continue;
		if (nlisted == MAX_LISTED || sscanf(line, "%15s %63s %95[^\n]", entry->kernel,
						    entry->devices, entry->call) != 3) {
			printf("Bail out! differences.txt: not \"KERNEL DEVICES CALL\": %.*s\n",
			       (int)strcspn(line, "\n"), line);
			exit(1);
		}
		entry->maybe = entry->kernel[strlen(entry->kernel) - 1] == '?';
		if (entry->maybe)
			entry->kernel[strlen(entry->kernel) - 1] = '\0';
		nlisted++;
	}
}

/* Devices are "any" or names with commas between; kernels are "any" or "<MAJOR[.MINOR]". */
static bool applies_here(const struct listed *entry, const char *device)
{
	unsigned int major, minor, below_major, below_minor = 0;
	const char *at = strstr(entry->devices, device);
	struct utsname name;

	if (strcmp(entry->devices, "any") &&
	    (!at || (at != entry->devices && at[-1] != ',') || !strchr(",", at[strlen(device)])))
		return false;
	if (!strcmp(entry->kernel, "any"))
		return true;
	uname(&name);
	return sscanf(name.release, "%u.%u", &major, &minor) == 2 &&
	       sscanf(entry->kernel, "<%u.%u", &below_major, &below_minor) >= 1 &&
	       (major < below_major || (major == below_major && minor < below_minor));
}

bool diff_listed(const char *device, const char *area, const char *call)
{
	bool found = false;
	char whole[256];

	snprintf(whole, sizeof(whole), "%s %s", area, call);
	for (int i = 0; i < nlisted; i++) {
		if (!applies_here(&list[i], device) || fnmatch(list[i].call, whole, 0))
			continue;
		list[i].seen = true;
		found = true;
	}
	return found;
}

void diff_all_seen(struct __test_metadata *_metadata, const char *device, const char *area)
{
	size_t len = strlen(area);

	for (int i = 0; i < nlisted; i++) {
		if (list[i].maybe || !applies_here(&list[i], device) ||
		    strncmp(list[i].call, area, len) || list[i].call[len] != ' ')
			continue;
		EXPECT_TRUE(list[i].seen)
		TH_LOG("%s: listed in tests/differences.txt, but nothing differs: %s %s %s", device,
		       list[i].kernel, list[i].devices, list[i].call);
	}
}

void said(struct transcript *t, const char *fmt, ...)
{
	va_list ap;

	/* The array grows whenever its length is a power of two. */
	if (!(t->nlines & (t->nlines - 1)))
		t->line = realloc(t->line, 2 * (t->nlines + 1) * sizeof(*t->line));
	va_start(ap, fmt);
	if (!t->line || vasprintf(&t->line[t->nlines++], fmt, ap) < 0)
		abort();
	va_end(ap);
}

const char *hex(const void *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	static char text[2 * 512 + 1];
	const uint8_t *bytes = data;

	if (len > 512)
		len = 512;
	for (size_t i = 0; i < len; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[2 * len] = '\0';
	return text;
}

void *before_hole(size_t there)
{
	static char *hole;

	if (!hole) {
		hole = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			    0);
		if (hole == MAP_FAILED || munmap(hole + PAGE, PAGE))
			abort();
		hole += PAGE;
	}
	return hole - there;
}

static int transcribe(struct transcript *t, const char *bdf, const char *driver,
		      diff_script *script)
{
	struct vfio_dev dev;
	int err = pci_bind(bdf, driver);

	if (!err)
		err = vfio_open_bound(&dev, NULL, bdf);
	if (err)
		return err;
	script(&dev, t);
	vfio_close(&dev);
	return 0;
}

static void free_transcript(struct transcript *t)
{
	while (t->nlines)
		free(t->line[--t->nlines]);
	free(t->line);
}

void diff_compare(struct __test_metadata *_metadata, const char *device, const char *area,
		  struct transcript *theirs, struct transcript *ours)
{
	unsigned int more = 0;

	for (size_t i = 0; i < ours->nlines && i < theirs->nlines; i++) {
		char *a = theirs->line[i], *b = ours->line[i];
		char *answer = strchr(b, ':');

		if (!strcmp(a, b))
			continue;
		ASSERT_NE(NULL, answer) TH_LOG("no answer in \"%s\"", b);
		*answer++ = '\0';
		ASSERT_EQ(0, strncmp(a, b, strlen(b)))
		TH_LOG("asked \"%s\" and \"%s\"", a, b);
		if (diff_listed(device, area, b) || more++ >= MAX_SHOWN)
			continue;
		EXPECT_EQ(0, more)
		TH_LOG("%s: theirs said \"%s\", ours said \"%s\"", b, a + strlen(b) + 1, answer);
	}
	if (more > MAX_SHOWN)
		TH_LOG("and %u more", more - MAX_SHOWN);
	EXPECT_EQ(theirs->nlines, ours->nlines);
	diff_all_seen(_metadata, device, area);
	free_transcript(theirs);
	free_transcript(ours);
}

void diff_run(struct __test_metadata *_metadata, const char *bdf, const char *device,
	      const char *area, diff_script *script)
{
	struct transcript theirs = {0}, ours = {0};

	ASSERT_EQ(0, transcribe(&theirs, bdf, "vfio-pci", script));
	ASSERT_EQ(0, transcribe(&ours, bdf, vfio_driver(), script));
	diff_compare(_metadata, device, area, &theirs, &ours);
}
