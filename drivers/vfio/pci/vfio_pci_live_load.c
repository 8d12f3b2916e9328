// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live migration: the file to which user space writes the state of another device.
 *
 * The header is gathered and checked, then each record, then its data, which goes to the driver.
 * Nothing is used before it has been checked, and at most one record is held in memory.
 */
#include <linux/fs.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "vfio_pci_live_priv.h"

static void live_load_expect_record(struct live_stream *stream)
{
	stream->at = LIVE_RECORD;
	stream->end = LIVE_DATA;
}

static int live_load_header(struct live_stream *stream)
{
	const struct live_header *header = (void *)stream->buf;
	int ret;

	ret = live_check_header(stream->live, header);
	if (ret)
		return ret;
	stream->version = le32_to_cpu(header->version);
	stream->type = LIVE_END;
	live_load_expect_record(stream);
	return 0;
}

static int live_load_record(struct live_stream *stream)
{
	const struct live_record *rec = (void *)(stream->buf + LIVE_RECORD);
	u32 state_size = stream->live->ops->state_size;
	u32 type = le32_to_cpu(rec->type);
	int ret;

	ret = live_check_record(rec);
	if (ret)
		return ret;
	/* Records are consecutive, those of pre-copy first; the END record holds the total. */
	if (le64_to_cpu(rec->pos) != stream->pos[type == LIVE_PRECOPY ? type : LIVE_STATE])
		return -EINVAL;
	if (type == LIVE_PRECOPY && (stream->pos[LIVE_STATE] || !stream->live->ops->precopy_left))
		return -EINVAL;

	if (state_size && (type == LIVE_END ? stream->pos[LIVE_STATE] != state_size :
			   rec->pos || le32_to_cpu(rec->len) != state_size))
		return -EINVAL;

	if (type == LIVE_END) {
		stream->done = !rec->data_crc;
		return stream->done ? 0 : -EINVAL;
	}
	stream->type = type;
	stream->end = LIVE_DATA + le32_to_cpu(rec->len);
	return 0;
}

static int live_load_data(struct live_stream *stream)
{
	const struct live_record *rec = (void *)(stream->buf + LIVE_RECORD);
	struct vfio_pci_live *live = stream->live;
	struct vfio_pci_live_piece piece = {
		.buf		= stream->buf + LIVE_DATA,
		.len		= stream->end - LIVE_DATA,
		.pos		= stream->pos[stream->type],
		.version	= stream->version,
		.precopy	= stream->type == LIVE_PRECOPY,
	};
	int ret;

	if (rec->data_crc != live_data_crc(live, rec))
		return -EINVAL;
	/* A state of fixed size stays where it is until live_load_finish(): END has no data. */
	if (!live->ops->state_size) {
		ret = live_call_begin(live);
		if (ret)
			return ret;
		ret = live_change_begin(live);
		if (!ret) {
			ret = live->ops->load(live->vdev, &piece);
			live_change_end(live);
		}
		live_call_end(live);
		if (ret)
			return ret;
	}

	stream->pos[stream->type] += piece.len;
	live->loaded += piece.len;
	stream->type = LIVE_END;
	live_load_expect_record(stream);
	return 0;
}

/* The expected part is complete: process it and decide what comes next. */
static int live_load_take(struct live_stream *stream)
{
	int ret = live_stream_lock(stream);

	if (ret)
		return ret;
	if (!stream->type)
		ret = live_load_header(stream);
	else if (stream->type == LIVE_END)
		ret = live_load_record(stream);
	else
		ret = live_load_data(stream);
	stream->bad |= !!ret;
	live_unlock(stream->live);
	return ret;
}

/* Check whether more may be written.  Data after the END record makes the stream invalid. */
static int live_load_ready(struct live_stream *stream)
{
	int ret = live_stream_lock(stream);

	if (ret)
		return ret;
	stream->bad |= stream->done;
	if (stream->bad)
		ret = -EINVAL;
	live_unlock(stream->live);
	return ret;
}

static ssize_t live_load_write(struct file *filp, const char __user *buf, size_t count,
			       loff_t *pos)
{
	struct live_stream *stream = filp->private_data;
	size_t done = 0, len, left;
	int ret = 0;

	if (!count)
		return 0;
	if (mutex_lock_interruptible(&stream->io))
		return -ERESTARTSYS;

	while (!ret && done < count) {
		/* Once, also after a write that contained the END record; @io keeps it stable. */
		if (!done || stream->done)
			ret = live_load_ready(stream);
		if (ret)
			break;
		len = min(count - done, stream->end - stream->at);
		left = copy_from_user(stream->buf + stream->at, buf + done, len);
		stream->at += len - left;
		done += len - left;
		if (stream->at == stream->end)
			ret = live_load_take(stream);
		/* These errors lose nothing: the next write continues here. */
		else if (left && !done)
			ret = -EFAULT;
		if (left || (!ret && signal_pending(current)))
			break;
	}

	mutex_unlock(&stream->io);
	return ret ?: done;
}

static const struct file_operations live_load_fops = {
	.owner		= THIS_MODULE,
	.write		= live_load_write,
	.release	= live_stream_release,
};

struct file *live_load_open(struct vfio_pci_live *live)
{
	struct file *file;

	file = live_stream_open(live, "vfio-pci-live-load", &live_load_fops, O_WRONLY);
	if (!IS_ERR(file))
		live->stream->end = sizeof(struct live_header);
	return file;
}

/* The stream is complete: let it take effect. */
static int live_load_apply(struct vfio_pci_live *live)
{
	const struct vfio_pci_live_ops *ops = live->ops;
	struct live_stream *stream = live->stream;
	int ret;

	ret = live_change_begin(live);
	if (ret)
		return ret;
	if (ops->state_size)
		ret = ops->load_state(live->vdev, stream->buf + LIVE_DATA, stream->version);
	else if (ops->load_done)
		ret = ops->load_done(live->vdev);
	live_change_end(live);
	return ret;
}

/*
 * User space declares the stream complete.  If it ends too early it may still be completed, so the
 * device stays in RESUMING; after an invalid stream only a reset helps.
 */
int live_load_finish(struct vfio_pci_live *live)
{
	struct live_stream *stream = live->stream;
	int ret = stream->bad || !stream->done ? -EINVAL : 0;

	if (!ret) {
		ret = live_load_apply(live);
		stream->bad |= !!ret;
	}
	if (!ret || stream->bad) {
		if (ret)
			live_set(live, VFIO_DEVICE_STATE_ERROR);
		live_stream_end(live);
	}
	return ret;
}
