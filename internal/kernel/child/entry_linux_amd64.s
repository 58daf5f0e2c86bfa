#include "textflag.h"

#define get_tls(r)	MOVQ TLS, r
#define g(r)	0(r)(TLS*1)

// Where the kernel starts the program: instead of Go's runtime. See entry.
TEXT _ringwall_init(SB),NOSPLIT|NOFRAME,$0
	MOVQ	SP, BX // argc, then argv
	ANDQ	$~15, SP
	SUBQ	$32, SP
	MOVQ	BX, 16(SP)
	// Compiled code takes its g from thread-local storage.
	MOVQ	$158, AX // arch_prctl
	MOVQ	$0x1002, DI // ARCH_SET_FS
	LEAQ	·storage+4096(SB), SI
	SYSCALL
	LEAQ	·goroutine(SB), R14
	get_tls(CX)
	MOVQ	R14, g(CX)
	MOVQ	16(SP), BX
	MOVQ	BX, 0(SP)
	CALL	·start(SB)
	INT	$3

// func trap()
TEXT ·trap(SB),NOSPLIT,$0-0
	UD2
	RET

// func entry() uintptr
TEXT ·entry(SB),NOSPLIT,$0-8
	LEAQ	_ringwall_init(SB), AX
	MOVQ	AX, ret+0(FP)
	RET
