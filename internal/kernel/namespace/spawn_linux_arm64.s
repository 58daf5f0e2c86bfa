#include "textflag.h"

// R19 survives a system call. The new process has the parent's stack pointer
// and never uses it.

// func spawn(nr, a, b, c uintptr, list *entry) int
TEXT ·spawn(SB),NOSPLIT|NOFRAME,$0-48
	MOVD	nr+0(FP), R8
	MOVD	a+8(FP), R0
	MOVD	b+16(FP), R1
	MOVD	c+24(FP), R2
	MOVD	list+32(FP), R19
	MOVD	ZR, R3
	MOVD	ZR, R4
	SVC
	CBZ	R0, next
	MOVD	R0, ret+40(FP)
	RET

next:
	MOVD	0(R19), R8
	CMN	$1, R8
	BEQ	die
	MOVD	8(R19), R0
	MOVD	16(R19), R1
	MOVD	24(R19), R2
	MOVD	32(R19), R3
	MOVD	40(R19), R4
	MOVD	ZR, R5
	SVC
	CMN	$4095, R0
	BCS	die
	ADD	$48, R19
	B	next

die:
	MOVD	$125, R0
	MOVD	$94, R8		// exit_group
	SVC
	UNDEF			// not reached
