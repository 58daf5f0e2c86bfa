package project

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"ringwall/internal/agent"
)

// maxFrozen bounds the entries of all frozen folders that are looked at.
const maxFrozen = 20_000

// freeze adds the policy's own paths and what the frozen folders lead to, and
// settles the list.
func (in *inspector) freeze() error {
	for _, entry := range in.opts.Freeze {
		if hasMeta(entry) {
			continue // matched in the walk
		}
		p, dir := strings.CutSuffix(entry, "/")
		row := agent.Path{Path: path.Clean(p), Dir: dir, IfAbsent: true, Reason: "the policy freezes it"}
		if !fs.ValidPath(row.Path) || row.Path == "." {
			return &Error{Kind: BadPattern, Path: entry, Msg: "freeze wants a path below the project"}
		}
		if err := in.addAsked(row, entry); err != nil {
			return err
		}
	}
	for _, step := range []func() error{in.imports, in.remember, in.lookInside} {
		if err := step(); err != nil {
			return err
		}
	}
	in.facts.Guardrails = in.rails.settle()
	return nil
}

func hasMeta(pattern string) bool { return strings.ContainsAny(pattern, `*?[\`) }

// lookInside reads the frozen folders: a file with a second name, or a link to
// a file elsewhere in the project, would be a way around the freeze.
func (in *inspector) lookInside() error {
	var dirs []string
	for p, g := range in.rails {
		if g.Dir && g.Present && !g.Around {
			dirs = append(dirs, p)
		}
	}
	slices.Sort(dirs)
	left := maxFrozen
	for len(dirs) > 0 {
		dir := dirs[len(dirs)-1]
		dirs = dirs[:len(dirs)-1]
		below, err := in.lookInto(dir, &left)
		if err != nil {
			return err
		}
		dirs = append(dirs, below...)
	}
	return nil
}

// lookInto reads one frozen folder and returns the folders in it, and those
// that its links lead to.
func (in *inspector) lookInto(dir string, left *int) (below []string, err error) {
	names, err := in.list(dir)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	here, err := in.root.OpenRoot(dir)
	if err != nil {
		return nil, &Error{Kind: BadPath, Path: dir, Msg: "cannot be opened", Err: err}
	}
	defer here.Close()
	slices.Sort(names)
	for _, name := range names {
		if *left--; *left < 0 {
			in.incomplete("the frozen folders hold too many files to look at")
			return nil, nil
		}
		p := path.Join(dir, name)
		info, err := here.Lstat(name)
		if err != nil {
			return nil, &Error{Kind: BadPath, Path: p, Msg: "cannot be looked at", Err: err}
		}
		switch {
		case info.IsDir():
			below = append(below, p)
		case info.Mode()&fs.ModeSymlink != 0:
			more, err := in.follow(p)
			if err != nil {
				return nil, err
			}
			below = append(below, more...)
		default:
			if err := singleName(p, info); err != nil {
				return nil, err
			}
		}
	}
	return below, nil
}

// follow freezes what a link in a frozen folder leads to, and the links on the
// way. A link out of the project leads nowhere inside the sandbox.
func (in *inspector) follow(link string) (below []string, err error) {
	target, links, inside := in.trace(link)
	if !inside || in.rails.covered(target) {
		return nil, nil
	}
	if m := in.remembered(target); m != "" {
		return nil, badMemory(m, "the link "+link+" in a frozen folder leads to it")
	}
	in.pinLinks(links, "a link in a frozen folder leads through it")
	if target == "." {
		in.incomplete("the link " + link + " leads to the project itself and cannot be frozen")
		return nil, nil
	}
	if _, known := in.rails[target]; known {
		return nil, nil
	}
	row := agent.Path{Path: target, IfAbsent: true, Reason: "the link " + link + " leads to it"}
	if err := in.addRail(row); err != nil {
		return nil, err
	}
	if in.rails[target].Dir && in.rails[target].Present {
		below = append(below, target)
	}
	return below, nil
}
