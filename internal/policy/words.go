package policy

import (
	"errors"
	"path"
	"slices"
	"strings"
	"unicode"
)

const wordBytes = "abcdefghijklmnopqrstuvwxyz0123456789-_"

// checkWord takes a name: of an agent, a credential, a preset.
func checkWord(s string) error {
	if s == "" || len(s) > 64 || strings.Trim(s, wordBytes) != "" || strings.Contains("-_", s[:1]) {
		return errors.New("wants a name of lower-case letters, digits, '-' and '_'")
	}
	return nil
}

func checkCommand(argv []string) error {
	if len(argv) == 0 || argv[0] == "" {
		return errors.New("names no program")
	}
	return nil
}

// checkArgument refuses what the kernel cannot pass.
func checkArgument(s string) error {
	if strings.ContainsRune(s, 0) {
		return errors.New("holds a NUL byte")
	}
	return nil
}

func checkTool(s string) error {
	const others = "ABCDEFGHIJKLMNOPQRSTUVWXYZ.+"
	if s == "" || len(s) > 64 || strings.Trim(s, wordBytes+others) != "" || strings.Contains("-.+", s[:1]) {
		return errors.New(quote(s) + " is not a name of a command: no folder, no arguments")
	}
	return nil
}

// checkDenied takes a command, or the words that it begins with. What no tool's
// grammar could hold is refused: an entry left out would deny nothing.
func checkDenied(s string) error {
	name, arguments, more := strings.Cut(s, " ")
	if checkTool(name) != nil || len(s) > 128 {
		return errors.New(quote(s) + " is not a command: a name without a folder, and the words after it")
	}
	for _, w := range strings.Split(arguments, " ") {
		if more && (w == "" || strings.Trim(w, wordBytes+"ABCDEFGHIJKLMNOPQRSTUVWXYZ./+@=") != "") {
			return errors.New(quote(s) + ": the words after a command are letters, digits and ._/+@=-, with one blank between two")
		}
	}
	return nil
}

// checkServer takes the name of an MCP server, which stands in rules and in
// the names of its tools.
func checkServer(s string) error {
	if s == "" || len(s) > 64 || strings.Trim(s, wordBytes+"ABCDEFGHIJKLMNOPQRSTUVWXYZ.") != "" || strings.Contains("-.", s[:1]) {
		return errors.New(quote(s) + " is not a server's name: letters, digits, '.', '-' and '_'")
	}
	return nil
}

// limitNames are the limits whose strength depends on the host.
var limitNames = []string{"memory", "cpus", "pids", "disk", "inodes"}

// checkLimit takes the name of a limit that can be demanded.
func checkLimit(s string) error {
	if !slices.Contains(limitNames, s) {
		return errors.New(quote(s) + " is not a limit that a host may lack: " + strings.Join(limitNames, ", "))
	}
	return nil
}

// checkMemory takes one path below the project. A pattern would free what
// nobody had in mind, and git's own parts are no notes.
func checkMemory(s string) error {
	if err := checkPattern(s); err != nil {
		return err
	}
	if strings.ContainsAny(s, "*?[") {
		return errors.New("wants a path, not a pattern: what the agent may always write is named one by one")
	}
	for _, elem := range strings.Split(s, "/") {
		if strings.EqualFold(elem, ".git") {
			return errors.New("names a part of git's repository, which is no memory")
		}
	}
	return nil
}

// checkPattern takes a path below the project, "*" and "**" included.
func checkPattern(s string) error {
	switch {
	case s == "":
		return errEmpty
	case strings.HasPrefix(s, "/"), strings.HasPrefix(s, "~"):
		return errors.New("wants a path relative to the project")
	case strings.Contains(s, `\`), strings.ContainsFunc(s, unicode.IsControl):
		return errors.New("wants '/' between folders, and no control characters")
	case path.Clean(s) != strings.TrimSuffix(s, "/"), s == ".", s == "./":
		return errors.New("wants a plain path below the project: no '.', no '..', no '//'")
	case strings.HasPrefix(s, "../"), s == "..":
		return errors.New("leads out of the project")
	}
	if _, err := path.Match(s, ""); err != nil {
		return errors.New("is not a pattern: a bracket is open")
	}
	return nil
}
