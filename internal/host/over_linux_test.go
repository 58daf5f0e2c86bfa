package host

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestOverlayAboveTheProject: whether a project can lie below an overlay is
// tried with that project. A success is remembered, a lack is looked at anew.
func TestOverlayAboveTheProject(t *testing.T) {
	builtIn(t)
	env := append(os.Environ(), "XDG_STATE_HOME="+t.TempDir())
	f, err := Probe(env)
	if err != nil || !f.Overlay.OK {
		if os.Getenv("CI") != "" {
			t.Fatalf("an overlay has to be possible where CI is set: %v %+v", err, f.Overlay)
		}
		t.Skipf("no overlay above anything here: %v %+v", err, f.Overlay)
	}
	project := t.TempDir()
	f.LookAt(project)
	if f.NoOverlay != "" || !slices.Contains(f.over, placeKey(project)) {
		t.Errorf("an ordinary folder: %q", f.NoOverlay)
	}
	f.LookAt("/proc/sys") // overlayfs takes no file system whose names come and go
	if f.NoOverlay == "" || strings.Contains(f.NoOverlay, "probe-") || slices.Contains(f.over, placeKey("/proc/sys")) {
		t.Errorf("/proc: %q", f.NoOverlay)
	}
	again, err := Probe(env)
	if err != nil || !slices.Equal(again.over, []string{placeKey(project)}) {
		t.Errorf("remembered: %v %q", err, again.over)
	}
	if placeKey(t.TempDir()) == placeKey(project) {
		t.Error("two folders are one")
	}
}
