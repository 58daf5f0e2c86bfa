//go:build linux

package main_test

import (
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs each script of testdata/script by itself: with a home, a
// state directory and a project of its own. A script ends with a check that it
// left nothing behind, which no script can leave out.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "../../testdata/script", Setup: setup, Condition: condition, Cmds: commands,
		RequireUniqueNames: true,
	})
}

const gitConfig = "[user]\n\tname = End to end\n\temail = e2e@example.com\n[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n"

func setup(env *testscript.Env) error {
	r := rig{work: env.WorkDir, mark: rand.Text()}
	for name, value := range r.variables() {
		env.Setenv(name, value)
	}
	env.Values[rigKey{}] = r
	if err := r.makeHome(); err != nil {
		return err
	}
	t := env.T().(testing.TB)
	env.Defer(func() {
		if t.Failed() {
			return // what it had started is still being stopped
		}
		if left := r.leftAfter(patience); len(left) > 0 {
			t.Errorf("left behind:\n%s", lines(left))
		}
	})
	return nil
}

// rig is the surroundings of one script.
type rig struct {
	work string // everything of the script is below it
	mark string // in the environment of all that the script starts
}

func (r rig) home() string  { return filepath.Join(r.work, "home") }
func (r rig) state() string { return filepath.Join(r.work, "state") }

// markName is the variable that marks what a script starts outside a sandbox.
const markName = "RINGWALL_TEST_MARK"

func (r rig) variables() map[string]string {
	root, err := filepath.Abs("../..")
	if err != nil {
		root = ""
	}
	return map[string]string{
		"HOME": r.home(), "XDG_STATE_HOME": r.state(), markName: r.mark,
		"PATH": bin + ":" + os.Getenv("PATH"), "LANG": "C.UTF-8", "TERM": "dumb",
		"GIT_CONFIG_NOSYSTEM": "1", "ROOT": root, "BIN": bin, "RUSTUP_HOME": rustupHome(),
	}
}

// rustupHome is where the toolchains of whoever runs the tests lie: a script has
// a home of its own.
func rustupHome() string {
	if dir := os.Getenv("RUSTUP_HOME"); dir != "" {
		return dir
	}
	home, _ := os.UserHomeDir()
	return filepath.Join(home, ".rustup")
}

func (r rig) makeHome() error {
	for _, dir := range []string{r.home(), r.state()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(r.home(), ".gitconfig"), []byte(gitConfig), 0o600)
}

// condition answers what a script asks of the machine and of who runs it.
func condition(name string) (bool, error) {
	if program, ok := strings.CutPrefix(name, "tool:"); ok {
		return tool(program)
	}
	switch name {
	case "root":
		return os.Getuid() == 0, nil
	case "bash":
		return exists("/bin/bash"), nil
	case "venv":
		return exec.Command("python3", "-c", "import venv, ensurepip").Run() == nil, nil
	case "userns":
		return exec.Command("unshare", "-Urm", "true").Run() == nil, nil
	}
	return false, fmt.Errorf("no condition is called %q", name)
}

// required are the programs that a machine must have on which a skip would read
// as a pass.
var required = []string{"go", "node", "npm", "python3", "gcc", "make", "git"}

// tool tells whether a program of a toolchain works for whoever runs the tests:
// that it has a name in PATH is not enough, since some only stand for another.
func tool(program string) (bool, error) {
	version := map[string]string{"go": "version", "java": "-version", "javac": "-version"}[program]
	if version == "" {
		version = "--version"
	}
	err := exec.Command(program, version).Run()
	if err != nil && os.Getenv("CI") != "" && slices.Contains(required, program) {
		return false, fmt.Errorf("%s has to be there where CI is set: %w", program, err)
	}
	return err == nil, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
