package native

import (
	"fmt"
	"path/filepath"
	"slices"

	"ringwall/internal/kernel/cgroup"
	"ringwall/internal/kernel/keeper"
)

// hireJanitor starts a process outside the sandbox that removes the control
// group when the supervisor is gone, by SIGKILL too. It costs nothing while it
// waits.
func hireJanitor(place cgroup.Place, name string) (*keeper.Keeper, error) {
	var dirs []string
	for _, parent := range place.Dirs {
		// On version 2 one directory stands for all.
		if d := filepath.Join(parent, name); !slices.Contains(dirs, d) {
			dirs = append(dirs, d)
		}
	}
	k, err := keeper.Start(0, dirs...)
	if err != nil {
		return nil, fmt.Errorf("start the janitor: %w", err)
	}
	return k, nil
}
