package direct

import "golang.org/x/sys/unix"

// fstatat has another name in each of the kernel's tables.
const fstatat = unix.SYS_FSTATAT
