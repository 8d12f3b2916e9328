// Linux kernel commit 775f726a742a ("vfio: Add get_region_info_caps op") (in v7.0)
#include <linux/vfio.h>

void *probe(const struct vfio_device_ops *ops);
void *probe(const struct vfio_device_ops *ops)
{
	return ops->get_region_info_caps;
}
