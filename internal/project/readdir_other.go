//go:build !linux

package project

import "os"

// readDir reads the next piece of a folder; io.EOF at its end.
func (w *walker) readDir(f *os.File) ([]dirent, error) {
	list, err := f.ReadDir(512)
	out := make([]dirent, 0, len(list))
	for _, e := range list {
		out = append(out, dirent{e.Name(), e.Type()})
	}
	return out, err
}
