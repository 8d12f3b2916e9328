// SPDX-License-Identifier: GPL-2.0-only
/*
 * live-migration-vfio-pci: live migration of QEMU's edu device
 *
 * The register that starts DMA is trapped: the driver sees each command, the dirty log is exact.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>
#include <vfio_pci_sdk/check.h>
#include <vfio_pci_sdk/live.h>

#define EDU_IRQ_RAISE	0x60
#define EDU_IRQ_ACK	0x64
#define EDU_DMA_CMD	0x98
#define  EDU_DMA_RUN	 0x01
#define  EDU_DMA_TO_RAM	 0x02
#define EDU_IDLE_MS	1000

/*
 * Saved: registers, and the command that waits.  Of 64-bit registers at most 28 bits are used, and
 * the 4 KiB buffer can be accessed by DMA only.
 */
enum { LIVENESS, FACTORIAL, STATUS, IRQ_STATUS, SRC, DST, COUNT, NR_REGS,
	WAITING = NR_REGS, NR_SAVED };
static const u16 edu_reg[NR_REGS] = { 0x04, 0x08, 0x20, 0x24, 0x80, 0x88, 0x90 };
#define EDU_COMPUTING	0x01	/* in STATUS */

/* Protected by memory_lock. */
struct edu_device {
	struct vfio_pci_core_device core_device;
	bool	held;		/* no DMA may start */
	u32	waiting;	/* command written while held; 0: none */
	bool	writes;		/* a transfer writes, or has written, guest memory: */
	u32	iova, len;
};

static struct edu_device *to_edu(struct vfio_pci_core_device *vdev)
{
	return container_of(vdev, struct edu_device, core_device);
}

/* Log what the last transfer wrote.  If it still runs, it has to be logged again later. */
static bool edu_log(struct vfio_pci_core_device *vdev, void __iomem *regs)
{
	struct edu_device *edu = to_edu(vdev);
	bool busy = readl(regs + EDU_DMA_CMD) & EDU_DMA_RUN;

	if (edu->writes)
		vfio_pci_live_dirty(vdev, edu->iova, edu->len);
	edu->writes &= busy;
	return true;
}

static void edu_start(struct edu_device *edu, void __iomem *regs, u32 cmd)
{
	edu_log(&edu->core_device, regs);
	if ((cmd & EDU_DMA_RUN) && (cmd & EDU_DMA_TO_RAM) && !edu->writes) {
		edu->iova = readl(regs + edu_reg[DST]) & (BIT(28) - 1);
		edu->len = readl(regs + edu_reg[COUNT]);
		edu->writes = true;
	}
	writel(cmd, regs + EDU_DMA_CMD);
}

/* Queue commands from now on.  True if those in progress have ended. */
static bool edu_halt(struct vfio_pci_core_device *vdev, void __iomem *regs)
{
	to_edu(vdev)->held = true;
	return !(readl(regs + EDU_DMA_CMD) & EDU_DMA_RUN) &&
	       !(readl(regs + edu_reg[STATUS]) & EDU_COMPUTING);
}

static int edu_run(struct vfio_pci_core_device *vdev)
{
	struct edu_device *edu = to_edu(vdev);
	void __iomem *regs = vfio_pci_live_access_begin(vdev, 0);

	if (IS_ERR(regs))
		return PTR_ERR(regs);
	edu->held = false;
	if (edu->waiting)
		edu_start(edu, regs, edu->waiting);
	edu->waiting = 0;
	vfio_pci_live_access_end(vdev);
	return 0;
}

static int edu_stop(struct vfio_pci_core_device *vdev)
{
	int ret = vfio_pci_live_wait(vdev, 0, edu_halt, EDU_IDLE_MS);

	if (ret)
		edu_run(vdev);
	return ret;
}

static void edu_reset(struct vfio_pci_core_device *vdev)
{
	vfio_pci_core_access_lock(vdev);
	to_edu(vdev)->held = false;
	to_edu(vdev)->waiting = 0;
	vfio_pci_core_access_unlock(vdev);
}

static int edu_save(struct vfio_pci_core_device *vdev, void *buf)
{
	void __iomem *regs = vfio_pci_live_access_begin(vdev, 0);
	__le32 *state = buf;
	int i;

	if (IS_ERR(regs))
		return PTR_ERR(regs);
	for (i = 0; i < NR_REGS; i++)
		state[i] = cpu_to_le32(readl(regs + edu_reg[i]));
	state[WAITING] = cpu_to_le32(to_edu(vdev)->waiting);
	vfio_pci_live_access_end(vdev);
	return 0;
}

/* What is pre-copied only tells the other side that it can read it. */
static void edu_precopy_left(struct vfio_pci_core_device *vdev, struct vfio_pci_live_left *left)
{
}

static int edu_load(struct vfio_pci_core_device *vdev, const void *buf, u32 version)
{
	const __le32 *state = buf;
	u32 reg[NR_SAVED], product = 1;
	void __iomem *regs;
	int i, ret, n = 0;

	for (i = 0; i < NR_SAVED; i++)
		reg[i] = le32_to_cpu(state[i]);
	/* The register takes n and returns n!, which is 0 from 34 on. */
	for (; product != reg[FACTORIAL]; product *= ++n)
		if (n == 34)
			return -EINVAL;
	regs = vfio_pci_live_access_begin(vdev, 0);
	if (IS_ERR(regs))
		return PTR_ERR(regs);
	writel(~reg[LIVENESS], regs + edu_reg[LIVENESS]);
	writel(0, regs + edu_reg[STATUS]);	/* no interrupt for the factorial computed now */
	writel(n, regs + edu_reg[FACTORIAL]);
	vfio_pci_live_access_end(vdev);

	ret = vfio_pci_live_wait(vdev, 0, edu_halt, EDU_IDLE_MS);
	regs = ret ? IOMEM_ERR_PTR(ret) : vfio_pci_live_access_begin(vdev, 0);
	if (IS_ERR(regs))
		return PTR_ERR(regs);
	writel(reg[STATUS] & ~EDU_COMPUTING, regs + edu_reg[STATUS]);
	for (i = SRC; i <= COUNT; i++)
		writel(reg[i], regs + edu_reg[i]);
	writel(~0, regs + EDU_IRQ_ACK);
	writel(reg[IRQ_STATUS], regs + EDU_IRQ_RAISE);	/* 0 raises none */
	to_edu(vdev)->waiting = reg[WAITING];
	vfio_pci_live_access_end(vdev);
	return 0;
}

/* Done at the first look. */
static int edu_log_sync(struct vfio_pci_core_device *vdev, u64 iova, u64 len)
{
	return vfio_pci_live_wait(vdev, 0, edu_log, 0);
}

/* An access to the register that alone may start DMA. */
static int edu_command(struct vfio_pci_core_device *vdev, struct vfio_pci_live_access *access)
{
	struct edu_device *edu = to_edu(vdev);

	if (access->offset != EDU_DMA_CMD || access->len < sizeof(u32))
		return -EINVAL;
	if (!access->write)
		access->value = edu->waiting ?: readl(access->io + EDU_DMA_CMD);
	else if (!edu->held)
		edu_start(edu, access->io, access->value);
	else if (access->value & EDU_DMA_RUN && !edu->waiting)
		edu->waiting = access->value;
	return 0;
}

static const struct vfio_pci_live_ops edu_live_ops = {
	.version	= 1,
	.oldest		= 1,
	.stop		= edu_stop,
	.run		= edu_run,
	.stop_p2p	= edu_stop,	/* accesses of peers do no harm */
	.run_p2p	= edu_stop,
	.state_size	= NR_SAVED * sizeof(__le32),
	.save_state	= edu_save,
	.load_state	= edu_load,
	.precopy_left	= edu_precopy_left,
	.reset		= edu_reset,
	.dirty_log	= true,
	.log_sync	= edu_log_sync,
	.trapped	= edu_command,
	.trap_bar	= VFIO_PCI_BAR0_REGION_INDEX,
	.trap_offset	= EDU_DMA_CMD,
	.trap_len	= sizeof(u64),
};

DEFINE_VFIO_PCI_OPS(edu_ops,
	.name	= KBUILD_MODNAME,
	VFIO_PCI_LIVE_TRAP_OPS,
);

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct edu_device *edu;
	int ret;

	edu = vfio_alloc_device(edu_device, core_device.vdev, &pdev->dev, &edu_ops);
	if (IS_ERR(edu))
		return PTR_ERR(edu);
	dev_set_drvdata(&pdev->dev, &edu->core_device);
	ret = vfio_pci_live_init(&edu->core_device, &edu_live_ops) ?:
	      vfio_pci_core_register_device(&edu->core_device);
	if (ret)
		vfio_put_device(&edu->core_device.vdev);
	return ret;
}

static void edu_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);

	vfio_pci_core_unregister_device(vdev);
	vfio_put_device(&vdev->vdev);
}

static const struct pci_device_id edu_table[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(0x1234, 0x11e8) },
	{}
};
MODULE_DEVICE_TABLE(pci, edu_table);

static struct pci_driver edu_driver = {
	.name			= KBUILD_MODNAME,
	.id_table		= edu_table,
	.probe			= edu_probe,
	.remove			= edu_remove,
	.err_handler		= &vfio_pci_core_err_handlers,
	.driver_managed_dma	= true,
};
module_pci_driver(edu_driver);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The vfio-pci SDK authors");
MODULE_DESCRIPTION("live migration of QEMU's edu device, on the SDK's core");
