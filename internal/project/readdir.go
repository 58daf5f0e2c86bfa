package project

import "io/fs"

// dirent is one name in a folder, and what kind of thing it is.
type dirent struct {
	name string
	kind fs.FileMode // type bits only
}

func (d dirent) Name() string      { return d.name }
func (d dirent) IsDir() bool       { return d.kind.IsDir() }
func (d dirent) Type() fs.FileMode { return d.kind }
