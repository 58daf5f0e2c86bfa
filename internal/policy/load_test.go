package policy

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	text := "version = 1\nagent = \"claude\"\n"
	write(t, path, text)
	p, raw, err := Load(path)
	if err != nil || p.Agent != "claude" || string(raw) != text {
		t.Fatalf("%+v, %q, %v", p, raw, err)
	}
	if Digest(raw) != "fd191a2a326c041cfaa1c012f8a886fea2d75fb0396822b327b6efe856b897d3" {
		t.Errorf("digest is %s", Digest(raw))
	}
	write(t, path, "version = 2\n")
	if _, raw, err = Load(path); err == nil || raw == nil {
		t.Errorf("raw %q, %v", raw, err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLoadNamesAnotherFileInFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy.toml")
	write(t, path, "version = 2\n")
	_, _, err := Load(path)
	if err == nil || !strings.HasPrefix(err.Error(), path+":1:11: ") {
		t.Errorf("error is %v", err)
	}
}

func TestLoadMissing(t *testing.T) {
	_, _, err := Load(filepath.Join(t.TempDir(), FileName))
	var missing *MissingError
	if !errors.As(err, &missing) || !errors.Is(err, fs.ErrNotExist) || !strings.Contains(hint(err), "ringwall init") {
		t.Errorf("%v, %s", err, hint(err))
	}
}

func TestLoadRefuses(t *testing.T) {
	dir := t.TempDir()
	sound := filepath.Join(dir, "sound")
	write(t, sound, "version = 1\n")
	if _, _, err := Load(sound); err != nil {
		t.Fatal("the same text as a regular file:", err)
	}
	large := filepath.Join(dir, "large")
	write(t, large, strings.Repeat("#", MaxSize+1))
	link := filepath.Join(dir, "link")
	if err := os.Symlink(sound, link); err != nil {
		t.Skip("this system makes no symbolic links:", err)
	}
	for path, want := range map[string]string{link: "symbolic link", dir: "not a regular file", large: "larger than"} {
		_, raw, err := Load(path)
		if err == nil || raw != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
