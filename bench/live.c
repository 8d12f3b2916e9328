// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live migration: arcs, and data through the files, of a driver written by hand (livehand, as large
 * as its state in memory and with copies under a lock) and of one on the library (livemem).
 */
#include "bench.h"
#include "live.h"

const char *const bench_drivers[] = { "livehand", "livemem", NULL };

#define TIMES 50
#define CHUNK (1 * MIB)
#define TOTAL 16

static char buf[CHUNK];

/* livemem's state is as large as livehand's and it copies none: only the library is measured. */
static void open_live(struct vfio_dev *dev)
{
	char bdf[BDF_LEN];

	write_file("/sys/module/livemem/parameters/copies", "N");
	write_file("/sys/module/livemem/parameters/size", "16777216");
	bench_must(!pci_find(&pci_edu, 0, bdf));
	pci_unbind(bdf);
	bench_must(!vfio_open(dev, NULL, bdf));
}

static void arc(struct vfio_dev *dev, uint32_t to, uint32_t back)
{
	bench_repeat {
		int err = 0;

		bench_begin();
		for (int n = 0; n < TIMES; n++)
			err |= live_set(dev, to, NULL) | live_set(dev, back, NULL);
		bench_end(2 * TIMES, "live: %s and back", live_name(to));
		bench_must(!err);
	}
}

BENCH(arcs)
{
	struct vfio_dev dev;

	open_live(&dev);
	arc(&dev, VFIO_DEVICE_STATE_RUNNING_P2P, VFIO_DEVICE_STATE_RUNNING);
	arc(&dev, VFIO_DEVICE_STATE_STOP, VFIO_DEVICE_STATE_RUNNING);
	vfio_close(&dev);
}

BENCH(save)
{
	struct vfio_dev dev;
	int fd;

	open_live(&dev);
	memset(buf, 1, sizeof(buf));
	bench_repeat {
		size_t done = 0;
		ssize_t len = 0;

		bench_must(!live_set(&dev, VFIO_DEVICE_STATE_STOP_COPY, &fd));
		bench_begin();
		while (done < TOTAL * MIB && (len = read(fd, buf, sizeof(buf))) > 0)
			done += len;
		bench_end(TOTAL, "live: save 1 MiB");
		bench_must(len > 0);
		close(fd);
		bench_must(!live_set(&dev, VFIO_DEVICE_STATE_RUNNING, NULL));
	}
	vfio_close(&dev);
}

/* A stream that was saved before, in front of the measurement; livehand takes anything. */
BENCH(load)
{
	static char stream[(TOTAL + 1) * MIB];
	struct vfio_dev dev;
	size_t len = 0, done;
	ssize_t n;
	int fd;

	open_live(&dev);
	bench_must(!live_set(&dev, VFIO_DEVICE_STATE_STOP_COPY, &fd));
	while ((n = read(fd, stream + len, sizeof(stream) - len)) > 0)
		len += n;
	close(fd);
	bench_repeat {
		bench_must(!live_set(&dev, VFIO_DEVICE_STATE_RESUMING, &fd));
		bench_begin();
		for (done = 0; done < len; done += n) {
			n = write(fd, stream + done, len - done < CHUNK ? len - done : CHUNK);
			if (n <= 0)
				break;
		}
		bench_end(TOTAL, "live: load 1 MiB");
		bench_must(done == len);
		close(fd);
		bench_must(!live_set(&dev, VFIO_DEVICE_STATE_RUNNING, NULL));
	}
	vfio_close(&dev);
}
