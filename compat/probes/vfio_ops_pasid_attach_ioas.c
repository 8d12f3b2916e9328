// Linux kernel ("vfio-iommufd: Support pasid [at|de]tach for physical VFIO devices") (in v6.15)
#include <linux/vfio.h>

void *probe(const struct vfio_device_ops *ops);
void *probe(const struct vfio_device_ops *ops)
{
	return ops->pasid_attach_ioas;
}
