package cli

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"ringwall/internal/backend/native"
	"ringwall/internal/plan"
)

// claim gives what an interrupted run's agent made to its owner, so that it can
// be settled. A run without a plan never began.
func (w *work) claim(dir string) error {
	data, err := os.ReadFile(filepath.Join(dir, "plan.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var p plan.Plan
	if err == nil {
		err = json.Unmarshal(data, &p)
	}
	if err != nil {
		return err
	}
	for _, tree := range trees(p, dir) {
		if err := native.Claim(w.host, p, tree); err != nil {
			return err
		}
	}
	return nil
}

// dropGroups removes the control groups of a run that was cut short. Its keeper
// does that at once, unless the machine ran out of memory: then what shares the
// supervisor's memory ends with it. A group that is gone, or that somebody is
// in, is left alone.
func (w *work) dropGroups(run string) {
	for _, dir := range w.host.Cgroups.Dirs {
		unix.Rmdir(filepath.Join(dir, groupName(run)))
	}
}
