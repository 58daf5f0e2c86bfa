package backendtest

import (
	"errors"
	"io/fs"
	"path/filepath"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/acl"
)

// beside tells whether the agent's account stands beside the project's owner:
// then the files of the project are the owner's for the agent too.
func (t Target) beside() bool { return user(t.Host).Form == besideForm }

// share lets such an account do in the project what its owner can, as
// `ringwall setup project` does.
func (b *Box) share() {
	b.T.Helper()
	if !b.Target.beside() {
		return
	}
	err := filepath.WalkDir(b.Project, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() && !d.Type().IsRegular() {
			return err
		}
		return b.shareOne(path, d)
	})
	if errors.Is(err, unix.ENOTSUP) {
		b.T.Skip("the file system of TMPDIR keeps no access control lists")
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		b.T.Fatal(err)
	}
}

func (b *Box) shareOne(path string, d fs.DirEntry) error {
	if shared(path, uint32(b.Target.Host.Account.UID)) {
		return nil // in the run before
	}
	info, err := d.Info()
	if err != nil {
		return err
	}
	l := acl.FromMode(uint32(info.Mode().Perm()))
	shared := l.Add(uint32(b.Target.Host.Account.UID), l.Of(acl.UserObj)).Encode()
	if d.IsDir() {
		err = unix.Setxattr(path, acl.Default, shared, 0)
	}
	return errors.Join(err, unix.Setxattr(path, acl.Access, shared, 0))
}

// shared tells whether an access control list gives the account all that the
// owner has already.
func shared(path string, uid uint32) bool {
	buf := make([]byte, 1024)
	n, err := unix.Getxattr(path, acl.Access, buf)
	if err != nil {
		return false
	}
	l, err := acl.Decode(buf[:n])
	if err != nil {
		return false
	}
	perm, named := l.Grants(uid)
	return named && perm == l.Of(acl.UserObj)
}
