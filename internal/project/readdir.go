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

// noted is how the index has a name that is no folder.
func noted(e dirent) indexedFile {
	return indexedFile{name: e.name, link: e.kind&fs.ModeSymlink != 0, other: e.kind&fs.ModeType&^fs.ModeSymlink != 0}
}

// dirent is the name as a listing gives it.
func (f *indexedFile) dirent() dirent {
	switch {
	case f.link:
		return dirent{f.name, fs.ModeSymlink}
	case f.other:
		return dirent{f.name, fs.ModeIrregular}
	}
	return dirent{f.name, 0}
}
