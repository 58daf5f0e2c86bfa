#include "textflag.h"

// Where the kernel starts the program: instead of Go's runtime. See entry.
// Compiled code has its g in a register of its own.
TEXT _ringwall_init(SB),NOSPLIT|NOFRAME,$0
	MOVD	RSP, R0 // argc, then argv
	SUB	$32, RSP
	MOVD	$·goroutine(SB), g
	MOVD	R0, 8(RSP)
	CALL	·start(SB)
	BRK

// func trap()
TEXT ·trap(SB),NOSPLIT,$0-0
	UNDEF
	RET

// func entry() uintptr
TEXT ·entry(SB),NOSPLIT,$0-8
	MOVD	$_ringwall_init(SB), R0
	MOVD	R0, ret+0(FP)
	RET
