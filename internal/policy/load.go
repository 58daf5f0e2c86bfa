package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
)

// MissingError is a policy that is not there. It is an fs.ErrNotExist.
type MissingError struct{ Path string }

func (e *MissingError) Error() string { return "no policy: " + quote(e.Path) + " does not exist" }

// Hint is the way out.
func (e *MissingError) Hint() string { return "write one with: ringwall init" }

// Unwrap makes errors.Is(err, fs.ErrNotExist) true.
func (e *MissingError) Unwrap() error { return fs.ErrNotExist }

// Digest is the lower-case hexadecimal SHA-256 of a policy's text.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Load reads and parses a policy. The raw text is what a Store approves; it is
// returned beside an *Error too. Messages name a project's policy by its file
// name, any other by its path.
func Load(path string) (Policy, []byte, error) {
	raw, err := ReadFile(path)
	if err != nil {
		return Policy{}, nil, err
	}
	name := path
	if filepath.Base(path) == FileName {
		name = FileName
	}
	p, err := Parse(name, raw)
	return p, raw, err
}

// ReadFile reads a policy's text: from a regular file, not through a symbolic
// link in its place, which in a cloned project could point to any file of the
// owner's, and not more than MaxSize bytes.
func ReadFile(path string) ([]byte, error) {
	raw, err := readRegular(path, MaxSize)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &MissingError{Path: path}
	}
	if err != nil {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	return raw, nil
}

// readRegular reads a regular file of bounded size.
func readRegular(path string, most int64) ([]byte, error) {
	f, err := openNoFollow(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", quote(path))
	}
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > most {
		return nil, fmt.Errorf("%s is larger than %d bytes", quote(path), most)
	}
	return data, nil
}
