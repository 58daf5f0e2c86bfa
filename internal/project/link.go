package project

import (
	"path"
	"strings"

	"ringwall/internal/agent"
)

// maxHops is the kernel's own bound on the links of one path.
const maxHops = 40

// target is where a path leads within the project. The result holds no link;
// its end may not exist. inside is false where it leads out, or round in
// circles.
func (in *inspector) target(p string) (resolved string, inside bool) {
	resolved, _, inside = in.trace(p)
	return resolved, inside
}

// trace is target, link by link: links are those on the way, each named
// without a link above it.
func (in *inspector) trace(p string) (resolved string, links []string, inside bool) {
	todo, at := strings.Split(p, "/"), "."
	for len(todo) > 0 {
		elem := todo[0]
		todo = todo[1:]
		switch {
		case elem == "" || elem == ".":
			continue
		case elem == ".." && at == ".":
			return "", links, false
		case elem == "..":
			at = path.Dir(at)
			continue
		}
		next := path.Join(at, elem)
		text, err := in.root.Readlink(next)
		if err != nil {
			at = next // no link, or nothing there
			continue
		}
		if links = append(links, next); len(links) > maxHops {
			return "", links, false
		}
		if at, text = in.hop(at, text); text == "" {
			return "", links, false
		}
		todo = append(strings.Split(text, "/"), todo...)
	}
	return at, links, true
}

// hop is where a link's text starts from: its folder, or the project when it is
// absolute and leads into it. An empty text leads out.
func (in *inspector) hop(dir, text string) (from, rest string) {
	if !path.IsAbs(text) {
		return dir, text
	}
	if rest := in.inProject(text, "."); rest != "" {
		return ".", rest
	}
	return dir, ""
}

// linkedRail freezes a guardrail that is reached through links: each link where
// it stands, and what they lead to, which is frozen as absent where it is not
// there, since at the gate its name says nothing. A link out of the project
// cannot be frozen: what it leads to is not the project's.
func (in *inspector) linkedRail(row agent.Path, link string) error {
	resolved, links, inside := in.trace(row.Path)
	switch {
	case !inside:
		return &Error{Kind: Link, Path: link, Msg: "a symbolic link where a guardrail belongs leads out of the project and cannot be frozen",
			Fix: "put the real file or folder in the link's place"}
	case resolved == ".":
		return &Error{Kind: Link, Path: link, Msg: "a symbolic link where a guardrail belongs leads to the project itself",
			Fix: "put the real file or folder in the link's place"}
	}
	in.pinLinks(links, row.Reason)
	to := agent.Path{Path: resolved, Dir: row.Dir, IfAbsent: true, Hidden: row.Hidden, Reason: row.Reason + " (" + row.Path + " leads to it)"}
	return in.addRail(to)
}

// pinLinks freezes links where they stand.
func (in *inspector) pinLinks(links []string, reason string) {
	for _, l := range links {
		if _, known := in.rails[l]; !known {
			in.rails[l] = Guardrail{Path: l, Present: true, Link: true, Reason: reason}
		}
	}
}
