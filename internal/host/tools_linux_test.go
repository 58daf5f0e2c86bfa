package host

import (
	"os"
	"path/filepath"
	"testing"
)

// TestToolTree: a toolchain is shown whole; a project, a home or a folder that
// merely has a bin is not.
func TestToolTree(t *testing.T) {
	home := t.TempDir()
	for _, dir := range []string{
		".nvm/versions/node/v20/bin", ".nvm/versions/node/v20/lib", "bin", ".local/bin", ".local/lib",
		"go/bin", "go/pkg", "src/app/bin", "src/app/lib", "src/app/.git", "tools/bin",
		".pyenv/shims", ".pyenv/versions", ".pyenv/.git", "sdk/bin", "sdk/lib",
	} {
		if err := os.MkdirAll(filepath.Join(home, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ dir, want string }{
		{".nvm/versions/node/v20/bin", ".nvm/versions/node/v20"},
		{"sdk/bin", "sdk"},
		{".pyenv/shims", ".pyenv"},
		{"bin", "bin"},
		{".local/bin", ".local/bin"},
		{"go/bin", "go/bin"},
		{"src/app/bin", "src/app/bin"},
		{"tools/bin", "tools/bin"},
	} {
		if got := toolTree(filepath.Join(home, c.dir), home); got != filepath.Join(home, c.want) {
			t.Errorf("%s: shows %s, not %s", c.dir, got, c.want)
		}
	}
	for _, dir := range []string{"/usr/bin", "/usr/local/go/bin", "/bin", "/sbin", "/", home} {
		if got := toolTree(dir, home); got != "" {
			t.Errorf("%s: shows %s", dir, got)
		}
	}
}

func TestStateDirIgnoresRelative(t *testing.T) {
	for _, c := range []struct{ xdg, want string }{
		{"", "/home/a/.local/state/ringwall"},
		{"state", "/home/a/.local/state/ringwall"},
		{"/var/x", "/var/x/ringwall"},
	} {
		f := Facts{Home: "/home/a", Env: map[string]string{"XDG_STATE_HOME": c.xdg}}
		if got := stateDir(f); got != c.want {
			t.Errorf("%q: %s, not %s", c.xdg, got, c.want)
		}
	}
}
