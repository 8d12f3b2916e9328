// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "host.h"
#include "memtype.h"
#include "module.h"
#include "../../include/vfio_pci_sdk/uapi.h"

#define TEXT_LEN 512
#define GIB	 0x40000000UL

struct entry {
	unsigned long long start, end;
	const char *type;
	unsigned int count;
};

static const char *short_type(const char *type)
{
	static const char *const names[][2] = {
		{ "write-back", "wb" },	     { "write-combining", "wc" },
		{ "uncached-minus", "uc-" }, { "uncached", "uc" },
		{ "write-through", "wt" },   { "write-protected", "wp" },
	};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(type, names[i][0]))
			return names[i][1];
	return "unknown";
}

static int by_start(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->end < y->end ? -1 : x->end > y->end;
}

const char *memtype_reserved(const char *bdf, unsigned int bar)
{
	FILE *list = fopen("/sys/kernel/debug/x86/pat_memtype_list", "r");
	struct entry entries[64];
	static char text[TEXT_LEN];
	uint64_t start, last, flags;
	char line[256], type[64];
	unsigned int n = 0;
	size_t used = 0;

	if (!list)
		return "?";
	*text = '\0';
	if (!pci_resource(bdf, bar, &start, &last, &flags)) {
		fclose(list);
		return text;
	}
	while (n < 64 && fgets(line, sizeof(line), list)) {
		struct entry *e = &entries[n];

		/* The end is exclusive. */
		if (sscanf(line, "PAT: [mem %llx-%llx] %63s", &e->start, &e->end, type) != 3 ||
		    e->start > last || e->end <= start)
			continue;
		e->start -= start;
		e->end -= start;
		e->type = short_type(type);
		e->count = 1;
		n++;
	}
	fclose(list);

	qsort(entries, n, sizeof(*entries), by_start);
	for (unsigned int i = 0; i < n; i++) {
		struct entry *e = &entries[i];

		while (i + 1 < n && !by_start(e, e + e->count) && e->type == e[e->count].type) {
			e->count++;
			i++;
		}
		used += snprintf(text + used, sizeof(text) - used, "%s%llx+%llx %s",
				 used ? ", " : "", e->start, e->end - e->start, e->type);
		if (e->count > 1)
			used += snprintf(text + used, sizeof(text) - used, " x%u", e->count);
	}
	return text;
}

const char *memtype_granted(struct vfio_dev *dev, unsigned int bar)
{
	struct {
		struct vfio_region_info info;
		char caps[4096];
	} buf = { .info = { .argsz = sizeof(buf), .index = bar } };
	const struct vfio_region_info_cap_sdk_memtype *cap;
	static char text[TEXT_LEN];
	size_t used = 0;

	*text = '\0';
	if (ioctl(dev->fd, VFIO_DEVICE_GET_REGION_INFO, &buf.info) ||
	    !(buf.info.flags & VFIO_REGION_INFO_FLAG_CAPS))
		return text;
	for (uint32_t at = buf.info.cap_offset; at; at = cap->header.next) {
		cap = (void *)((char *)&buf + at);
		if (cap->header.id != VFIO_REGION_INFO_CAP_SDK_MEMTYPE)
			continue;
		for (unsigned int i = 0; i < cap->nr_ranges; i++) {
			const struct vfio_pci_sdk_memtype_range *range = &cap->ranges[i];

			used += snprintf(text + used, sizeof(text) - used, "%s%llx+%llx %s%s%s",
					 used ? ", " : "", range->offset, range->size,
					 range->type == VFIO_PCI_SDK_MEMTYPE_WC ? "wc" : "uc-",
					 range->flags & VFIO_PCI_SDK_MEMTYPE_REFUSED ? " refused"
										     : "",
					 range->flags & VFIO_PCI_SDK_MEMTYPE_MTRR ? " mtrr" : "");
		}
		break;
	}
	return text;
}

const char *memtype_of_host(const void *addr)
{
	struct pt_entry entry = {};

	return host_available() && pt_lookup_host(addr, &entry) ? pt_type(entry) : "?";
}

bool memtype_everywhere(const void *addr, size_t len, const char *type, const void **bad)
{
	uintptr_t at = (uintptr_t)addr, end = at + len;

	while (at < end) {
		struct pt_entry entry = pt_lookup((void *)at);

		if (strcmp(pt_type(entry), type)) {
			if (bad)
				*bad = (void *)at;
			return false;
		}
		at = (at | (entry.size - 1)) + 1;
	}
	return true;
}

bool booted_with(const char *word)
{
	char line[1024] = "", *rest = line, *at;
	FILE *file = fopen("/proc/cmdline", "r");

	if (!file)
		return false;
	if (!fgets(line, sizeof(line), file))
		*line = '\0';
	fclose(file);
	while ((at = strsep(&rest, "\n ")))
		if (!strcmp(at, word))
			return true;
	return false;
}

bool memtype_pat(void)
{
	return !booted_with("nopat");
}

bool memtype_tracked(void)
{
#ifdef __x86_64__
	return true;
#else
	return false;
#endif
}

int memtype_load(const char *parameters, const char *bdf)
{
	return module_load(MEMTYPE_DRIVER, parameters) ?: pci_bind(bdf, MEMTYPE_DRIVER);
}

char *memtype_map(struct vfio_dev *dev, unsigned int bar, uint64_t offset, size_t len, size_t skew)
{
	uint64_t start, end, flags;
	char *room, *want;

	if (!pci_resource(dev->bdf, bar, &start, &end, &flags))
		return MAP_FAILED;
	room = mmap(NULL, len + 2 * GIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
		    0);
	if (room == MAP_FAILED)
		return room;
	want = (char *)(((uintptr_t)room + GIB - 1) & ~(GIB - 1)) + (start + offset) % GIB + skew;
	munmap(room, len + 2 * GIB);
	return mmap(want, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, dev->fd,
		    VFIO_REGION_OFFSET(bar) + offset);
}

void memtype_touch(const volatile char *addr, size_t len)
{
	for (size_t at = 0; at < len; at += PAGE)
		(void)addr[at];
}

void memtype_zap(struct vfio_dev *dev)
{
	vfio_set_command(dev, PCI_COMMAND_MEMORY, 0);
	vfio_set_command(dev, 0, PCI_COMMAND_MEMORY);
}
