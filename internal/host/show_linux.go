package host

import (
	"path/filepath"
	"strings"
	"time"

	"ringwall/internal/kernel/seen"
)

// show finds out what the host has to show, or remembers it: that takes longer
// than anything else that is found out at a start, and seldom changes. The base
// names this boot, user and binary.
func (f *Facts) show(base string) {
	if trees, err := f.recallShown(base); err == nil {
		f.sockets(trees)
		return
	}
	eyes := seen.New(f.Env, time.Now())
	trees := f.find(eyes)
	f.rememberShown(eyes, base, trees) // if that fails, the next start finds it again
	f.sockets(trees)
}

// find looks at everything. It returns the trees that are shown.
func (f *Facts) find(eyes *seen.Eyes) (trees []tree) {
	f.Root, f.Etc = entries(eyes, "/", rootNames), entries(eyes, "/etc", etcNames)
	f.tools(eyes)
	f.Private, trees = private(eyes, f)
	f.stores(eyes, trees)
	return trees
}

// entries lists what exists in a directory of the names: patterns, or paths
// below it. Two names that fit one pattern are shown in the same order each
// time.
func entries(eyes *seen.Eyes, dir string, names []string) []Entry {
	list, err := eyes.List(dir)
	if err != nil {
		return nil
	}
	var out []Entry
	for _, n := range names {
		if strings.Contains(n, "/") {
			out = append(out, below(eyes, filepath.Join(dir, n))...)
			continue
		}
		for _, found := range seen.Fitting(list, n) {
			out = append(out, entry(eyes, filepath.Join(dir, found.Name), found.Link))
		}
	}
	return out
}

// below is an entry that lies deeper, if it is there.
func below(eyes *seen.Eyes, path string) []Entry {
	info, err := eyes.Lstat(path)
	if err != nil {
		return nil
	}
	return []Entry{entry(eyes, path, info.IsLink())}
}

func entry(eyes *seen.Eyes, path string, link bool) Entry {
	e := Entry{Path: path}
	if link {
		e.Link, _ = eyes.Readlink(path) // gone meanwhile: nothing to show
	}
	return e
}
