package host

import "path/filepath"

// stateDir is where ringwall keeps its own files:
// $XDG_STATE_HOME/ringwall, by default ~/.local/state/ringwall. A relative
// XDG_STATE_HOME is to be ignored (XDG Base Directory Specification).
func stateDir(f Facts) string {
	if s := f.Env["XDG_STATE_HOME"]; filepath.IsAbs(s) {
		return filepath.Join(s, "ringwall")
	}
	return filepath.Join(f.Home, ".local", "state", "ringwall")
}
