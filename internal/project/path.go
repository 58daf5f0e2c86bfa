package project

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// systemTrees hold no project, at any depth: the sandbox shows them read-only
// or makes its own.
var systemTrees = []string{
	"/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/run/ringwall", "/sbin", "/sys", "/usr",
}

// shared are folders that hold projects and are none.
var shared = []string{
	"/home", "/media", "/mnt", "/opt", "/root", "/run", "/srv", "/tmp", "/var", "/var/lib", "/var/tmp",
}

// resolve turns the path asked for into an absolute one without links, and
// refuses places in which an agent has no business.
func resolve(opts Options) (string, error) {
	path, err := canonical(opts.Path)
	if err != nil {
		return "", err
	}
	if msg := unfit(path, opts); msg != "" {
		return "", &Error{Kind: BadPath, Path: path, Msg: msg, Fix: "run ringwall in the folder of one project"}
	}
	return path, nil
}

func canonical(given string) (string, error) {
	if given == "" {
		return "", &Error{Kind: BadPath, Msg: "no path given"}
	}
	abs, err := filepath.Abs(given)
	if err == nil {
		abs, err = filepath.EvalSymlinks(abs)
	}
	if err != nil {
		return "", &Error{Kind: BadPath, Path: given, Msg: "cannot be found", Err: err}
	}
	if !utf8.ValidString(abs) {
		return "", &Error{Kind: BadPath, Path: abs, Msg: "the path is not valid UTF-8",
			Fix: "rename the folder; plans and reports are JSON, which cannot hold such a name"}
	}
	info, err := os.Stat(abs)
	if err != nil {
		return "", &Error{Kind: BadPath, Path: abs, Msg: "cannot be read", Err: err}
	}
	if !info.IsDir() {
		return "", &Error{Kind: BadPath, Path: abs, Msg: "not a folder"}
	}
	return abs, nil
}

// unfit says why a folder is no place for a project, or nothing.
func unfit(path string, opts Options) string {
	if path == filepath.VolumeName(path)+string(filepath.Separator) || slices.Contains(shared, path) {
		return "a folder of the system, not a project"
	}
	for _, tree := range systemTrees {
		if within(path, tree) {
			return "part of the system (" + tree + ")"
		}
	}
	if home := real(opts.Home); home != "" && within(home, path) {
		return "the home folder, or a folder above it: everything of its owner is in it"
	}
	if state := real(opts.StateDir); state != "" && (within(path, state) || within(state, path)) {
		return "it holds ringwall's own state, or lies in it"
	}
	return ""
}

// real resolves links as far as the path exists; "" stays "".
func real(path string) string {
	if path == "" {
		return ""
	}
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		return resolved
	}
	parent := filepath.Dir(path)
	if parent == path {
		return path
	}
	return filepath.Join(real(parent), filepath.Base(path))
}

// within tells whether path is dir or lies below it.
func within(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, string(filepath.Separator))+string(filepath.Separator))
}
