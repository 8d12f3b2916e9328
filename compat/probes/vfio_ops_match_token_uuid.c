// Linux kernel ("vfio/pci: Do vf_token checks for VFIO_DEVICE_BIND_IOMMUFD") (in v6.17)
#include <linux/vfio.h>

void *probe(const struct vfio_device_ops *ops);
void *probe(const struct vfio_device_ops *ops)
{
	return ops->match_token_uuid;
}
