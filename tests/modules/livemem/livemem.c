// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver with live migration for any device: its state is not the device's but a buffer of
 * kernel memory, filled anew at each reset.  What it lacks or gets wrong is said by parameters.
 */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>
#include <vfio_pci_sdk/check.h>
#include <vfio_pci_sdk/live.h>

static unsigned int size = 300000;
module_param(size, uint, 0644);
MODULE_PARM_DESC(size, "bytes of state, of devices bound from now on");

static bool copies = true;
module_param(copies, bool, 0644);
MODULE_PARM_DESC(copies, "N: save, load and stop nothing, for what the library costs");

static unsigned int changes;
module_param(changes, uint, 0444);
MODULE_PARM_DESC(changes, "bytes that pre-copy sends again");

static char *lacks = "";
module_param(lacks, charp, 0444);
MODULE_PARM_DESC(lacks, "name of a callback to leave out");

static char *fails = "";
module_param(fails, charp, 0644);
MODULE_PARM_DESC(fails, "name of a callback that fails, or \"now\"");

static unsigned int slow_ms;
module_param(slow_ms, uint, 0644);
MODULE_PARM_DESC(slow_ms, "how long callbacks take");

struct livemem_device {
	struct vfio_pci_core_device core_device;
	struct vfio_pci_live_ops ops;
	u8	*state;
	unsigned int size;
	u32	resets;
	u64	sent;		/* pre-copied in this session */
	bool	stopped;
};

static struct livemem_device *to_livemem(struct vfio_pci_core_device *vdev)
{
	return container_of(vdev, struct livemem_device, core_device);
}

static int livemem_ret(struct vfio_pci_core_device *vdev, const char *name)
{
	if (slow_ms)
		msleep(slow_ms);
	if (!*fails)
		return 0;
	if (!strcmp(fails, "now"))
		vfio_pci_live_fail(vdev);
	return strcmp(fails, name) ? 0 : -ENXIO;
}

static int livemem_stop(struct vfio_pci_core_device *vdev)
{
	int ret = livemem_ret(vdev, "stop");

	to_livemem(vdev)->stopped = !ret;
	return ret;
}

static int livemem_run(struct vfio_pci_core_device *vdev)
{
	int ret = livemem_ret(vdev, "run");

	to_livemem(vdev)->stopped = !!ret;
	return ret;
}

static int livemem_p2p(struct vfio_pci_core_device *vdev)
{
	return livemem_ret(vdev, "p2p");
}

/* Without copies; as short as livehand's, with which the benchmarks compare it. */
static int livemem_stop_or_run(struct vfio_pci_core_device *vdev)
{
	to_livemem(vdev)->stopped = true;
	return 0;
}

static void livemem_reset(struct vfio_pci_core_device *vdev)
{
	struct livemem_device *priv = to_livemem(vdev);
	unsigned int i;

	priv->stopped = false;
	priv->resets++;
	for (i = 0; i < priv->size; i++)
		priv->state[i] = i * 7 + (i >> 8) + priv->resets;
}

static u64 livemem_size(struct vfio_pci_core_device *vdev)
{
	return to_livemem(vdev)->size;
}

static int livemem_save_start(struct vfio_pci_core_device *vdev, bool precopy)
{
	to_livemem(vdev)->sent = 0;
	return livemem_ret(vdev, "save_start");
}

/* Pre-copy sends @changes bytes more than there are, and the device need not be stopped. */
static ssize_t livemem_save(struct vfio_pci_core_device *vdev, struct vfio_pci_live_piece *piece)
{
	struct livemem_device *priv = to_livemem(vdev);
	u64 total = piece->precopy ? priv->size + changes : priv->size;
	u64 at = piece->pos % priv->size;
	size_t len = min3((u64)piece->len, total - piece->pos, priv->size - at);
	int ret = livemem_ret(vdev, "save");

	if (ret)
		return ret;
	if (WARN_ON(!piece->precopy && !priv->stopped))
		return -EIO;
	if (copies)
		memcpy(piece->buf, priv->state + at, len);
	if (piece->precopy)
		priv->sent += len;
	return len;
}

static int livemem_load(struct vfio_pci_core_device *vdev, const struct vfio_pci_live_piece *piece)
{
	struct livemem_device *priv = to_livemem(vdev);
	int ret = livemem_ret(vdev, "load");

	if (ret)
		return ret;
	if (WARN_ON(!priv->stopped))
		return -EIO;
	if (piece->precopy)
		return 0;
	if (piece->pos + piece->len > priv->size)
		return -EINVAL;
	if (copies)
		memcpy(priv->state + piece->pos, piece->buf, piece->len);
	return 0;
}

static int livemem_load_done(struct vfio_pci_core_device *vdev)
{
	return livemem_ret(vdev, "load_done");
}

static void livemem_precopy_left(struct vfio_pci_core_device *vdev, struct vfio_pci_live_left *left)
{
	u64 sent = to_livemem(vdev)->sent;
	unsigned int all = to_livemem(vdev)->size;

	left->initial = sent < all ? all - sent : 0;
	left->dirty = all + changes - sent - left->initial;
	left->reinit = !!changes && sent >= all;
}

static int livemem_save_state(struct vfio_pci_core_device *vdev, void *state)
{
	return 0;
}

static int livemem_load_state(struct vfio_pci_core_device *vdev, const void *state, u32 version)
{
	return 0;
}

static int livemem_trapped(struct vfio_pci_core_device *vdev, struct vfio_pci_live_access *access)
{
	return -EIO;
}

static void livemem_set_ops(struct vfio_pci_live_ops *ops)
{
	*ops = (struct vfio_pci_live_ops) {
		.version	= 3,
		.oldest		= 2,
		.stop		= livemem_stop,
		.run		= livemem_run,
		.stop_p2p	= livemem_p2p,
		.run_p2p	= livemem_p2p,
		.size		= livemem_size,
		.save_start	= livemem_save_start,
		.save		= livemem_save,
		.load		= livemem_load,
		.load_done	= livemem_load_done,
		.precopy_left	= livemem_precopy_left,
		.reset		= livemem_reset,
		.dirty_log	= true,
	};
	if (!copies) {
		ops->bulk = true;
		ops->stop = livemem_stop_or_run;
		ops->run = livemem_stop_or_run;
		ops->stop_p2p = livemem_stop_or_run;
		ops->run_p2p = livemem_stop_or_run;
	}
#define LACKS(word)	(!!strstr(lacks, word))
	if (LACKS("stop,"))
		ops->stop = NULL;
	if (LACKS("run,"))
		ops->run = NULL;
	if (LACKS("size,"))
		ops->size = NULL;
	if (LACKS("save,"))
		ops->save = NULL;
	if (LACKS("load,"))
		ops->load = NULL;
	if (LACKS("stop_p2p,"))
		ops->stop_p2p = NULL;
	if (LACKS("run_p2p,"))
		ops->run_p2p = NULL;
	if (LACKS("precopy_left,"))
		ops->precopy_left = NULL;
	if (LACKS("version,"))
		ops->version = 0;
	if (LACKS("load_state,") || LACKS("save_state,") || LACKS("choice,")) {
		ops->state_size = SZ_4K;
		ops->save_state = LACKS("save_state,") ? NULL : livemem_save_state;
		ops->load_state = LACKS("load_state,") ? NULL : livemem_load_state;
	}
	if (LACKS("load_state,") || LACKS("save_state,")) {
		ops->size = NULL;
		ops->save = NULL;
		ops->load = NULL;
		ops->load_done = NULL;
	}
	if (LACKS("trap_ops,")) {
		ops->trapped = livemem_trapped;
		ops->trap_len = sizeof(u32);
	}
}

DEFINE_VFIO_PCI_OPS(livemem_ops,
	.name	= KBUILD_MODNAME,
);

static int livemem_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct livemem_device *priv;
	int ret;

	priv = vfio_alloc_device(livemem_device, core_device.vdev, &pdev->dev, &livemem_ops);
	if (IS_ERR(priv))
		return PTR_ERR(priv);
	dev_set_drvdata(&pdev->dev, &priv->core_device);
	livemem_set_ops(&priv->ops);
	priv->size = size;
	priv->state = kvzalloc(priv->size, GFP_KERNEL);
	ret = priv->state ? vfio_pci_live_init(&priv->core_device, &priv->ops) : -ENOMEM;
	if (!ret)
		ret = vfio_pci_core_register_device(&priv->core_device);
	if (ret) {
		kvfree(priv->state);
		vfio_put_device(&priv->core_device.vdev);
	}
	return ret;
}

static void livemem_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);
	u8 *state = to_livemem(vdev)->state;

	vfio_pci_core_unregister_device(vdev);
	vfio_put_device(&vdev->vdev);
	kvfree(state);
}

static const struct pci_device_id livemem_table[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_ANY_ID, PCI_ANY_ID) },
	{}
};

static struct pci_driver livemem_driver = {
	.name			= KBUILD_MODNAME,
	.id_table		= livemem_table,
	.probe			= livemem_probe,
	.remove			= livemem_remove,
	.err_handler		= &vfio_pci_core_err_handlers,
	.driver_managed_dma	= true,
};
module_pci_driver(livemem_driver);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The vfio-pci SDK authors");
MODULE_DESCRIPTION("test driver: live migration of a buffer");
