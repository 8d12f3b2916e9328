// Every callback that Linux 7.3's table has and an older one may lack; a kernel with backports may have some of them
#include <linux/vfio.h>

bool probe(const struct vfio_device_ops *ops);
bool probe(const struct vfio_device_ops *ops)
{
	return ops->bind_iommufd && ops->detach_ioas && ops->pasid_attach_ioas && ops->match_token_uuid &&
	       ops->get_region_info_caps;
}
