package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
)

// maxOver bounds how many projects are remembered.
const maxOver = 64

// lookOver finds out whether the project can lie below an overlay, by mounting
// one above it in a sandbox that ends at once. A success is remembered.
func (f *Facts) lookOver(project string) {
	f.NoOverlay = ""
	if !f.Sandbox.OK || !f.Overlay.OK {
		return // there is none at all, which is said elsewhere
	}
	key := placeKey(project)
	if key == "" || slices.Contains(f.over, key) {
		return
	}
	if err := f.tryOver(project); err != nil {
		f.NoOverlay = noOverlay("the project", project, err)
		return
	}
	f.over = append(f.over[max(0, len(f.over)-maxOver+1):], key)
	f.remember(f.key)
}

// placeKey tells one folder, on one mount of one file system, from the next.
func placeKey(dir string) string {
	var st unix.Statx_t
	var fs unix.Statfs_t
	if unix.Statx(unix.AT_FDCWD, dir, unix.AT_SYMLINK_NOFOLLOW, unix.STATX_INO|unix.STATX_MNT_ID, &st) != nil || unix.Statfs(dir, &fs) != nil {
		return ""
	}
	return fmt.Sprint(st.Dev_major, st.Dev_minor, st.Ino, st.Mnt_id, fs.Type, st.Uid, st.Gid)
}

func (f *Facts) tryOver(project string) error {
	dir, err := os.MkdirTemp(f.StateDir, "probe-")
	if err != nil {
		return err
	}
	defer removeProbe(dir)
	for _, d := range []string{"upper", "work"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o700); err != nil {
			return err
		}
	}
	step := launch.Step{Op: launch.Overlay, Target: "/work", Source: project, Data: dir}
	if !f.IsRoot() {
		return probe(f, append(base(), step))
	}
	var st unix.Stat_t
	if err := unix.Stat(project, &st); err != nil {
		return err
	}
	for _, d := range []string{"", "upper", "work"} {
		if err := os.Chown(filepath.Join(dir, d), int(st.Uid), int(st.Gid)); err != nil {
			return err
		}
	}
	files, err := f.Mapped(int(st.Uid), int(st.Gid), project, dir)
	if err != nil {
		return fmt.Errorf("id-mapped mounts: %w", err)
	}
	defer closeAll(files)
	step.Flags, step.FD = launch.UseFD, launch.FirstFD
	return probe(f, append(base(), step), files...)
}

// fileSystems are those that cannot be all that an overlay needs, by statfs(2).
var fileSystems = map[int64]string{
	unix.OVERLAYFS_SUPER_MAGIC: "overlayfs", unix.NFS_SUPER_MAGIC: "NFS", unix.FUSE_SUPER_MAGIC: "FUSE",
	unix.CIFS_SUPER_MAGIC: "SMB", unix.SMB2_SUPER_MAGIC: "SMB", unix.V9FS_MAGIC: "9p", unix.CEPH_SUPER_MAGIC: "Ceph",
	unix.MSDOS_SUPER_MAGIC: "FAT", unix.EXFAT_SUPER_MAGIC: "exFAT", unix.AFS_SUPER_MAGIC: "AFS", unix.ECRYPTFS_SUPER_MAGIC: "eCryptfs",
}

// noOverlay says why: on what the folder lies, where that is known to be the
// reason, and what the kernel said. No path of the attempt is in it: it is part
// of the plan, which is the same each time.
func noOverlay(what, dir string, err error) string {
	var errno syscall.Errno
	said := "it cannot be tried"
	if errors.As(err, &errno) {
		said = errno.Error()
	}
	var fs unix.Statfs_t
	if unix.Statfs(dir, &fs) == nil {
		if name, known := fileSystems[int64(fs.Type)]; known {
			return what + " lies on " + name + " (" + said + ")"
		}
	}
	return "no overlay above " + what + ": " + said
}
