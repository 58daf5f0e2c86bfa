#include "textflag.h"

// The offsets are those of keeper_linux.go. R12 to R14 survive a system call.
// The child has the parent's stack pointer and never uses it.

// func clone(flags uintptr, page unsafe.Pointer) int
TEXT ·clone(SB),NOSPLIT,$0-24
	MOVQ	flags+0(FP), DI
	MOVQ	page+8(FP), R12
	XORL	SI, SI
	XORL	DX, DX
	XORL	R10, R10
	XORL	R8, R8
	MOVL	$56, AX		// clone
	SYSCALL
	TESTQ	AX, AX
	JEQ	child
	MOVQ	AX, ret+16(FP)
	RET

child:
	MOVL	$112, AX	// setsid: what kills our process group spares it
	SYSCALL
	// It holds no descriptor but its own: close_range(2), twice.
	MOVQ	0(R12), SI
	DECQ	SI
	XORL	DI, DI
	XORL	DX, DX
	MOVL	$436, AX
	SYSCALL
	MOVQ	0(R12), DI
	INCQ	DI
	MOVL	$0xffffffff, SI
	XORL	DX, DX
	MOVL	$436, AX
	SYSCALL

wait:
	MOVQ	0(R12), DI
	LEAQ	40(R12), SI
	MOVL	$1, DX
	XORL	AX, AX		// read
	SYSCALL
	CMPQ	AX, $-4		// EINTR
	JEQ	wait
	TESTQ	AX, AX
	JGT	wait
	MOVQ	8(R12), R13

next:
	MOVQ	(R13), SI
	TESTQ	SI, SI
	JEQ	done
	MOVQ	32(R12), R14

again:
	MOVQ	$-100, DI	// AT_FDCWD
	MOVQ	(R13), SI
	MOVL	$0x200, DX	// AT_REMOVEDIR
	MOVL	$263, AX	// unlinkat
	SYSCALL
	CMPQ	AX, $-16	// EBUSY
	JNE	over
	LEAQ	16(R12), DI
	XORL	SI, SI
	MOVL	$35, AX		// nanosleep
	SYSCALL
	DECQ	R14
	JNE	again

over:
	ADDQ	$8, R13
	JMP	next

done:
	XORL	DI, DI
	MOVL	$231, AX	// exit_group
	SYSCALL
	INT	$3		// not reached
