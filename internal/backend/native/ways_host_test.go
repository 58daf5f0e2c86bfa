package native

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ringwall/internal/backend/backendtest"
	"ringwall/internal/plan"
)

// outside makes a folder of the host that is no part of any grant, with files
// and folders that everybody may read and write.
func outside(t *testing.T, files ...string) string {
	t.Helper()
	dir, err := os.MkdirTemp("/var/tmp", "ringwall-outside-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for _, f := range append(files, ".") {
		path := filepath.Join(dir, f)
		if f != "." {
			write(t, path, "hunter2\n")
			chmod(t, path, 0o666)
		}
		for d := filepath.Dir(path); strings.HasPrefix(d, dir); d = filepath.Dir(d) {
			chmod(t, d, 0o777)
		}
	}
	chmod(t, dir, 0o777)
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func rail(b *backendtest.Box, g plan.Guardrail) {
	b.Add("isolation.guardrail:"+g.Path, plan.Op{Guardrail: &g})
}

// program needs a program of the host, to try it out.
func needs(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("needs %s", program)
	}
}
