//go:build unix

package project

import (
	"io/fs"
	"syscall"

	"golang.org/x/sys/unix"
)

// identity is the device and inode of a file, and its number of names.
func identity(info fs.FileInfo) (dev, ino, links uint64) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, 0
	}
	return uint64(st.Dev), uint64(st.Ino), uint64(st.Nlink)
}

// writable asks the kernel, which also knows of read-only mounts.
func writable(path string) bool {
	return unix.Access(path, unix.W_OK) == nil
}
