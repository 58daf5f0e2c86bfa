//go:build !unix

package policy

import (
	"fmt"
	"os"
)

// openNoFollow opens a file for reading. A symbolic link in its place is an
// error, also when it is put there between the look and the opening.
func openNoFollow(path string) (*os.File, error) {
	before, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", quote(path))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if after, err := f.Stat(); err != nil || !os.SameFile(before, after) {
		f.Close()
		return nil, fmt.Errorf("%s changed while it was opened", quote(path))
	}
	return f, nil
}
