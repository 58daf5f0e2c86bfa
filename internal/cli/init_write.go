package cli

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
)

// write makes a file that was not there, or puts the new text in the place of
// the old one, never through a link.
func (p proposed) write(root *os.Root) error {
	switch p.action() {
	case create:
		return p.make(root)
	case change:
		return p.replace(root)
	}
	return nil
}

func (p proposed) make(root *os.Root) error {
	if err := root.MkdirAll(path.Dir(p.path), 0o755); err != nil {
		return err
	}
	return writeFile(root, p.path, p.after, 0o644)
}

func writeFile(root *os.Root, name string, text []byte, mode fs.FileMode) error {
	f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

// replace writes beside the file and renames, so that it is whole at any
// moment. Mode and owner stay. A file that somebody changed since it was read
// is left alone.
func (p proposed) replace(root *os.Root) error {
	info, err := root.Lstat(p.path)
	if err != nil {
		return err
	}
	beside := path.Join(path.Dir(p.path), ".ringwall-"+rand.Text())
	defer root.Remove(beside) // nothing is there once it was renamed
	if err := writeFile(root, beside, p.after, info.Mode().Perm()); err != nil {
		return err
	}
	if err := errors.Join(root.Chmod(beside, info.Mode().Perm()), keepOwner(root, beside, info)); err != nil {
		return err
	}
	now, err := readExisting(root, p.path)
	if err != nil {
		return err
	}
	if now == nil || !bytes.Equal(now, p.before) {
		return fmt.Errorf("it was changed meanwhile")
	}
	return root.Rename(beside, p.path)
}
