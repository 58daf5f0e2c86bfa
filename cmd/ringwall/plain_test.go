//go:build linux

package main_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestPlainBuild: what a plain `go install` gives, linked with C and without
// the small first process, confines all the same: a copy of the program acts as
// the first process, in one thread that keeps no capability.
func TestPlainBuild(t *testing.T) {
	bin := plainBuild(t)
	home := t.TempDir()
	project := filepath.Join(home, "project")
	if err := os.MkdirAll(project, 0o755); err != nil {
		t.Fatal(err)
	}
	policy := "version = 1\ncommand = [\"true\"]\n"
	if err := os.WriteFile(filepath.Join(project, "ringwall.toml"), []byte(policy), 0o644); err != nil {
		t.Fatal(err)
	}
	run := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = project
		cmd.Env = []string{"HOME=" + home, "PATH=/usr/bin:/bin"}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	run("git", "init", "--quiet")
	run(bin, "trust")
	out := run(bin, "run", "--", "sh", "-c", "grep -hE '^(CapEff|CapPrm|NoNewPrivs|Seccomp):' /proc/self/status /proc/1/task/*/status")
	for line := range strings.Lines(out) {
		switch strings.Join(strings.Fields(line), " ") {
		case "CapEff: 0000000000000000", "CapPrm: 0000000000000000", "NoNewPrivs: 1", "Seccomp: 2":
		default:
			t.Errorf("a thread has %s", line)
		}
	}
	if got := strings.Count(out, "Seccomp:"); got != 2 {
		t.Errorf("%d threads, want the command's and the first process's one:\n%s", got, out)
	}
}

// plainBuild builds as go install does, as if the small program were not there.
func plainBuild(t *testing.T) string {
	t.Helper()
	for _, tool := range []string{"gcc", "go"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("needs %s: the build is one that is linked with C", tool)
		}
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	small := filepath.Join(root, "internal/kernel/initprog/bin/ringwall-init-linux-"+runtime.GOARCH)
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{small: ""}})
	if err != nil {
		t.Fatal(err)
	}
	overlay, bin := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "ringwall")
	if err := os.WriteFile(overlay, replace, 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "build", "-buildvcs=false", "-overlay", overlay, "-o", bin, "./cmd/ringwall")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}
