// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>

#include "edu.h"
#include "mem.h"

#define DMA_START     1
#define DMA_TO_MEMORY 2
#define DMA_IRQ	      4

bool edu_dma(volatile void *bar, uint64_t from, uint64_t to, uint32_t len, bool irq)
{
	volatile uint64_t *regs = (volatile uint64_t *)((volatile char *)bar + EDU_DMA_SRC);
	bool to_memory = from >= EDU_DMA_BUFFER && from < EDU_DMA_BUFFER + EDU_DMA_SIZE;

	regs[0] = from;
	regs[1] = to;
	regs[2] = len;
	regs[3] = DMA_START | (to_memory ? DMA_TO_MEMORY : 0) | (irq ? DMA_IRQ : 0);
	/* QEMU's engine takes 100 ms for each transfer. */
	for (int i = 0; i < 200; i++) {
		if (!(regs[3] & DMA_START))
			return true;
		usleep(5000);
	}
	return false;
}

enum edu_sight edu_look(const volatile void *bar)
{
	uint32_t id;

	if (!try_read32(bar, &id))
		return EDU_GONE;
	return id == EDU_ID_VALUE ? EDU_ALIVE : EDU_NOISE;
}
