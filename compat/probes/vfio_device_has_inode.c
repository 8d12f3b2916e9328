// Linux kernel commit b7c5e64fecfa ("vfio: Create vfio_fs_type with inode per device") (in v6.10)
#include <linux/fs.h>
#include <linux/vfio.h>

struct address_space *probe(struct vfio_device *device);
struct address_space *probe(struct vfio_device *device)
{
	return device->inode->i_mapping;
}
