// Linux kernel commit 8c9c727b6142 ("vfio: Move iova_bitmap into iommufd") (in v6.7): an empty
// inline function without CONFIG_IOMMUFD_DRIVER, which no function of that name can stand beside
#include <linux/iova_bitmap.h>

void iova_bitmap_set(struct iova_bitmap *bitmap, unsigned long iova, size_t length)
{
}
