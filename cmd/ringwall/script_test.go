//go:build linux

package main_test

import (
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
		"GIT_CONFIG_NOSYSTEM": "1", "ROOT": root, "BIN": bin,
	}
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
	switch name {
	case "root":
		return os.Getuid() == 0, nil
	case "bash":
		return exists("/bin/bash"), nil
	case "userns":
		return exec.Command("unshare", "-Urm", "true").Run() == nil, nil
	}
	return false, fmt.Errorf("no condition is called %q", name)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
