package seen

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/direct"
)

// Load reads a record, if it is a file of this user's that nobody else can
// read or write. A link is not followed.
func Load(path string) ([]byte, error) {
	fd, err := direct.Open(path, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, os.NewSyscallError("fstat", err)
	}
	if st.Mode != unix.S_IFREG|0o600 || int(st.Uid) != unix.Geteuid() || st.Nlink != 1 {
		return nil, errors.New(path + " is not this user's own file")
	}
	return direct.ReadOpen(fd, path, int(st.Size))
}

// Save puts a record in place of an older one. Two that do so at once may
// damage it, which Recall would find.
func Save(path string, record []byte) error {
	tmp := path + ".new"
	os.Remove(tmp) // what an interrupted start left may be anything
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(record)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		os.Remove(tmp)
	}
	return err
}
