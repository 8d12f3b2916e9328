// Linux kernel ("vfio: Move vfio_combine_iova_ranges() to the core") (in v6.6)
#include <linux/vfio.h>

void probe(struct rb_root_cached *root);
void probe(struct rb_root_cached *root)
{
	vfio_combine_iova_ranges(root, 2, 1);
}
