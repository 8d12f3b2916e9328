// Linux kernel ("vfio: Add cdev for vfio_device") and its series (in v6.6)
#include <linux/vfio.h>

bool probe(struct vfio_device *device);
bool probe(struct vfio_device *device)
{
	return vfio_device_cdev_opened(device);
}
