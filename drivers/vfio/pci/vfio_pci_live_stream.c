// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live migration: data files and the format of what goes through them.
 *
 * User space may keep a file as long as it likes.  The file and the device share a stream, each
 * with a reference.  The stream pins the library's state but not the device: a file may touch the
 * device only after live_stream_lock() succeeded.
 */
#include <linux/anon_inodes.h>
#include <linux/crc32.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "vfio_pci_live_priv.h"

static void live_stream_free(struct kref *ref)
{
	struct live_stream *stream = container_of(ref, struct live_stream, ref);

	live_put(stream->live);
	mutex_destroy(&stream->io);
	kvfree(stream->buf);
	kfree(stream);
}

/* Begin a session; live->stream is the new stream.  Returns its file or an ERR_PTR(). */
struct file *live_stream_open(struct vfio_pci_live *live, const char *name,
			      const struct file_operations *fops, int flags)
{
	struct live_stream *stream;
	struct file *file;

	lockdep_assert_held(&live->lock);

	stream = kzalloc(sizeof(*stream), GFP_KERNEL_ACCOUNT);
	if (!stream)
		return ERR_PTR(-ENOMEM);
	/* Zeroed: a driver that fills in less than it reports must not leak kernel memory. */
	stream->buf = kvzalloc(LIVE_DATA + VFIO_PCI_LIVE_PIECE, GFP_KERNEL_ACCOUNT);
	if (!stream->buf) {
		kfree(stream);
		return ERR_PTR(-ENOMEM);
	}
	kref_init(&stream->ref);
	mutex_init(&stream->io);
	kref_get(&live->ref);
	stream->live = live;

	file = anon_inode_getfile(name, fops, stream, flags);
	if (IS_ERR(file)) {
		kref_put(&stream->ref, live_stream_free);
		return file;
	}
	stream_open(file_inode(file), file);

	kref_get(&stream->ref);
	live->stream = stream;
	return file;
}

/* End the session, if any: its file returns -ENODEV from now on. */
void live_stream_end(struct vfio_pci_live *live)
{
	struct live_stream *stream = live->stream;

	lockdep_assert_held(&live->lock);

	if (!stream)
		return;
	live->stream = NULL;
	if (stream->saving && live->ops->save_end)
		live->ops->save_end(live->vdev);
	/* User space may keep any number of files; only one that is being copied has a buffer. */
	if (mutex_trylock(&stream->io)) {
		kvfree(stream->buf);
		stream->buf = NULL;
		mutex_unlock(&stream->io);
	}
	kref_put(&stream->ref, live_stream_free);
}

int live_stream_release(struct inode *inode, struct file *filp)
{
	struct live_stream *stream = filp->private_data;

	kref_put(&stream->ref, live_stream_free);
	return 0;
}

/* For a data file: returns 0 with live->lock held, or -ENODEV without if the session is over. */
int live_stream_lock(struct live_stream *stream)
{
	struct vfio_pci_live *live = stream->live;

	live_lock(live);
	if (live->stream == stream)
		return 0;
	live_unlock(live);
	return -ENODEV;
}

/* The checksum that ends a structure of the stream. */
static __le32 live_crc(const void *data, size_t len)
{
	return cpu_to_le32(~crc32_le(~0, data, len - sizeof(__le32)));
}

void live_fill_header(struct vfio_pci_live *live, struct live_header *header)
{
	struct pci_dev *pdev = live->vdev->pdev;

	*header = (struct live_header) {
		.format			= cpu_to_le32(LIVE_FORMAT),
		.length			= cpu_to_le32(sizeof(*header)),
		.vendor			= cpu_to_le16(pdev->vendor),
		.device			= cpu_to_le16(pdev->device),
		.subsystem_vendor	= cpu_to_le16(pdev->subsystem_vendor),
		.subsystem_device	= cpu_to_le16(pdev->subsystem_device),
		.version		= cpu_to_le32(live->ops->version),
	};
	memcpy(header->magic, LIVE_MAGIC, sizeof(header->magic));
	strscpy(header->driver, vfio_device_sdk_ops(&live->vdev->vdev)->name,
		sizeof(header->driver));
	header->crc = live_crc(header, sizeof(*header));
}

/* Check that the stream suits this device and driver.  Returns 0 or -EINVAL. */
int live_check_header(struct vfio_pci_live *live, const struct live_header *header)
{
	u32 version = le32_to_cpu(header->version);
	struct live_header ours;

	if (header->crc != live_crc(header, sizeof(*header)))
		return -EINVAL;
	if (version < live->ops->oldest || version > live->ops->version)
		return -EINVAL;

	/* All other fields must be as live_fill_header() sets them. */
	live_fill_header(live, &ours);
	return memcmp(&ours, header, offsetof(struct live_header, version)) ||
	       memcmp(ours.driver, header->driver, sizeof(ours.driver)) ? -EINVAL : 0;
}

/* The checksum of the data that follows a record's header. */
__le32 live_data_crc(struct vfio_pci_live *live, const struct live_record *rec)
{
	u32 len = le32_to_cpu(rec->len);

	if (live->ops->bulk || !len)
		return 0;
	return cpu_to_le32(~crc32_le(~0, (const void *)(rec + 1), len));
}

void live_fill_record(struct vfio_pci_live *live, struct live_record *rec, enum live_type type,
		      u32 len, u64 pos)
{
	*rec = (struct live_record) {
		.type	= cpu_to_le32(type),
		.len	= cpu_to_le32(len),
		.pos	= cpu_to_le64(pos),
	};
	rec->data_crc = live_data_crc(live, rec);
	rec->crc = live_crc(rec, sizeof(*rec));
}

/* Check that this is a valid record.  Returns 0 or -EINVAL. */
int live_check_record(const struct live_record *rec)
{
	u32 type = le32_to_cpu(rec->type);
	u32 len = le32_to_cpu(rec->len);

	if (rec->crc != live_crc(rec, sizeof(*rec)))
		return -EINVAL;
	switch (type) {
	case LIVE_PRECOPY:
	case LIVE_STATE:
		return len && len <= VFIO_PCI_LIVE_PIECE ? 0 : -EINVAL;
	case LIVE_END:
		return len ? -EINVAL : 0;
	default:
		return -EINVAL;
	}
}
