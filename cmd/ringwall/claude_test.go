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

// TestClaudeCode runs the real Claude Code in loops. It needs the npm registry
// once, and no account: a scripted model on loopback answers it.
func TestClaudeCode(t *testing.T) {
	claude := claudeCode(t)
	scripts, err := filepath.Glob("../../testdata/claude-*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatal("no scripts", err)
	}
	testscript.Run(t, testscript.Params{
		Files: scripts, Condition: condition, Cmds: commands,
		RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			if err := setup(env); err != nil {
				return err
			}
			env.Setenv("PATH", filepath.Dir(claude)+":"+env.Getenv("PATH"))
			return nil
		},
	})
}

// claudeCode is the program: the one that RINGWALL_TEST_CLAUDE names, or the
// pinned one, which is installed if it is not there yet.
func claudeCode(t *testing.T) string {
	if path := os.Getenv("RINGWALL_TEST_CLAUDE"); path != "" {
		return path
	}
	var said strings.Builder
	cmd := exec.Command("../../scripts/install-claude")
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil && os.Getenv("CI") != "" {
		t.Fatalf("not installed: %v: %s", err, said.String())
	}
	if err != nil {
		t.Skipf("needs Claude Code from the npm registry: %v: %s", err, said.String())
	}
	return strings.TrimSpace(string(out))
}
