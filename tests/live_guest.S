/* SPDX-License-Identifier: GPL-2.0-only */
/* Multiboot header and first instructions of live_guest.c: QEMU's -kernel starts it without an OS. */
	.section .multiboot, "a"
	.align 4
	.long 0x1badb002, 0, -0x1badb002

	.text
	.code32
	.globl start
start:	mov $stack_end, %esp
	cld
	call guest_main
1:	hlt
	jmp 1b

	.bss
	.skip 16384
stack_end:
