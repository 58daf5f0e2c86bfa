//go:build unix

package policy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestLoadDoesNotBlock: a named pipe in the policy's place, which nobody
// writes to, is refused instead of waited for.
func TestLoadDoesNotBlock(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, _, err := Load(path)
		done <- err
	}()
	select {
	case err := <-done:
		if err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("error is %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("still waiting")
	}
}

func TestTrustRefusesAnotherOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root to give a file to another user")
	}
	s, project := newStore(t)
	approve(t, s, project, "a\n")
	for _, path := range []string{s.path, filepath.Dir(s.path)} {
		if err := os.Chown(path, 12345, 12345); err != nil {
			t.Fatal(err)
		}
		if err := s.Check(project, []byte("a\n")); err == nil || !strings.Contains(err.Error(), "another user") {
			t.Errorf("%s: %v", path, err)
		}
		if err := os.Chown(path, 0, 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Check(project, []byte("a\n")); err != nil {
		t.Error("with the owner back:", err)
	}
}
