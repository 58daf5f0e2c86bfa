package stage

import (
	"encoding/json"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// maxRecord bounds the records that are read back; they are our own.
const maxRecord = 1 << 30

// writeJSON puts a record in place, whole or not at all, also when the machine
// loses power.
func (d *dir) writeJSON(name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %s: %w", name, err)
	}
	if err := d.writeFile(name, b); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// writeFile writes to a temporary name, syncs, renames, and syncs the folder.
func (d *dir) writeFile(name string, b []byte) error {
	tmp := name + ".new"
	if err := unix.Unlinkat(d.fd, tmp, 0); err != nil && err != unix.ENOENT {
		return err
	}
	fd, err := unix.Openat(d.fd, tmp, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	err = writeSync(fd, b)
	(&dir{fd}).close()
	if err != nil {
		return err
	}
	if err := unix.Renameat(d.fd, tmp, d.fd, name); err != nil {
		return err
	}
	return d.sync()
}

// writeSync writes all of b and waits for the disk.
func writeSync(fd int, b []byte) error {
	if _, err := (&file{fd}).Write(b); err != nil {
		return err
	}
	return unix.Fsync(fd)
}

// sync makes the folder's names durable. The descriptor may be O_PATH, so it
// is opened anew.
func (d *dir) sync() error {
	fd, err := open2(d.fd, ".", unix.O_RDONLY|unix.O_DIRECTORY, beneath)
	if err != nil {
		return err
	}
	defer (&dir{fd}).close()
	return unix.Fsync(fd)
}

// ordered tells whether the folder's file system keeps changes of names in their
// order over a power cut, and a synced new file with its name: ext4, XFS, btrfs.
func (d *dir) ordered() bool {
	var st unix.Statfs_t
	if err := unix.Fstatfs(d.fd, &st); err != nil {
		return false
	}
	switch int64(st.Type) {
	case unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.TMPFS_MAGIC:
		return true
	}
	return false
}

// readJSON reads a record; found is false where there is none.
func (d *dir) readJSON(name string, v any) (found bool, err error) {
	fd, err := open2(d.fd, name, unix.O_RDONLY|unix.O_NOFOLLOW, beneath)
	if err == unix.ENOENT {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read %s: %w", name, err)
	}
	f := &file{fd}
	defer f.close()
	b, err := io.ReadAll(io.LimitReader(f, maxRecord))
	if err != nil {
		return true, fmt.Errorf("read %s: %w", name, err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		return true, fmt.Errorf("read %s: %w", name, err)
	}
	return true, nil
}

// file is an open file as a reader and writer, without the poller of os.File.
type file struct{ fd int }

func (f *file) close() { (&dir{f.fd}).close() }

// Close implements io.Closer.
func (f *file) Close() error { return unix.Close(f.fd) }

// Read implements io.Reader.
func (f *file) Read(b []byte) (int, error) {
	for {
		n, err := unix.Read(f.fd, b)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return 0, err
		case n == 0 && len(b) > 0:
			return 0, io.EOF
		}
		return n, nil
	}
}
