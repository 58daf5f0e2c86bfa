//go:build linux

// The end-to-end tests: they drive the real binary, as whoever starts them.
package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// bin is the folder with the programs under test: ringwall, scripted-agent and
// scripted-model.
var bin string

// TestMain takes the programs from RINGWALL_TEST_BIN, or builds them.
func TestMain(m *testing.M) {
	hearKeys()
	os.Exit(withPrograms(m.Run))
}

// hearKeys: whoever starts the tests in the background of a script leaves the
// keyboard's signals ignored, and so they would be for all that is started here.
// A signal that is caught is back at its default in another program.
func hearKeys() {
	for _, s := range []os.Signal{unix.SIGINT, unix.SIGQUIT} {
		if signal.Ignored(s) {
			signal.Notify(make(chan os.Signal, 1), s)
		}
	}
}

func withPrograms(run func() int) int {
	if bin = os.Getenv("RINGWALL_TEST_BIN"); bin != "" {
		return run()
	}
	dir, err := os.MkdirTemp("", "ringwall-e2e-bin")
	if err == nil {
		defer os.RemoveAll(dir)
		err = build(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build the programs under test:", err)
		return 1
	}
	bin = dir
	return run()
}

// build compiles the programs. The small first process is built in as
// scripts/build does it, but through an overlay of the sources: a test leaves
// nothing in them.
func build(dir string) error {
	root, err := filepath.Abs("../..")
	if err != nil {
		return err
	}
	initProgram, overlay := filepath.Join(dir, "init"), filepath.Join(dir, "overlay.json")
	embedded := filepath.Join(root, "internal/kernel/initprog/bin/ringwall-init-linux-"+runtime.GOARCH)
	text, err := json.Marshal(map[string]any{"Replace": map[string]string{embedded: initProgram}})
	if err != nil {
		return err
	}
	if err := os.WriteFile(overlay, text, 0o644); err != nil {
		return err
	}
	const small = "-s -w -buildid="
	for _, args := range [][]string{
		{"build", "-ldflags=-w -E _ringwall_init", "-o", initProgram + ".whole", "./cmd/ringwall-init"},
		{"run", "./scripts/squeeze", initProgram + ".whole", initProgram},
		{"build", "-ldflags=" + small, "-overlay", overlay, "-o", filepath.Join(dir, "ringwall"), "./cmd/ringwall"},
		{"build", "-ldflags=" + small, "-o", dir, "./examples/scripted-agent", "./examples/scripted-model"},
	} {
		if err := goTool(root, args); err != nil {
			return err
		}
	}
	// The sandbox shows the programs to another account.
	return os.Chmod(dir, 0o755)
}

func goTool(root string, args []string) error {
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Stderr = root, os.Stderr
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-trimpath -buildvcs=false")
	return cmd.Run()
}
