/* SPDX-License-Identifier: GPL-2.0-only */
/* QEMU's teaching device "edu": registers in BAR 0, a DMA engine, one interrupt. */
#ifndef TESTS_LIB_EDU_H
#define TESTS_LIB_EDU_H

#include <stdbool.h>
#include <stdint.h>

#define EDU_ID	       0x00 /* reads 0x010000ed */
#define EDU_LIVENESS   0x04 /* reads the complement of what was written */
#define EDU_FACTORIAL  0x08
#define EDU_STATUS     0x20
#define EDU_IRQ_STATUS 0x24
#define EDU_IRQ_RAISE  0x60
#define EDU_IRQ_ACK    0x64
#define EDU_DMA_SRC    0x80
#define EDU_DMA_DST    0x88
#define EDU_DMA_COUNT  0x90
#define EDU_DMA_CMD    0x98

#define EDU_ID_VALUE   0x010000edu
#define EDU_DMA_BUFFER 0x40000 /* the device's own memory, in its DMA address space */
#define EDU_DMA_SIZE   4096
#define EDU_BAR_SIZE   0x100000

static inline uint32_t edu_read(volatile void *bar, unsigned int reg)
{
	return *(volatile uint32_t *)((volatile char *)bar + reg);
}

static inline void edu_write(volatile void *bar, unsigned int reg, uint32_t value)
{
	*(volatile uint32_t *)((volatile char *)bar + reg) = value;
}

/*
 * What a read of the registers finds; EDU_NOISE is what the bus returns when no device decodes the
 * address.
 */
enum edu_sight { EDU_GONE, EDU_ALIVE, EDU_NOISE };
enum edu_sight edu_look(const volatile void *bar);

/* Starts a transfer and waits for its end; false after a second. @irq: raise interrupt 0x100. */
bool edu_dma(volatile void *bar, uint64_t from, uint64_t to, uint32_t len, bool irq);

#endif
