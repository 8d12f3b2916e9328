// Linux kernel ("vfio-iommufd: Support iommufd for physical VFIO devices") (in v6.2)
#include <linux/vfio.h>

void *probe(const struct vfio_device_ops *ops);
void *probe(const struct vfio_device_ops *ops)
{
	return ops->bind_iommufd;
}
