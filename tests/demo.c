// SPDX-License-Identifier: GPL-2.0-only
/* Shows people what the core does with real devices. Each line that says "yes" has been checked. */
#include <stdarg.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/utsname.h>

#include "edu.h"
#include "mem.h"
#include "vfio.h"

static bool all_held = true;

static bool check(bool held, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static bool check(bool held, const char *fmt, ...)
{
	va_list ap;

	printf("  %-4s", held ? "yes" : "NO");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	all_held &= held;
	return held;
}

static const char *human(uint64_t bytes)
{
	static char text[4][32];
	static unsigned int turn;
	char *s = text[turn++ % 4];

	if (bytes >= 1 << 20)
		snprintf(s, 32, "%llu MiB", (unsigned long long)bytes >> 20);
	else if (bytes >= 1 << 10)
		snprintf(s, 32, "%llu KiB", (unsigned long long)bytes >> 10);
	else
		snprintf(s, 32, "%llu B", (unsigned long long)bytes);
	return s;
}

/* Maps @len bytes of a BAR at an address with room for the largest entries. */
static void *map_aligned(struct vfio_dev *dev, unsigned int bar, size_t len)
{
	size_t align = len < 2 << 20 ? PAGE : 2 << 20;
	char *room = mmap(NULL, len + align, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at = (char *)(((uintptr_t)room + align - 1) & ~(align - 1));

	return mmap(at, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, dev->fd,
		    VFIO_REGION_OFFSET(bar));
}

static void entries(char *text, size_t len, struct pt_count count)
{
	const struct {
		unsigned int n;
		const char *size;
	} kinds[] = { { count.pud, "1 GiB" }, { count.pmd, "2 MiB" }, { count.pte, "4 KiB" } };

	*text = '\0';
	for (int i = 0; i < 3; i++)
		if (kinds[i].n)
			snprintf(text + strlen(text), len - strlen(text), "%s%u x %s",
				 *text ? " + " : "", kinds[i].n, kinds[i].size);
}

static void show_bar(struct vfio_dev *dev, const struct vfio_region_info *bar)
{
	size_t len = (bar->size + PAGE - 1) & ~(PAGE - 1);
	uint64_t start, end, flags;
	char types[64], sizes[64];
	unsigned int unread = 0;
	long faults;
	char *map;

	printf("  BAR %u  %-8s %s%s%s", bar->index, human(bar->size),
	       bar->flags & VFIO_REGION_INFO_FLAG_READ ? "read " : "",
	       bar->flags & VFIO_REGION_INFO_FLAG_WRITE ? "write " : "",
	       bar->flags & VFIO_REGION_INFO_FLAG_MMAP ? "mmap" : "");
	if (!(bar->flags & VFIO_REGION_INFO_FLAG_MMAP)) {
		printf("(I/O ports)\n");
		return;
	}
	map = map_aligned(dev, bar->index, len);
	if (map == MAP_FAILED) {
		check(false, "mmap: %s", strerror(errno));
		return;
	}
	faults = fault_count();
	for (size_t at = 0; at < len; at += PAGE)
		unread += !try_read32(map + at, NULL);
	faults = fault_count() - faults;
	if (!pci_resource(dev->bdf, bar->index, &start, &end, &flags))
		start = end = 0;
	memtype_of(start, end + 1, types, sizeof(types));
	entries(sizes, sizeof(sizes), pt_count(map, len));
	printf("  %ld fault%s -> %s, %s\n", faults, faults == 1 ? "" : "s",
	       pt_available() ? sizes : "entries unknown (no ptwalk)", types);

	check(!unread && faults > 0, "every page of it can be read");
	check(!strcmp(types, "uncached-minus"), "the memory type is uncached-minus");
	vfio_set_command(dev, PCI_COMMAND_MEMORY, 0);
	check(!try_read32(map, NULL) && !try_read32(map + len - PAGE, NULL),
	      "with COMMAND.MEM cleared an access raises SIGBUS");
	vfio_set_command(dev, 0, PCI_COMMAND_MEMORY);
	check(try_read32(map, NULL) && try_read32(map + len - PAGE, NULL),
	      "with COMMAND.MEM set it works again");
	munmap(map, len);
}

static void show_edu(struct vfio_dev *dev)
{
	uint8_t *memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			       -1, 0);
	void *bar = vfio_mmap(dev, 0, 0, PAGE, PROT_READ | PROT_WRITE);
	int fd = eventfd(0, EFD_NONBLOCK);

	if (bar == MAP_FAILED || memory == MAP_FAILED) {
		check(false, "mmap: %s", strerror(errno));
		return;
	}
	check(edu_read(bar, EDU_ID) == EDU_ID_VALUE, "its identification reads %#x",
	      edu_read(bar, EDU_ID));
	check(!vfio_set_eventfds(dev, VFIO_PCI_MSI_IRQ_INDEX, 0, 1, &fd), "MSI goes to an eventfd");
	check(!vfio_dma_map(dev->iommu, memory, 0x100000, 2 * PAGE),
	      "8 KiB of memory are mapped at 0x100000 of the device's address space");
	vfio_set_command(dev, 0, PCI_COMMAND_MASTER);
	for (unsigned int i = 0; i < 1024; i++)
		memory[i] = i * 7 + 1;
	check(edu_dma(bar, 0x100000, EDU_DMA_BUFFER, 1024, false) &&
		      edu_dma(bar, EDU_DMA_BUFFER, 0x101000, 1024, true) &&
		      !memcmp(memory, memory + PAGE, 1024),
	      "DMA through the IOMMU: 1 KiB to the device and back is the same");
	check(eventfd_wait(fd, SOON, NULL), "the MSI at its end arrived");
	edu_write(bar, EDU_IRQ_ACK, edu_read(bar, EDU_IRQ_STATUS));
}

static void show(const struct pci_id *id)
{
	struct vfio_region_info bar;
	struct vfio_dev dev;
	char bdf[BDF_LEN];

	if (pci_find(id, 0, bdf)) {
		check(false, "there is a %s", id->name);
		return;
	}
	printf("\n%s, %s:\n", id->name, bdf);
	if (!check(!vfio_open(&dev, NULL, bdf), "bound to %s and opened", vfio_driver()))
		return;
	for (unsigned int i = 0; i <= VFIO_PCI_BAR5_REGION_INDEX; i++)
		if (!vfio_region(&dev, i, &bar) && bar.size)
			show_bar(&dev, &bar);
	if (id == &pci_edu)
		show_edu(&dev);
	vfio_close(&dev);
}

int main(void)
{
	struct utsname name;

	setvbuf(stdout, NULL, _IOLBF, 0);
	uname(&name);
	printf("%s on Linux %s\n", vfio_driver(), name.release);
	show(&pci_edu);
	show(&pci_ivshmem);
	show(&pci_testdev);
	printf("\n%s\n",
	       all_held ? "All of it held." : "NOT all of it held: see the lines with NO.");
	return all_held ? 0 : 1;
}
