package cli

import (
	"os"
	"path/filepath"
	"testing"

	"ringwall/internal/host"
)

// TestDropGroups: the groups of a run that was cut short go, and no others.
func TestDropGroups(t *testing.T) {
	dir := t.TempDir()
	for _, d := range []string{"ringwall-old", "ringwall-other", "ringwall-used/inside"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	w := &work{host: host.Facts{Cgroups: host.Cgroups{Dirs: map[string]string{"memory": dir, "pids": "/nonexistent"}}}}
	w.dropGroups("old")
	w.dropGroups("used")
	for name, there := range map[string]bool{"ringwall-old": false, "ringwall-other": true, "ringwall-used": true} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != there {
			t.Errorf("%s: %v", name, err)
		}
	}
}
