package project

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// maxConfig bounds a configuration file, in bytes.
const maxConfig = 1 << 20

var errTooLarge = errors.New("too large")

// read returns the content of a regular file of the project, at most limit
// bytes.
func (in *inspector) read(path string, limit int64) ([]byte, error) {
	if info, err := in.lstat(path); err != nil || !info.Mode().IsRegular() {
		// A pipe would block, and a link leads elsewhere.
		return nil, errors.Join(err, fs.ErrInvalid)
	}
	f, err := in.root.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return bounded(f, limit)
}

// readThrough is read that follows links within the project. They are frozen
// with what they lead to.
func (in *inspector) readThrough(path string, limit int64) ([]byte, error) {
	if to, inside := in.target(path); inside {
		path = to
	}
	return in.read(path, limit)
}

// readOwn returns the content of a file of the owner's, outside the project.
func readOwn(path string) ([]byte, error) { return readOwnUpTo(path, maxConfig) }

func readOwnUpTo(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fs.ErrInvalid
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return bounded(f, limit)
}

func bounded(r io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = errTooLarge
	}
	return b, err
}
