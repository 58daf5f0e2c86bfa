package cli

import (
	"ringwall/internal/backend/native/child"
	"ringwall/internal/kernel/initprog"
)

// firstProcess acts as the sandbox's first process where the small program was
// not built in and this one was started in its place.
func firstProcess(args []string) (int, bool) {
	if len(args) == 0 || args[0] != initprog.Name {
		return 0, false
	}
	child.Main(args)
	return exitNotStarted, true
}
