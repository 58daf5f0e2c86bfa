#include "textflag.h"

// R12 survives a system call. The new process has the parent's stack pointer
// and never uses it.

// func spawn(nr, a, b, c uintptr, list *entry) int
TEXT ·spawn(SB),NOSPLIT,$0-48
	MOVQ	nr+0(FP), AX
	MOVQ	a+8(FP), DI
	MOVQ	b+16(FP), SI
	MOVQ	c+24(FP), DX
	MOVQ	list+32(FP), R12
	XORL	R10, R10
	XORL	R8, R8
	SYSCALL
	TESTQ	AX, AX
	JEQ	next
	MOVQ	AX, ret+40(FP)
	RET

next:
	MOVQ	0(R12), AX
	CMPQ	AX, $-1
	JEQ	die
	MOVQ	8(R12), DI
	MOVQ	16(R12), SI
	MOVQ	24(R12), DX
	MOVQ	32(R12), R10
	MOVQ	40(R12), R8
	XORL	R9, R9
	SYSCALL
	CMPQ	AX, $-4095
	JCC	die
	ADDQ	$48, R12
	JMP	next

die:
	MOVL	$125, DI
	MOVL	$231, AX	// exit_group
	SYSCALL
	UD2			// not reached
