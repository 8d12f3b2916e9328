// Linux kernel ("vfio: Add an option to get migration data size") (in v6.2)
#include <linux/vfio.h>

void *probe(const struct vfio_migration_ops *ops);
void *probe(const struct vfio_migration_ops *ops)
{
	return ops->migration_get_data_size;
}
