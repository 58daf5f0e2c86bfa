//go:build linux

package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestAgents runs the real command lines of the other agents, each in a script
// of its name, against a scripted model on loopback. They need the npm registry
// once, and no account.
//
// Their own rules are the same for everybody; so, where both run, they run as the
// ordinary user, who is whom they are for.
func TestAgents(t *testing.T) {
	if os.Getenv("CI") != "" && os.Getuid() == 0 {
		t.Skip("the real agents run as the ordinary user")
	}
	modules := agentModules(t)
	testscript.Run(t, testscript.Params{
		Dir: "../../testdata/agents", Condition: condition, Cmds: commands,
		RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			if err := setup(env); err != nil {
				return err
			}
			env.Setenv("PATH", filepath.Join(modules, ".bin")+":"+env.Getenv("PATH"))
			return nil
		},
	})
}

// agentModules is the folder of their packages: the one that
// RINGWALL_TEST_AGENTS names, or the pinned ones, which are installed if they
// are not there yet.
func agentModules(t *testing.T) string {
	if path := os.Getenv("RINGWALL_TEST_AGENTS"); path != "" {
		return path
	}
	var said strings.Builder
	cmd := exec.Command("../../scripts/install-agents")
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil && os.Getenv("CI") != "" {
		t.Fatalf("not installed: %v: %s", err, said.String())
	}
	if err != nil {
		t.Skipf("needs the agents from the npm registry: %v: %s", err, said.String())
	}
	return strings.TrimSpace(string(out))
}
