// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live migration: the file from which user space reads the device's state.
 *
 * One record at a time is staged in kernel memory under live->lock, then copied without the lock.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "vfio_pci_live_priv.h"

/* Ask the driver for a piece: bytes, or -errno. */
static ssize_t live_save_piece(struct vfio_pci_live *live, struct vfio_pci_live_piece *piece)
{
	const struct vfio_pci_live_ops *ops = live->ops;

	if (!ops->state_size)
		return ops->save(live->vdev, piece);
	if (piece->pos)
		return 0;
	return ops->save_state(live->vdev, piece->buf) ?: ops->state_size;
}

/* Stage the next record.  Returns 0; 1 at the end; -ENOMSG no data in pre-copy now; -errno. */
static int live_save_fill(struct live_stream *stream)
{
	struct vfio_pci_live *live = stream->live;
	enum live_type type = stream->precopy ? LIVE_PRECOPY : LIVE_STATE;
	struct vfio_pci_live_piece piece = {
		.buf		= stream->buf + LIVE_DATA,
		.len		= VFIO_PCI_LIVE_PIECE,
		.pos		= stream->pos[type],
		.version	= live->ops->version,
		.precopy	= stream->precopy,
	};
	ssize_t len;

	if (stream->done)
		return 1;
	len = live_call_begin(live);
	if (len)
		return len;
	len = live_save_piece(live, &piece);
	live_call_end(live);
	if (len < 0)
		return len;
	if (WARN_ON_ONCE(len > VFIO_PCI_LIVE_PIECE))
		return -EIO;
	if (!len && stream->precopy)
		return -ENOMSG;

	if (!len) {
		type = LIVE_END;
		stream->done = true;
	}
	live_fill_record(live, (void *)(stream->buf + LIVE_RECORD), type, len, piece.pos);
	if (len)
		stream->pos[type] += len;
	live->saved += len;
	stream->at = LIVE_RECORD;
	stream->end = LIVE_DATA + len;
	return 0;
}

/* Stage a record unless one is staged already or the session is over. */
static int live_save_stage(struct live_stream *stream)
{
	int ret = live_stream_lock(stream);

	if (ret)
		return ret;
	if (stream->at == stream->end)
		ret = live_save_fill(stream);
	live_unlock(stream->live);
	return ret;
}

static ssize_t live_save_read(struct file *filp, char __user *buf, size_t count, loff_t *pos)
{
	struct live_stream *stream = filp->private_data;
	size_t done = 0, len, left;
	int ret;

	if (!count)
		return 0;
	if (mutex_lock_interruptible(&stream->io))
		return -ERESTARTSYS;

	do {
		ret = live_save_stage(stream);
		if (ret)
			break;
		len = min(count - done, stream->end - stream->at);
		left = copy_to_user(buf + done, stream->buf + stream->at, len);
		stream->at += len - left;
		done += len - left;
		if (left)
			ret = -EFAULT;
		else if (signal_pending(current))
			ret = -ERESTARTSYS;
	} while (!ret && done < count);

	mutex_unlock(&stream->io);
	if (done)
		return done;
	return min(ret, 0);	/* 1 is the end */
}

static int live_save_left(struct live_stream *stream, struct vfio_precopy_info *info)
{
	struct vfio_pci_live *live = stream->live;
	struct vfio_pci_live_left left = {};
	int ret;

	ret = live_stream_lock(stream);
	if (ret)
		return ret;
	if (!stream->precopy)
		ret = -EINVAL;
	if (!ret)
		ret = live_call_begin(live);
	if (!ret) {
		live->ops->precopy_left(live->vdev, &left);
		live_call_end(live);
		info->initial_bytes = left.initial + stream->end - stream->at;
		info->dirty_bytes = left.dirty;
		if (left.reinit && vfio_device_sdk_precopy_info_v2(&live->vdev->vdev))
			info->flags |= VFIO_PRECOPY_INFO_REINIT;
	}
	live_unlock(live);
	return ret;
}

static long live_save_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	const size_t minsz = offsetofend(struct vfio_precopy_info, dirty_bytes);
	struct live_stream *stream = filp->private_data;
	struct vfio_precopy_info info;
	int ret;

	/* Not vfio_check_precopy_ioctl(): it looks at the device, which may be gone. */
	if (cmd != VFIO_MIG_GET_PRECOPY_INFO)
		return -ENOTTY;
	if (copy_from_user(&info, (void __user *)arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	info.flags = 0;

	if (mutex_lock_interruptible(&stream->io))
		return -ERESTARTSYS;
	ret = live_save_left(stream, &info);
	mutex_unlock(&stream->io);

	if (!ret && copy_to_user((void __user *)arg, &info, minsz))
		ret = -EFAULT;
	return ret;
}

static const struct file_operations live_save_fops = {
	.owner		= THIS_MODULE,
	.read		= live_save_read,
	.unlocked_ioctl	= live_save_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.release	= live_stream_release,
};

struct file *live_save_open(struct vfio_pci_live *live, bool precopy)
{
	struct file *file;
	int ret = 0;

	file = live_stream_open(live, "vfio-pci-live-save", &live_save_fops, O_RDONLY);
	if (IS_ERR(file))
		return file;

	if (live->ops->save_start)
		ret = live->ops->save_start(live->vdev, precopy);
	if (ret) {
		live_stream_end(live);
		fput(file);
		return ERR_PTR(ret);
	}
	live->stream->saving = true;
	live->stream->precopy = precopy;
	live_fill_header(live, (void *)live->stream->buf);
	live->stream->end = sizeof(struct live_header);
	return file;
}
