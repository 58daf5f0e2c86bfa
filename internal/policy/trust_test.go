package policy

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// newStore is a store in a folder that is not there yet, and a project.
func newStore(t *testing.T) (s Store, project string) {
	t.Helper()
	dir := t.TempDir()
	return NewStore(filepath.Join(dir, "state", "ringwall", "trust.json")), filepath.Join(dir, "project")
}

func approve(t *testing.T, s Store, project, text string) {
	t.Helper()
	if err := s.Approve(project, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func TestTrust(t *testing.T) {
	s, project := newStore(t)
	var not *NotApprovedError
	if err := s.Check(project, []byte("a\n")); !errors.As(err, &not) || !strings.Contains(hint(err), "ringwall trust") {
		t.Fatalf("before any approval: %v", err)
	}
	if _, err := os.Stat(filepath.Dir(s.path)); err == nil {
		t.Error("a check made a folder")
	}
	approve(t, s, project, "a\nb\n")
	if err := s.Check(project, []byte("a\nb\n")); err != nil {
		t.Error(err)
	}
	if err := s.Check(project+"2", []byte("a\nb\n")); !errors.As(err, &not) {
		t.Errorf("the same text in another project: %v", err)
	}
	var changed *ChangedError
	err := s.Check(project, []byte("a\nc\n"))
	if !errors.As(err, &changed) || changed.Diff != " a\n-b\n+c\n" || !strings.Contains(err.Error(), changed.Diff) || hint(err) == "" {
		t.Errorf("a changed text: %v", err)
	}
	approve(t, s, project, "a\nc\n")
	if err := s.Check(project, []byte("a\nc\n")); err != nil {
		t.Error(err)
	}
	if err := s.Revoke(project); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(project, []byte("a\nc\n")); !errors.As(err, &not) {
		t.Errorf("after revoking: %v", err)
	}
}

// TestTrustIsByteForByte: a change that no diff by lines shows is a change.
func TestTrustIsByteForByte(t *testing.T) {
	s, project := newStore(t)
	approve(t, s, project, "a\n")
	var changed *ChangedError
	for _, text := range []string{"a", "a\n\n", "a\r\n", ""} {
		if err := s.Check(project, []byte(text)); !errors.As(err, &changed) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestTrustFileIsPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("windows has no file modes")
	}
	s, project := newStore(t)
	approve(t, s, project, "a\n")
	for path, want := range map[string]os.FileMode{s.path: 0o600, filepath.Dir(s.path): 0o700 | os.ModeDir} {
		info, err := os.Stat(path)
		if err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	entries, err := os.ReadDir(filepath.Dir(s.path))
	if err != nil || len(entries) != 2 { // the record and its lock
		t.Errorf("left behind: %v, %v", entries, err)
	}
	for _, path := range []string{s.path, filepath.Dir(s.path)} {
		old, _ := os.Stat(path)
		if err := os.Chmod(path, old.Mode()|0o020); err != nil {
			t.Fatal(err)
		}
		if err := s.Check(project, []byte("a\n")); err == nil || !strings.Contains(err.Error(), "by others") {
			t.Errorf("others can write to %s: %v", path, err)
		}
		if err := s.Approve(project, []byte("b\n")); err == nil {
			t.Errorf("approved although others can write to %s", path)
		}
		if err := os.Chmod(path, old.Mode()); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Check(project, []byte("a\n")); err != nil {
		t.Error("with the modes back:", err)
	}
}

func TestTrustRefusesALink(t *testing.T) {
	s, project := newStore(t)
	approve(t, s, project, "a\n")
	moved := s.path + ".moved"
	if err := os.Rename(s.path, moved); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(moved, s.path); err != nil {
		t.Skip("this system makes no symbolic links:", err)
	}
	if err := s.Check(project, []byte("a\n")); err == nil {
		t.Error("read through a symbolic link")
	}
}

func TestTrustMalformedFailsClosed(t *testing.T) {
	digest := Digest([]byte("a\n"))
	sound := `{"version":1,"projects":{"%s":{"sha256":"` + digest + `","approved":"2026-01-01T00:00:00Z","text":"a\n"}}}`
	for name, text := range map[string]string{
		"empty": "", "not JSON": "x", "null": "null", "a list": "[]", "cut off": sound[:40], "no projects": `{"version":1}`,
		"another version": strings.Replace(sound, ":1", ":2", 1),
		"unknown field":   strings.Replace(sound, `"text"`, `"x":1,"text"`, 1),
		"another text":    strings.Replace(sound, `a\n`, `b\n`, 1),
		"two records":     sound + sound,
	} {
		t.Run(name, func(t *testing.T) {
			s, project := newStore(t)
			approve(t, s, project, "a\n")
			text = strings.Replace(text, "%s", filepath.ToSlash(project), -1)
			write(t, s.path, text)
			var broken *RecordError
			if err := s.Check(project, []byte("a\n")); !errors.As(err, &broken) || hint(err) == "" {
				t.Errorf("check: %v", err)
			}
			if err := s.Approve(project, []byte("a\n")); !errors.As(err, &broken) {
				t.Errorf("approve: %v", err)
			}
			if left, _ := os.ReadFile(s.path); string(left) != text {
				t.Error("the record was overwritten")
			}
		})
	}
	s, project := newStore(t)
	approve(t, s, project, "x\n")
	write(t, s.path, strings.Replace(sound, "%s", project, 1))
	if err := s.Check(project, []byte("a\n")); err != nil {
		t.Error("the sound record:", err)
	}
}

func TestTrustOddProjects(t *testing.T) {
	s, project := newStore(t)
	for _, p := range []string{project + "/with space\n\"quote", project + "/\xff\xfe"} {
		approve(t, s, p, "a\n")
		if err := s.Check(p, []byte("a\n")); err != nil {
			t.Errorf("%q: %v", p, err)
		}
	}
	var not *NotApprovedError
	if err := s.Check(project+"/\ufffd\ufffd", []byte("a\n")); !errors.As(err, &not) {
		t.Errorf("two paths share a key: %v", err)
	}
	for _, p := range []string{"", "relative", project + "/../x", project + "/"} {
		if err := s.Approve(p, []byte("a\n")); err == nil {
			t.Errorf("%q is no project", p)
		}
	}
	for _, raw := range []string{"\xff", strings.Repeat("x", MaxSize+1)} {
		if err := s.Approve(project, []byte(raw)); err == nil {
			t.Error("approved what is no policy")
		}
	}
}

// TestTrustTogether: two approvals at the same time are both kept.
func TestTrustTogether(t *testing.T) {
	s, project := newStore(t)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			if err := NewStore(s.path).Approve(fmt.Sprintf("%s%d", project, i), []byte("a\n")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i := range 16 {
		if err := s.Check(fmt.Sprintf("%s%d", project, i), []byte("a\n")); err != nil {
			t.Error(err)
		}
	}
}
