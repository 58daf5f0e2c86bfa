//go:build unix

package cli

import (
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives a file the owner of another.
func keepOwner(root *os.Root, name string, of fs.FileInfo) error {
	st, ok := of.Sys().(*syscall.Stat_t)
	mine, err := root.Lstat(name)
	if err != nil || !ok {
		return err
	}
	if now, ok := mine.Sys().(*syscall.Stat_t); ok && now.Uid == st.Uid && now.Gid == st.Gid {
		return nil
	}
	return root.Lchown(name, int(st.Uid), int(st.Gid))
}
