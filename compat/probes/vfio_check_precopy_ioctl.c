// Linux kernel ("vfio: Add support for VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2") (after v7.0)
#include <linux/vfio.h>

int probe(struct vfio_device *core_vdev, struct vfio_precopy_info *info);
int probe(struct vfio_device *core_vdev, struct vfio_precopy_info *info)
{
	return vfio_check_precopy_ioctl(core_vdev, 0, 0, info) ?: core_vdev->precopy_info_v2;
}
