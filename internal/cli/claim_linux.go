package cli

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

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
	for _, it := range staged(dir) {
		if err := native.Claim(w.host, p, it); err != nil {
			return err
		}
	}
	return nil
}
