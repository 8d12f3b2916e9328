// Linux kernel ("vfio: Extend the device migration protocol with PRE_COPY") (in v6.2)
#include <linux/vfio.h>

unsigned int probe(void);
unsigned int probe(void)
{
	return VFIO_MIGRATION_PRE_COPY | VFIO_DEVICE_STATE_PRE_COPY_P2P;
}
