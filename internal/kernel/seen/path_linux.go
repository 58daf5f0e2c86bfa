package seen

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/direct"
)

// maxLinks is the kernel's own bound for the links of one path.
const maxLinks = 40

// Resolve returns an absolute path without links. Each name on the way is
// noted: one that becomes a link later leads elsewhere.
func (e *Eyes) Resolve(path string) (string, error) {
	fail := func(err error) (string, error) { return "", &os.PathError{Op: "resolve", Path: path, Err: err} }
	if !filepath.IsAbs(path) {
		return fail(unix.EINVAL)
	}
	real, part, links := "", "", 0
	for left := path; left != ""; {
		part, left, _ = strings.Cut(left, "/")
		if part == "" || part == "." {
			continue
		}
		if part == ".." {
			real = real[:max(0, strings.LastIndexByte(real, '/'))]
			continue
		}
		next := real + "/" + part
		if entry, known := e.listed(next); known && !entry.Link && (entry.Dir || left == "") {
			real = next
			continue
		}
		s := e.note(look{path: next})
		switch {
		case s.errno != 0:
			return fail(unix.Errno(s.errno))
		case s.is(unix.S_IFLNK):
			text, err := e.Readlink(next)
			if err != nil {
				return fail(err)
			}
			if links++; links > maxLinks {
				return fail(unix.ELOOP)
			}
			if left = text + "/" + left; filepath.IsAbs(text) {
				real = ""
			}
			continue
		case left != "" && !s.is(unix.S_IFDIR):
			return fail(unix.ENOTDIR)
		}
		real = next
	}
	if real == "" {
		real = "/"
	}
	return real, nil
}

// Folder is Resolve for a folder: what is none is an error.
func (e *Eyes) Folder(path string) (string, error) {
	real, err := e.Resolve(path)
	if err == nil && real != "/" && !e.note(look{path: real}).is(unix.S_IFDIR) {
		err = &os.PathError{Op: "resolve", Path: path, Err: unix.ENOTDIR}
	}
	return real, err
}

// Glob returns the paths in a folder that a pattern fits (filepath.Match, part
// by part). The folder's own name is taken as it is.
func (e *Eyes) Glob(dir, pattern string) []string {
	paths := []string{dir}
	for part := range strings.SplitSeq(pattern, "/") {
		var next []string
		for _, p := range paths {
			next = append(next, e.fitting(p, part)...)
		}
		paths = next
	}
	return paths
}

func (e *Eyes) fitting(dir, part string) []string {
	if !hasMeta(part) {
		path := filepath.Join(dir, part)
		if _, known := e.listed(path); !known {
			if _, err := e.Lstat(path); err != nil {
				return nil
			}
		}
		return []string{path}
	}
	list, _ := e.List(dir) // one that cannot be listed has nothing that fits
	var out []string
	for _, name := range Fitting(list, part) {
		out = append(out, filepath.Join(dir, name.Name))
	}
	return out
}

// listed is what the listing of its folder told of a path: the note of the
// folder stands for it too.
func (e *Eyes) listed(path string) (direct.Entry, bool) {
	list, known := e.lists[filepath.Dir(path)]
	if !known {
		return direct.Entry{}, false
	}
	return find(list, filepath.Base(path))
}

func find(list []direct.Entry, name string) (direct.Entry, bool) {
	i, found := slices.BinarySearchFunc(list, name, func(e direct.Entry, name string) int { return strings.Compare(e.Name, name) })
	if !found {
		return direct.Entry{}, false
	}
	return list[i], true
}

// hasMeta tells whether a pattern is more than a plain name.
func hasMeta(pattern string) bool { return strings.ContainsAny(pattern, `*?[\`) }

// Fitting are those of a sorted list whose name a pattern fits. Most patterns
// are plain names, and there are many of both.
func Fitting(list []direct.Entry, pattern string) []direct.Entry {
	if !hasMeta(pattern) {
		if e, found := find(list, pattern); found {
			return []direct.Entry{e}
		}
		return nil
	}
	var out []direct.Entry
	for _, e := range list {
		if fits, _ := filepath.Match(pattern, e.Name); fits {
			out = append(out, e)
		}
	}
	return out
}
