// SPDX-License-Identifier: GPL-2.0-only
/* Interrupts and ioeventfds set up and torn down against what triggers, masks and writes. */
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "fixture.h"
#include "mem.h"
#include "race.h"

#define SECONDS 6
#define QUIET_MS 2

static int new_eventfd(void)
{
	return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

static void raise_irq(struct racer *racer)
{
	if (try_write32(racer->race->map + EDU_IRQ_RAISE, 1))
		racer->good++;
	else
		racer->refused++;
	usleep(race_dice(racer, 300));
}

static void acknowledge(struct racer *racer)
{
	if (try_write32(racer->race->map + EDU_IRQ_ACK, ~0u))
		racer->good++;
	usleep(race_dice(racer, 300));
}

/* An interrupt's eventfd, and whether it has been torn down for certain. */
struct line {
	unsigned int index;
	int fd, unmask;
	unsigned long interrupts;
};

static void set_up_and_tear_down(struct racer *racer)
{
	struct line *line = racer->arg;
	struct vfio_dev *dev = racer->race->dev;
	uint64_t count;
	int ret;

	ret = vfio_set_eventfds(dev, line->index, 0, 1, &line->fd);
	if (!ret && line->index == VFIO_PCI_INTX_IRQ_INDEX && race_dice(racer, 2))
		ret = vfio_set_irqs(dev, line->index,
				    VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_UNMASK, 0, 1,
				    &line->unmask, sizeof(line->unmask));
	if (!ret && eventfd_wait(line->fd, 1 + race_dice(racer, 5), &count))
		line->interrupts += count;
	if (!ret)
		ret = vfio_irq_disable(dev, line->index);
	if (ret) {
		race_wrong(racer, "SET_IRQS, index %u: %d", line->index, ret);
		return;
	}
	racer->good++;
	/* Consume earlier signals; from here on none may arrive. */
	if (read(line->fd, &count, sizeof(count)) == sizeof(count))
		line->interrupts += count;
	if (eventfd_wait(line->fd, QUIET_MS, NULL))
		race_wrong(racer, "an interrupt after teardown, index %u", line->index);
}

/* While the line is not set up, unmasking it is refused. */
static void mask_and_unmask(struct racer *racer)
{
	uint32_t action = race_dice(racer, 2) ? VFIO_IRQ_SET_ACTION_MASK :
						VFIO_IRQ_SET_ACTION_UNMASK;
	int ret = vfio_set_irqs(racer->race->dev, VFIO_PCI_INTX_IRQ_INDEX,
				VFIO_IRQ_SET_DATA_NONE | action, 0, 1, NULL, 0);

	if (ret && ret != -EINVAL)
		race_wrong(racer, "action %#x: %d", action, ret);
	racer->good += !ret;
	racer->refused += !!ret;
	usleep(race_dice(racer, 500));
}

static void unmask_by_eventfd(struct racer *racer)
{
	struct line *line = racer->arg;

	if (eventfd_write(line->unmask, 1))
		race_wrong(racer, "eventfd: %d", -errno);
	racer->good++;
	usleep(race_dice(racer, 500));
}

static void race_of_interrupts(struct __test_metadata *_metadata, struct race *race,
			       struct line *line)
{
	line->fd = new_eventfd();
	line->unmask = new_eventfd();
	vfio_set_command(race->dev, 0, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	race_add(race, "raises", raise_irq, NULL);
	race_add(race, "raises, second thread", raise_irq, NULL);
	race_add(race, "acknowledges", acknowledge, NULL);
	race_add(race, "sets up and tears down", set_up_and_tear_down, line);
	EXPECT_STREQ("", race_run(race, SECONDS));
	EXPECT_LT(0, line->interrupts);
}

TEST_F_TIMEOUT(edu, msi_teardown_against_its_trigger_leaves_silence, 60)
{
	struct race race = RACE(&self->dev, self->bar);
	struct line line = { .index = VFIO_PCI_MSI_IRQ_INDEX };

	RACE_OR_SKIP();
	race_of_interrupts(_metadata, &race, &line);
}

TEST_F_TIMEOUT(edu, intx_teardown_against_trigger_masks_and_irqfds_leaves_silence, 60)
{
	struct race race = RACE(&self->dev, self->bar);
	struct line line = { .index = VFIO_PCI_INTX_IRQ_INDEX };

	RACE_OR_SKIP();
	race_add(&race, "masks and unmasks", mask_and_unmask, NULL);
	race_add(&race, "unmasks by eventfd", unmask_by_eventfd, &line);
	race_add(&race, "toggles decode", race_toggle_decode, NULL);
	race_of_interrupts(_metadata, &race, &line);
}

/* Eventfds of one index replaced, added and taken away by several threads. */
static void change_vectors(struct racer *racer)
{
	int *fds = racer->arg;
	unsigned int start = race_dice(racer, 3);
	int ret;

	switch (race_dice(racer, 4)) {
	case 0:
		ret = vfio_irq_disable(racer->race->dev, VFIO_PCI_MSIX_IRQ_INDEX);
		break;
	case 1:
		ret = vfio_set_eventfds(racer->race->dev, VFIO_PCI_MSIX_IRQ_INDEX, 0,
					1 + race_dice(racer, 3), fds);
		break;
	case 2:
		ret = vfio_set_eventfds(racer->race->dev, VFIO_PCI_MSIX_IRQ_INDEX, start, 1,
					&(int){ -1 });
		break;
	default:
		ret = vfio_set_eventfds(racer->race->dev, VFIO_PCI_MSIX_IRQ_INDEX, start, 1,
					&fds[start]);
	}
	/* Fails while another thread has disabled the index, or enabled fewer vectors. */
	if (ret && ret != -EINVAL && ret != -ENOSPC)
		race_wrong(racer, "SET_IRQS: %d", ret);
	racer->good += !ret;
	racer->refused += !!ret;
	usleep(race_dice(racer, 300));
}

/* By software, as a device would. */
static void trigger_vectors(struct racer *racer)
{
	int ret = vfio_set_irqs(racer->race->dev, VFIO_PCI_MSIX_IRQ_INDEX,
				VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
				race_dice(racer, 3), 1, NULL, 0);

	if (ret && ret != -EINVAL)
		race_wrong(racer, "trigger: %d", ret);
	racer->good += !ret;
	racer->refused += !!ret;
	usleep(race_dice(racer, 300));
}

static void reset_function(struct racer *racer)
{
	long ret = sys(ioctl(racer->race->dev->fd, VFIO_DEVICE_RESET));

	if (ret && ret != -EAGAIN)
		race_wrong(racer, "reset: %ld", ret);
	racer->good += !ret;
	racer->refused += !!ret;
	usleep(race_dice(racer, 50000));
}

TEST_F_TIMEOUT(edu, vectors_changed_by_many_against_resets, 60)
{
	struct vfio_dev nvme;
	struct race race = RACE(&nvme, NULL);
	int fds[3] = { new_eventfd(), new_eventfd(), new_eventfd() };

	RACE_OR_SKIP();
	OPEN_OR_SKIP(&nvme, NULL, &pci_nvme, 0);
	vfio_set_command(&nvme, 0, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	for (int i = 0; i < 3; i++)
		race_add(&race, "changes vectors", change_vectors, fds);
	race_add(&race, "triggers", trigger_vectors, NULL);
	race_add(&race, "resets", reset_function, NULL);
	EXPECT_STREQ("", race_run(&race, SECONDS));
	vfio_irq_disable(&nvme, VFIO_PCI_MSIX_IRQ_INDEX);
	vfio_close(&nvme);
}

/* ---- ioeventfds ---- */

#define PLACE 64
#define DATA  0x5a5a0000

/* @fd -1 removes the ioeventfd, and waits for a write in progress. */
static int ioeventfd(struct vfio_dev *dev, unsigned int place, uint32_t data, int fd)
{
	struct vfio_device_ioeventfd arg = {
		.argsz = sizeof(arg),
		.flags = VFIO_DEVICE_IOEVENTFD_32,
		.offset = VFIO_REGION_OFFSET(2) + place,
		.data = data,
		.fd = fd,
	};

	return sys(ioctl(dev->fd, VFIO_DEVICE_IOEVENTFD, &arg));
}

static void ring(struct racer *racer)
{
	int *fd = racer->arg;

	if (eventfd_write(*fd, 1))
		race_wrong(racer, "eventfd: %d", -errno);
	racer->good++;
	usleep(race_dice(racer, 200));
}

/* Each thread has an offset of its own: after a removal nothing may be written there. */
struct doorbell {
	unsigned int place;
	int *fd;
};

static void add_and_remove(struct racer *racer)
{
	struct doorbell *bell = racer->arg;
	struct race *race = racer->race;
	volatile uint32_t *word = (void *)(race->map + bell->place);
	uint32_t seen = 0, late = 0;
	int ret;

	ret = ioeventfd(race->dev, bell->place, DATA + bell->place, *bell->fd);
	if (!ret) {
		usleep(race_dice(racer, 1000));
		ret = ioeventfd(race->dev, bell->place, DATA + bell->place, -1);
	}
	if (ret) {
		race_wrong(racer, "ioeventfd: %d", ret);
		return;
	}
	/* Not while another thread has decode off. */
	pthread_mutex_lock(&race->gate);
	if (!try_read32(word, &seen) || !try_write32((void *)word, 0))
		race_wrong(racer, "the doorbell's page is out of reach");
	usleep(race_dice(racer, 300));
	if (try_read32(word, &late) && late)
		race_wrong(racer, "%#x was written after its ioeventfd had gone", late);
	pthread_mutex_unlock(&race->gate);
	racer->good += seen == DATA + bell->place;
	racer->refused += !seen;
}

FIXTURE(memory)
{
	struct vfio_dev dev;
	char *bar;
};

FIXTURE_SETUP(memory)
{
	OPEN_OR_SKIP(&self->dev, NULL, &pci_ivshmem, 0);
	vfio_set_command(&self->dev, 0, PCI_COMMAND_MEMORY);
	self->bar = vfio_mmap(&self->dev, 2, 0, PAGE, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, self->bar);
	memset(self->bar, 0, 2 * PLACE);
}

FIXTURE_TEARDOWN(memory)
{
	vfio_close(&self->dev);
}

TEST_F_TIMEOUT(memory, ioeventfd_removed_against_its_eventfd_writes_no_more, 60)
{
	struct race race = RACE(&self->dev, self->bar);
	int fds[2] = { new_eventfd(), new_eventfd() };
	struct doorbell bells[2] = { { 0, &fds[0] }, { PLACE, &fds[1] } };

	RACE_OR_SKIP();
	for (int i = 0; i < 2; i++) {
		race_add(&race, "adds and removes", add_and_remove, &bells[i]);
		race_add(&race, "rings", ring, &fds[i]);
	}
	race_add(&race, "toggles decode", race_toggle_decode, NULL);
	EXPECT_STREQ("", race_run(&race, SECONDS));
}

TEST_HARNESS_MAIN
