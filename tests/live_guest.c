// SPDX-License-Identifier: GPL-2.0-only
/*
 * What runs in a virtual machine that is moved: a program without an operating system that makes an
 * edu device write pages of its memory by DMA, and checks in each round all of what it did before:
 * the registers of the device, and all those pages.  A line on the serial port for each round.
 */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;

#define EDU_ID	     0x11e81234
#define LIVENESS     0x04
#define FACTORIAL    0x08
#define STATUS	     0x20
#define STATUS_BUSY  1
#define STATUS_IRQ   0x80
#define DMA_SRC	     0x80
#define DMA_DST	     0x88
#define DMA_COUNT    0x90
#define DMA_CMD	     0x98
#define DMA_RUN	     1
#define DMA_TO_RAM   2
#define EDU_BUFFER   0x40000
#define LEN	     2048 /* QEMU 7.2's edu refuses transfers of all of its buffer */
#define WORDS	     (LEN / 4)
#define STRIDE	     1024 /* of pages, in words */
#define PAGES	     24
#define POOL	     ((volatile u32 *)0x400000)
#define SOURCE	     ((volatile u32 *)0x800000)

static volatile u8 *regs, *second; /* the other one, if there is one, only holds a value */
static u32 sums[PAGES]; /* of each page as DMA has left it, 0: not yet */
static u32 bad, lost;

static inline void port_out32(u32 value, u16 port)
{
	__asm__ volatile("outl %0, %1" ::"a"(value), "d"(port));
}

static inline u32 port_in32(u16 port)
{
	u32 value;

	__asm__ volatile("inl %1, %0" : "=a"(value) : "d"(port));
	return value;
}

static inline void port_out8(u8 value, u16 port)
{
	__asm__ volatile("outb %0, %1" ::"a"(value), "d"(port));
}

static inline u8 port_in8(u16 port)
{
	u8 value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "d"(port));
	return value;
}

static void put(const char *text)
{
	for (; *text; text++) {
		while (!(port_in8(0x3fd) & 0x20))
			;
		port_out8(*text, 0x3f8);
	}
}

static void put_value(const char *name, u32 value)
{
	char text[9];

	for (int i = 0; i < 8; i++)
		text[i] = "0123456789abcdef"[value >> (28 - 4 * i) & 15];
	text[8] = 0;
	put(name);
	put(text);
}

static u32 get(u32 reg)
{
	return *(volatile u32 *)(regs + reg);
}

static void set(u32 reg, u32 value)
{
	*(volatile u32 *)(regs + reg) = value;
}

static void complain(const char *what, u32 want, u32 seen)
{
	bad++;
	put("BAD ");
	put(what);
	put_value(" want=", want);
	put_value(" seen=", seen);
	put("\r\n");
}

static void expect(const char *what, u32 want, u32 seen)
{
	if (want != seen)
		complain(what, want, seen);
}

static u32 sum_of(const volatile u32 *page)
{
	u32 sum = 1;

	for (int i = 0; i < WORDS; i++)
		sum = sum * 31 + page[i];
	return sum ? sum : 1;
}

static void dma(u32 from, u32 to, u32 cmd)
{
	set(DMA_SRC, from);
	set(DMA_DST, to);
	set(DMA_COUNT, LEN);
	set(DMA_CMD, cmd | DMA_RUN);
	while (get(DMA_CMD) & DMA_RUN)
		;
}

/* To the device and back, to another page.  The device's buffer does not move with it. */
static void write_page(u32 n, u32 seed)
{
	volatile u32 *page = POOL + n * STRIDE;
	u32 want;

	for (int i = 0; i < WORDS; i++)
		SOURCE[i] = seed = seed * 1664525 + 1013904223;
	want = sum_of(SOURCE);
	for (int try = 0; try < 2; try++) {
		dma((u32)SOURCE, EDU_BUFFER, 0);
		dma(EDU_BUFFER, (u32)page, DMA_TO_RAM);
		if (sum_of(page) == want)
			break;
		lost++;
	}
	expect("transfer", want, sum_of(page));
	sums[n] = want;
}

static u32 config(u32 dev, u32 reg)
{
	port_out32(0x80000000 | dev << 11 | reg, 0xcf8);
	return port_in32(0xcfc);
}

/* The registers of the next edu at or after *dev, switched on; NULL when there is none. */
static volatile u8 *find_edu(u32 *dev)
{
	for (; *dev < 32; ++*dev) {
		if (config(*dev, 0) != EDU_ID)
			continue;
		port_out32(0x80000000 | *dev << 11 | 4, 0xcf8);
		port_out32((config(*dev, 4) & 0xffff) | 6, 0xcfc);
		return (volatile u8 *)(config((*dev)++, 0x10) & ~15u);
	}
	return 0;
}

void guest_main(void);
void guest_main(void)
{
	u32 factorial = 1, dst = 0, random = 1;
	u32 dev = 0;

	port_out8(0, 0x3f9);
	port_out8(3, 0x3fb);
	regs = find_edu(&dev);
	if (!regs) {
		put("no edu\r\n");
		return;
	}
	second = find_edu(&dev);

	for (u32 round = 0;; round++) {
		u32 argument = round % 12;

		for (u32 n = 0; n < PAGES; n++)
			if (sums[n])
				expect("page", sums[n], sum_of(POOL + n * STRIDE));
		/*
		 * Check the registers as the previous round left them, right before changing them.
		 */
		if (round) {
			expect("liveness", ~(round - 1), get(LIVENESS));
			expect("factorial", factorial, get(FACTORIAL));
			expect("status", round & 1 ? 0 : STATUS_IRQ, get(STATUS));
			expect("source", EDU_BUFFER, get(DMA_SRC));
			expect("destination", dst, get(DMA_DST));
			expect("count", LEN, get(DMA_COUNT));
			if (second)
				expect("second", ~(3 * round),
				       *(volatile u32 *)(second + LIVENESS));
		}

		set(LIVENESS, round);
		if (second)
			*(volatile u32 *)(second + LIVENESS) = 3 * (round + 1);
		set(STATUS, 0);
		set(FACTORIAL, argument);
		while (get(STATUS) & STATUS_BUSY)
			;
		factorial = get(FACTORIAL);
		set(STATUS, round & 1 ? STATUS_IRQ : 0);
		random = random * 1103515245 + 12345;
		dst = (u32)(POOL + (random >> 16) % PAGES * STRIDE);
		write_page((random >> 16) % PAGES, round);

		put_value("round=", round);
		put_value(" bad=", bad);
		put_value(" lost=", lost);
		put("\r\n");
	}
}
