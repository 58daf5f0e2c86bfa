package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"ringwall/internal/layer/instructions"
	"ringwall/internal/policy"
	"ringwall/internal/project"
)

// What becomes of a file.
const (
	create = "write"
	change = "change"
	keep   = "keep"
)

// proposed is a file that init has to do with.
type proposed struct {
	path   string
	before []byte // nil: it is not there
	after  []byte
	what   string // what it is for
	left   bool   // a change was not made, since nobody was asked
}

func (p proposed) action() string {
	switch {
	case p.before == nil:
		return create
	case bytes.Equal(p.before, p.after):
		return keep
	}
	return change
}

// propose makes the list of files, and fails where one cannot be.
func (in *initial) propose() error {
	for _, step := range []func() error{in.proposePolicy, in.proposeTexts, in.proposePermissions, in.proposeReferences} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (in *initial) proposePolicy() error {
	text := policyText(in.project, in.chosen)
	fresh, err := policy.Parse(policy.FileName, []byte(text))
	if err != nil {
		return fmt.Errorf("the policy that init would write is not sound: %w", err)
	}
	if in.policy = fresh; in.own != nil {
		in.policy = *in.own
	}
	return in.proposeNew(policy.FileName, text, "the policy: what the agent may do here")
}

func (in *initial) proposeTexts() error {
	for _, f := range instructions.Templates(in.project) {
		what := map[string]string{
			project.Constitution: "rules that stand first in every prompt",
			project.Playbook:     "how to work here",
			project.Task:         "the task: yours to write",
		}[f.Path]
		if err := in.proposeNew(f.Path, f.Content, what); err != nil {
			return err
		}
	}
	return nil
}

// proposeNew is a file that is kept where it is there.
func (in *initial) proposeNew(name, text, what string) error {
	before, err := readExisting(in.root, name)
	if err != nil {
		return err
	}
	p := proposed{path: name, before: before, after: []byte(text), what: what}
	if before != nil {
		p.after = before
	}
	in.files = append(in.files, p)
	return nil
}

// references are the instruction files in which a block refers to ringwall's:
// those that are there. A tool under ringwall gets the text in its prompt, so
// that none has to be made.
func references() []string {
	return []string{"AGENTS.md", "CLAUDE.md", ".claude/CLAUDE.md", "GEMINI.md", "QWEN.md", ".github/copilot-instructions.md"}
}

func (in *initial) proposeReferences() error {
	for _, name := range references() {
		before, err := readExisting(in.root, name)
		var link *linkError
		if errors.As(err, &link) {
			continue // what it leads to is a file of its own, and has the block
		}
		if err != nil {
			return err
		}
		if before == nil {
			continue
		}
		after, err := instructions.Block(before)
		var bad *instructions.BlockError
		if errors.As(err, &bad) {
			return usage(withHint("leave both marks, or neither; nothing was written", "%s:%d: %w", name, bad.Line, err))
		}
		in.files = append(in.files, proposed{path: name, before: before, after: after, what: "a marked block refers to " + project.Constitution})
	}
	return nil
}

// maxExisting bounds a file that is read to be added to, in bytes.
const maxExisting = 1 << 20

// linkError is a symbolic link in a file's way.
type linkError struct{ path, link string }

func (e *linkError) Error() string {
	if e.path == e.link {
		return fmt.Sprintf("%q is a symbolic link, and is not followed", e.path)
	}
	return fmt.Sprintf("%q: %q is a symbolic link, and is not followed", e.path, e.link)
}

// readExisting is the content of a file of the project; nil where there is
// none. A link on the way is a *linkError.
func readExisting(root *os.Root, name string) ([]byte, error) {
	for i := range len(name) + 1 {
		if i < len(name) && name[i] != '/' {
			continue
		}
		info, err := root.Lstat(name[:i])
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, nil
		case err != nil:
			return nil, err
		case info.Mode()&fs.ModeSymlink != 0:
			return nil, &linkError{name, name[:i]}
		case i < len(name) && !info.IsDir() || i == len(name) && !info.Mode().IsRegular():
			return nil, fmt.Errorf("%q is in the way: it is not what init would write there", name[:i])
		}
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxExisting+1))
	if err == nil && len(text) > maxExisting {
		err = fmt.Errorf("%q is larger than %d bytes", name, maxExisting)
	}
	if text == nil {
		text = []byte{} // there, and empty
	}
	return text, err
}

// taskIsTemplate tells whether the task is still what init writes.
func (in *initial) taskIsTemplate() bool {
	i := slices.IndexFunc(in.files, func(p proposed) bool { return p.path == project.Task })
	for _, f := range instructions.Templates(in.project) {
		if f.Path == project.Task {
			return strings.TrimSpace(f.Content) == strings.TrimSpace(string(in.files[i].after))
		}
	}
	return false
}
