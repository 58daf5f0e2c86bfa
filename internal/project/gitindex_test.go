package project

import (
	"bytes"
	"crypto/sha1"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// indexOf makes a repository and returns its index as git wrote it.
func indexOf(t testing.TB, version int, files map[string]string) []byte {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := errors2(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"update-index", "--index-version", fmt.Sprint(version)}} {
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, ".git/index"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func errors2(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

func blob(text string) oid {
	return sha1.Sum([]byte(fmt.Sprintf("blob %d\x00%s", len(text), text)))
}

func indexFiles() map[string]string {
	files := map[string]string{"a": "1", "folder/with a space": "2", "folder/with a space and more": "3"}
	for i := range 300 {
		files[fmt.Sprintf("many/%0*d", 1+i%9, i)] = fmt.Sprint(i)
	}
	return files
}

// TestCommittedBlobs reads what git itself wrote, in each version.
func TestCommittedBlobs(t *testing.T) {
	needsGit(t)
	files := indexFiles()
	wanted := map[string]bool{"not there": true}
	for name := range files {
		wanted[name] = true
	}
	for _, version := range []int{2, 3, 4} {
		got, err := committedBlobs(bytes.NewReader(indexOf(t, version, files)), wanted)
		if err != nil || len(got) != len(files) {
			t.Fatalf("version %d: %d of %d paths, %v", version, len(got), len(files), err)
		}
		for name, text := range files {
			if got[name] != blob(text) {
				t.Errorf("version %d: %s is %x, want %x", version, name, got[name], blob(text))
			}
		}
	}
}

// TestCommittedBlobsCutShort: an index that ends early says so and shows nothing.
func TestCommittedBlobsCutShort(t *testing.T) {
	needsGit(t)
	data := indexOf(t, 2, map[string]string{"a": "1", "b": "2"})
	end := 12 + 2*64 // the entries; what follows is of no interest
	for n := range end {
		if got, err := committedBlobs(bytes.NewReader(data[:n]), map[string]bool{"a": true}); err == nil || got != nil {
			t.Fatalf("%d of %d bytes: %v, %v", n, end, got, err)
		}
	}
	if got, err := committedBlobs(bytes.NewReader(data[:end]), map[string]bool{"a": true}); err != nil || len(got) != 1 {
		t.Errorf("whole: %v, %v", got, err)
	}
}

func FuzzCommittedBlobs(f *testing.F) {
	f.Add([]byte("DIRC\x00\x00\x00\x02\x00\x00\x00\x00"))
	if _, err := exec.LookPath("git"); err == nil {
		for _, version := range []int{2, 3, 4} {
			f.Add(indexOf(f, version, map[string]string{"a": "1", "b/c": "2", "b/d": "3"}))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := committedBlobs(bytes.NewReader(data), map[string]bool{"a": true, "b/c": true})
		if err != nil && got != nil {
			t.Error("an error and an answer")
		}
		for name := range got {
			if name != "a" && name != "b/c" {
				t.Errorf("%q was not asked for", name)
			}
		}
	})
}
