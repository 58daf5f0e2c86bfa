//go:build unix

package evidence

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestOneWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	j, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Open(path); !errors.Is(err, ErrBusy) {
		t.Errorf("second writer: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	reopen(t, path)
}

// TestFullDevice: a write that fails poisons the journal, the same event to a
// device with room does not.
func TestFullDevice(t *testing.T) {
	for dev, poisoned := range map[string]bool{"/dev/full": true, "/dev/null": false} {
		f, err := os.OpenFile(dev, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Skipf("needs %s: %v", dev, err)
		}
		j := newJournal(f, Summary{Head: zeroHash}, nil)
		for range 2 {
			if err := j.Record(warn("x")); errors.Is(err, ErrPoisoned) != poisoned {
				t.Errorf("%s: %v", dev, err)
			}
		}
		_ = j.Close()
	}
}

// TestFullDisk runs into a file size limit in the middle of a line, in a
// process of its own because the limit cannot be taken back.
func TestFullDisk(t *testing.T) {
	if path := os.Getenv("RINGWALL_TEST_FULL_DISK"); path != "" {
		fullDiskChild(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "j")
	cmd := exec.Command(os.Args[0], "-test.run=^TestFullDisk$", "-test.v")
	cmd.Env = append(os.Environ(), "RINGWALL_TEST_FULL_DISK="+path)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "poisoned as it should be") {
		t.Fatalf("%v\n%s", err, out)
	}
	if tail := reopen(t, path); tail.Events != 2 || tail.Torn == "" {
		t.Errorf("after the full disk: %+v", tail)
	}
}

// fullDiskChild has room for two lines and a half.
func fullDiskChild(t *testing.T, path string) {
	j, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(j.Record(warn("one")), j.Record(warn("two"))); err != nil {
		t.Fatal(err)
	}
	room := uint64(j.Summary().Bytes + 50)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: room, Max: room}); err != nil {
		t.Fatal(err)
	}
	if err := j.Record(warn("three")); !errors.Is(err, ErrPoisoned) || !errors.Is(err, syscall.EFBIG) {
		t.Fatalf("no room: %v", err)
	}
	room += 1 << 20 // root may raise it: there is room again, and the journal must not go on
	_ = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: room, Max: room})
	if err := j.Record(warn("four")); !errors.Is(err, ErrPoisoned) {
		t.Fatalf("after a failed write: %v", err)
	}
	t.Log("poisoned as it should be")
}
