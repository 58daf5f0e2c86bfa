package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"ringwall/internal/kernel/child"
)

// build makes the first process's program, or, with an overlay, what a change
// would make of it.
func build(t *testing.T, arguments ...string) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the first process is for Linux")
	}
	if child.Entry() == 0 { // links it into this test, which is then run again when it changes
		t.Fatal("there is no entry")
	}
	bin := filepath.Join(t.TempDir(), "ringwall-init")
	arguments = append([]string{"build", "-buildvcs=false", "-ldflags=-w -E _ringwall_init", "-o", bin}, arguments...)
	cmd := exec.Command("go", append(arguments, "ringwall/cmd/ringwall-init")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

// TestNoRuntime: from where the first process begins, no code is reached that
// allocates, schedules or waits for a runtime: it was never started there.
func TestNoRuntime(t *testing.T) {
	functions, err := reached(build(t))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(functions, "syscall.RawSyscall6") {
		t.Errorf("no system call is reached: the calls were not read: %v", functions)
	}
}

// TestRuntimeIsSeen: what the test above looks for, it finds.
func TestRuntimeIsSeen(t *testing.T) {
	for name, c := range map[string]struct{ declare, body, says string }{
		"an allocation":       {"var kept []uintptr", "kept = append(kept, r)", "runtime.growslice"},
		"a goroutine":         {"", "go exit(r)", "runtime."},
		"a map":               {"var m map[uintptr]bool", "m[r] = true", "runtime."},
		"a call by a pointer": {"var f = setName", "f()", "through a pointer"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := reached(build(t, "-overlay", changed(t, c.declare, c.body)))
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want what names %s", err, c.says)
			}
		})
	}
}

// changed writes an overlay in which a function of the first process does more.
func changed(t *testing.T, declare, body string) string {
	t.Helper()
	path, err := filepath.Abs("../../internal/kernel/child/run_linux.go")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const head = "func errnoOf(r uintptr) syscall.Errno {"
	if !strings.Contains(string(text), head) {
		t.Fatalf("%s has no %s", path, head)
	}
	dir := t.TempDir()
	other, overlay := filepath.Join(dir, "other.go"), filepath.Join(dir, "overlay.json")
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(other, strings.Replace(string(text), head, declare+"\n\n"+head+"\n\t"+body+"\n\t", 1))
	write(overlay, `{"Replace": {"`+path+`": "`+other+`"}}`)
	return overlay
}

// TestOnArm64: the other architecture's program, squeezed, begins past the
// runtime too. It is run as the janitor, which is all of it that an emulator
// without namespaces can show: it reads its arguments, waits at descriptor 3,
// and removes a folder.
func TestOnArm64(t *testing.T) {
	emulator, err := exec.LookPath("qemu-aarch64-static")
	if err != nil {
		t.Skip("needs qemu-aarch64-static (Debian: qemu-user-static)")
	}
	t.Setenv("GOARCH", "arm64")
	small := filepath.Join(t.TempDir(), "small")
	if err := squeeze(build(t), small); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "group")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	end, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer end.Close()
	cmd := exec.Command(emulator, small, "janitor", folder)
	cmd.ExtraFiles = []*os.File{end}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
}
