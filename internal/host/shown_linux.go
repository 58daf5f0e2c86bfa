package host

import (
	"errors"
	"hash/crc32"
	"maps"
	"path/filepath"
	"slices"
	"strconv"

	"ringwall/internal/kernel/seen"
)

// What there is to show is remembered with a note of every folder, file, link,
// missing name and variable that it was found by (package seen). If one differs,
// all of it is found again.

func (f *Facts) shownFile() string { return slot(filepath.Join(f.StateDir, "shown"), f.Env["PATH"]) }

// slots bounds how many records of one kind are kept. Whoever works in several
// environments at once (direnv, pyenv, a virtual environment) has a PATH in
// each, and a single record would be made anew by every other start.
const slots = 4

// slot is the file for one of them.
func slot(path, of string) string {
	return path + "." + strconv.Itoa(int(crc32.ChecksumIEEE([]byte(of))%slots))
}

// shownKey adds to the base what is asked of no file here.
func (f *Facts) shownKey(base string) string {
	groups := make([]int64, 0, len(f.Groups))
	for _, g := range f.Groups {
		groups = append(groups, int64(g))
	}
	return seen.Key(base, f.Home, f.accountKey(), numbers(groups...))
}

// recallShown fills in what an earlier start found. An error tells why it has
// to be found again.
func (f *Facts) recallShown(base string) ([]tree, error) {
	if base == "" {
		return nil, errNoBase
	}
	record, err := seen.Load(f.shownFile())
	if err != nil {
		return nil, err
	}
	made, err := seen.Recall(record, f.shownKey(base), f.Env)
	if err != nil {
		return nil, err
	}
	return f.unpackShown(made)
}

// rememberShown keeps what was found for the next start.
func (f *Facts) rememberShown(eyes *seen.Eyes, base string, trees []tree) error {
	if base == "" {
		return errNoBase
	}
	record, err := eyes.Keep(f.shownKey(base), f.packShown(trees))
	if err != nil {
		return err
	}
	return seen.Save(f.shownFile(), record)
}

var (
	errNoBase  = errors.New("nothing tells this boot from the next")
	errDamaged = errors.New("a damaged record")
)

func (f *Facts) packShown(trees []tree) []byte {
	var p seen.Packer
	for _, list := range [][]Entry{f.Root, f.Etc} {
		p.Number(len(list))
		for _, e := range list {
			p.Text(e.Path)
			p.Text(e.Link)
		}
	}
	for _, list := range [][]string{f.Path, f.Tools, f.Bundles, f.JavaStores, {f.CertDir}, slices.Sorted(maps.Keys(f.ToolVars))} {
		p.Number(len(list))
		for _, s := range list {
			p.Text(s)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.ToolVars)) {
		p.Text(f.ToolVars[name])
	}
	p.Number(len(f.Private))
	for _, e := range f.Private {
		packPrivate(&p, e)
	}
	p.Number(len(trees))
	for _, t := range trees {
		p.Text(t.path)
		p.Text(t.real)
	}
	return p.Bytes()
}

func packPrivate(p *seen.Packer, e Private) {
	dir := ""
	if e.Dir {
		dir = "dir"
	}
	for _, s := range []string{e.Path, dir, e.Text, e.Why} {
		p.Text(s)
	}
}

// unpackShown reads what packShown wrote. Nothing is filled in unless all of it
// could be read.
func (f *Facts) unpackShown(made []byte) ([]tree, error) {
	u := seen.Unpack(made)
	root, etc := many(u, unpackEntry), many(u, unpackEntry)
	var lists [6][]string
	for i := range lists {
		lists[i] = many(u, (*seen.Unpacker).Text)
	}
	names := lists[5]
	vars := make(map[string]string, len(names))
	for _, name := range names {
		vars[name] = u.Text()
	}
	private := many(u, unpackPrivate)
	trees := many(u, func(u *seen.Unpacker) tree { return tree{u.Text(), u.Text()} })
	if !u.Done() || len(lists[4]) != 1 {
		return nil, errDamaged
	}
	f.Root, f.Etc, f.ToolVars, f.Private = root, etc, vars, private
	f.Path, f.Tools, f.Bundles, f.JavaStores, f.CertDir = lists[0], lists[1], lists[2], lists[3], lists[4][0]
	return trees, nil
}

func unpackEntry(u *seen.Unpacker) Entry { return Entry{Path: u.Text(), Link: u.Text()} }

func unpackPrivate(u *seen.Unpacker) Private {
	path, dir, text, why := u.Text(), u.Text(), u.Text(), u.Text()
	return Private{Path: path, Dir: dir != "", Text: text, Why: why}
}

// many reads a list; one that is empty is nil.
func many[T any](u *seen.Unpacker, one func(*seen.Unpacker) T) []T {
	n := u.Number()
	if n == 0 {
		return nil
	}
	out := make([]T, 0, min(n, 256))
	for range n {
		out = append(out, one(u))
	}
	return out
}
