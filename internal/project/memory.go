package project

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"ringwall/internal/agent"
)

// remember takes the policy's memory out of what is frozen: the paths that the
// agent may write although their folder, or they themselves as something that
// an instruction file imports, would be frozen.
func (in *inspector) remember() error {
	firm, err := compile(in.opts.Firm, "freeze", func(string) bool { return true })
	if err != nil {
		return err
	}
	for _, m := range in.opts.Memory {
		in.memory = append(in.memory, path.Clean(m))
	}
	for _, m := range in.opts.Memory {
		p := path.Clean(m)
		if !fs.ValidPath(p) || p == "." {
			return badMemory(m, "wants a path below the project")
		}
		for _, f := range firm {
			if f.Match(p) || f.MatchFolder(p) {
				return badMemory(m, "is frozen by the machine's policy: "+f.text)
			}
		}
		if name := guardedName(p); name != "" {
			return badMemory(m, "names a guardrail ("+name+"), which steers agents or tools and is no memory")
		}
		if _, link, err := in.linkless(p); link != "" {
			return badMemory(m, "is reached through the link "+link)
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) && !in.throughFile(p) {
			return &Error{Kind: BadPath, Path: p, Msg: "cannot be looked at", Err: err}
		}
		if err := in.thaw(m, p); err != nil {
			return err
		}
		in.facts.Memory = append(in.facts.Memory, p)
	}
	return nil
}

// remembered is the memory that a path is, lies in, or holds; "" for none.
func (in *inspector) remembered(p string) string {
	for _, m := range in.memory {
		if within(p, m) || within(m, p) {
			return m
		}
	}
	return ""
}

func badMemory(entry, msg string) error {
	return &Error{Kind: BadMemory, Path: entry, Msg: msg, Fix: "name files or folders that only the agent's own notes are in"}
}

// thaw frees one path. A frozen folder above it stays in its place, and all
// else in it is frozen by itself.
func (in *inspector) thaw(entry, p string) error {
	for rail, g := range in.rails {
		switch {
		case !g.yields() && (rail == p || within(rail, p) || g.Dir && within(p, rail)):
			return badMemory(entry, "is frozen for another reason than the policy's: "+g.Reason)
		case rail == p || within(rail, p):
			delete(in.rails, rail)
		}
	}
	for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
		g, frozen := in.rails[dir]
		if !frozen || !g.Dir || g.Around {
			continue
		}
		if !g.Present {
			return badMemory(entry, "lies in "+dir+", which is frozen and not there yet: make the folder first")
		}
		return in.freezeAround(dir, g)
	}
	return nil
}

// freezeAround freezes what is in a folder, but for memory.
func (in *inspector) freezeAround(dir string, g Guardrail) error {
	in.rails[dir] = Guardrail{Path: dir, Dir: true, Present: true, Around: true, Reason: g.Reason, Asked: g.Asked}
	names, err := in.list(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		at := path.Join(dir, name)
		switch m := in.remembered(at); {
		case in.linksToMemory(at):
			in.pinLinks([]string{at}, g.Reason)
		case m == "":
			err = in.addAsked(agent.Path{Path: at, Reason: g.Reason}, g.Asked)
		case !within(at, m):
			err = in.freezeAround(at, g)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// linksToMemory tells a link to memory from what is frozen: the link stays, and
// what it leads to is the agent's.
func (in *inspector) linksToMemory(p string) bool {
	to, links, inside := in.trace(p)
	return inside && len(links) > 0 && in.remembered(to) != ""
}

// yields tells whether the policy alone, or an import, froze the path.
func (g Guardrail) yields() bool { return g.Asked != "" || g.Imported }

// guardedName is the name, of those that count at every depth, that a path has,
// lies in, or holds; "" for none. Case does not count.
func guardedName(p string) string {
	elems := strings.Split(strings.ToLower(p), "/")
	for i := range elems {
		if elems[i] == ".git" {
			return ".git"
		}
		for _, name := range agent.GuardrailNames() {
			if meets(strings.Split(strings.ToLower(name), "/"), elems[i:]) {
				return name
			}
		}
	}
	return ""
}

// meets tells whether one is the beginning of the other.
func meets(name, elems []string) bool {
	for i := range min(len(name), len(elems)) {
		if ok, err := path.Match(name[i], elems[i]); !ok || err != nil {
			return false
		}
	}
	return true
}
