package project

import (
	"io/fs"
	"os"
)

// inspector is one inspection: what was asked, the project's folder, and what
// was found so far. Nothing is opened but through root, which refuses to leave
// the project.
type inspector struct {
	opts  Options
	root  *os.Root
	facts Facts
	rails rails
	// memory are the policy's entries, once nothing more may freeze them.
	memory []string
	// configs are git's, shown without their credentials.
	configs []Secret
	texts   map[string][]gitText // git's configuration, by the repository's folder
	// listed is the project's own folder, once it was read.
	listed *listing
}

// Inspect gathers the facts about a project. It fails with an *Error where the
// project is not fit to be worked on, and with the system's error where it
// cannot be read.
func Inspect(opts Options) (Facts, error) {
	if opts.Env == nil {
		opts.Env = func(string) string { return "" }
	}
	path, err := resolve(opts)
	if err != nil {
		return Facts{}, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return Facts{}, &Error{Kind: BadPath, Path: path, Msg: "cannot be opened", Err: err}
	}
	defer root.Close()
	in := &inspector{opts: opts, root: root, facts: Facts{Path: path, Agent: opts.Agent}}
	if err := in.gather(); err != nil {
		return Facts{}, err
	}
	return in.facts, nil
}

func (in *inspector) gather() error {
	info, err := in.root.Stat(".")
	if err != nil {
		return &Error{Kind: BadPath, Path: in.facts.Path, Msg: "cannot be read", Err: err}
	}
	in.facts.Dev, in.facts.Ino, _ = identity(info)
	in.facts.ReadOnly = !writable(in.facts.Path)
	for _, step := range []func() error{
		in.git, in.guardrails, in.search, in.freeze, in.instructions,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	in.facts.Committer = committer(in.opts)
	in.facts.Toolchains = in.toolchains()
	in.facts.Agents = in.agents()
	in.facts.Traces = in.agentTraces()
	in.facts.Ecosystems = ecosystems(in.opts, in.facts.Path)
	return nil
}

// incomplete notes why something was not looked at; the first reason is kept.
func (in *inspector) incomplete(reason string) {
	if in.facts.Incomplete == "" {
		in.facts.Incomplete = reason
	}
}

// lstat is Lstat that spares the call for what the listing shows to be absent.
func (in *inspector) lstat(path string) (fs.FileInfo, error) {
	if in.absent(path) {
		return nil, &fs.PathError{Op: "lstat", Path: path, Err: fs.ErrNotExist}
	}
	return in.root.Lstat(path)
}

// isFile tells whether a regular file is at that path, without following a
// link there.
func (in *inspector) isFile(path string) bool {
	info, err := in.lstat(path)
	return err == nil && info.Mode().IsRegular()
}

// exists tells whether anything is at that path.
func (in *inspector) exists(path string) bool {
	_, err := in.lstat(path)
	return err == nil
}

// linkless is Lstat that accepts no link on the way either. link is the part of
// the path at which one stands; then there is no info.
func (in *inspector) linkless(path string) (info fs.FileInfo, link string, err error) {
	for i := 0; i <= len(path); i++ {
		if i < len(path) && path[i] != '/' {
			continue
		}
		if info, err = in.lstat(path[:i]); err != nil {
			return nil, "", err
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			return nil, path[:i], nil
		}
	}
	return info, "", nil
}
