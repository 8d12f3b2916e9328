// Linux kernel ("driver core: generalize driver_override in struct device") (after v6.12, and in its stable series)
#include <linux/device.h>

int probe(struct device *dev);
int probe(struct device *dev)
{
	return device_set_driver_override(dev, "name");
}
