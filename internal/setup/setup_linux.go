// Package setup changes the machine, once and as root, so that agents can be
// confined better than an ordinary user could do it alone; and takes back
// exactly what it changed. Each change is a step that says what it does, why,
// and how it is undone, before it is done. What was done is written to a record
// first, so that nothing is lost to a crash and nothing of others is undone.
package setup

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"ringwall/internal/host"
)

// DefaultName is the account that is made when no other is named. Accounts that
// existed before are taken only if their name begins with it.
const DefaultName = "ringwall"

// Options says what to set up, and where.
type Options struct {
	// Root is the folder that the machine's files are below: "" outside tests.
	Root  string
	Name  string // of the account
	Owner string // whose agents are to run under it

	// Run carries out a command; nil: really.
	Run func(argv []string) error
	// Mappers looks for newuidmap and newgidmap; nil: on this machine.
	Mappers func() error
}

// Step is one change that is still to be made.
type Step struct {
	What string `json:"what"`
	Why  string `json:"why"`
	How  string `json:"how"`
	Undo string `json:"undo,omitempty"`
	// Content is what a file gets, for who wants to read it before.
	Content string `json:"content,omitempty"`

	do func() error
}

// Do makes the change.
func (s Step) Do() error { return s.do() }

// Refusal is an error with a way out.
type Refusal struct {
	Err error
	Way string
}

func (r *Refusal) Error() string { return r.Err.Error() }
func (r *Refusal) Unwrap() error { return r.Err }

// Hint implements the interface of errors with a way out.
func (r *Refusal) Hint() string { return r.Way }

func refuse(way, format string, args ...any) error {
	return &Refusal{fmt.Errorf(format, args...), way}
}

// machine is where the files are and how commands are run.
type machine struct {
	Options
	record host.Setup
}

func open(o Options) (*machine, error) {
	m := &machine{Options: o}
	if m.Run == nil {
		m.Run = execute
	}
	if m.Mappers == nil {
		m.Mappers = checkMappers
	}
	var err error
	m.record, err = host.ReadSetup(m.path(host.SetupFile))
	return m, err
}

// path is where a file of the machine lies.
func (m *machine) path(name string) string { return filepath.Join(m.Root, name) }

// prefix makes a command of the shadow suite work below Root.
func (m *machine) prefix(argv ...string) []string {
	if m.Root == "" {
		return argv
	}
	return append([]string{argv[0], "--prefix", m.Root}, argv[1:]...)
}

// execute runs a command from the system's own folders, with nothing of the
// caller's environment.
func execute(argv []string) error {
	path, err := find(argv[0])
	if err != nil {
		return err
	}
	cmd := &exec.Cmd{Path: path, Args: argv, Env: []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"}}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", argv[0], err, strings.TrimSpace(string(out)))
	}
	return nil
}

func find(program string) (string, error) {
	for _, dir := range []string{"/usr/sbin", "/usr/bin", "/sbin", "/bin"} {
		path := filepath.Join(dir, program)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", refuse("install the package with "+program+" (Debian: passwd; Fedora: shadow-utils)", "there is no %s", program)
}

// plainName is what every system takes for a user's name. It is made when it is
// needed: few starts are a setup.
var plainName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z_][a-z0-9_-]{0,30}$`) })

func checkName(what, name string) error {
	if !plainName().MatchString(name) {
		return fmt.Errorf("%s %q: a name has 1 to 31 small letters, digits, '-' and '_'", what, name)
	}
	return nil
}

var errNoRecord = errors.New("the account was not set up by ringwall")
