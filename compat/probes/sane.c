// Guard: must compile, or no answer of any probe means anything.
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/vfio.h>

struct pci_dev *sane(struct vfio_device *vdev);

struct pci_dev *sane(struct vfio_device *vdev)
{
	return to_pci_dev(vdev->dev);
}
