package host

import (
	"path/filepath"
	"slices"
	"time"

	"ringwall/internal/kernel/seen"
)

// systemPath is where programs are looked for beside the owner's PATH.
var systemPath = []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"}

// FindPrograms tells which of the names are programs in the folders of PATH
// and of the system. Reading these folders costs more than the rest of a
// start's search, so what is found is remembered like what there is to show. It
// is for explanations: no control rests on it.
func (f Facts) FindPrograms(names []string) []Program {
	return f.findPrograms(names, seen.New(nil, time.Now()))
}

func (f Facts) programsFile(path string) string {
	return slot(filepath.Join(f.StateDir, "programs"), path)
}

func (f Facts) findPrograms(names []string, eyes *seen.Eyes) []Program {
	path := unique(slices.Concat(f.Path, systemPath))
	folders := seen.Key(path...)
	file, key := f.programsFile(folders), seen.Key(numbers(int64(f.UID)), folders, seen.Key(names...))
	if kept, err := recallPrograms(file, key); err == nil {
		return kept
	}
	found := searchPrograms(eyes, path, names)
	if record, err := eyes.Keep(key, packPrograms(found)); err == nil {
		seen.Save(file, record) // if it fails, the next start searches again
	}
	return found
}

func unique(list []string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// searchPrograms looks into each folder once, whatever it is called.
func searchPrograms(eyes *seen.Eyes, path, names []string) []Program {
	var dirs []string
	for _, d := range path {
		if real, err := eyes.Resolve(d); err == nil {
			dirs = append(dirs, real)
		}
	}
	wanted := map[string]bool{}
	for _, n := range names {
		wanted[n] = true
	}
	var out []Program
	for _, dir := range unique(dirs) {
		list, _ := eyes.List(dir) // what cannot be listed is no help to the agent either
		for _, e := range list {
			if wanted[e.Name] {
				out = append(out, program(eyes, dir, e.Name)...)
			}
		}
	}
	return out
}

// program is the one of that name in a folder, if it is one.
func program(eyes *seen.Eyes, dir, name string) []Program {
	path := filepath.Join(dir, name)
	real, err := eyes.Resolve(path)
	if err != nil {
		return nil
	}
	if info, err := eyes.Lstat(real); err != nil || !info.IsRegular() || info.Perm()&0o111 == 0 {
		return nil
	}
	return []Program{{Name: name, Path: path, Real: real}}
}

func packPrograms(list []Program) []byte {
	var p seen.Packer
	p.Number(len(list))
	for _, e := range list {
		p.Text(e.Name)
		p.Text(e.Path)
		p.Text(e.Real)
	}
	return p.Bytes()
}

func recallPrograms(file, key string) ([]Program, error) {
	record, err := seen.Load(file)
	if err != nil {
		return nil, err
	}
	made, err := seen.Recall(record, key, nil)
	if err != nil {
		return nil, err
	}
	u := seen.Unpack(made)
	list := many(u, func(u *seen.Unpacker) Program { return Program{Name: u.Text(), Path: u.Text(), Real: u.Text()} })
	if !u.Done() {
		return nil, errDamaged
	}
	return list, nil
}
