package cli

import (
	"os"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/pty"
)

// callersTerminal prepares what connects the command's terminal with the one
// that this process was started on; nil if there is none among the first three
// descriptors.
func callersTerminal(std [3]*os.File) *pty.Relay {
	caller, fds := pty.On(std)
	if caller == nil {
		return nil
	}
	return &pty.Relay{Caller: caller, FDs: fds, Shared: inPipeline(std)}
}

// inPipeline tells whether one of the files leads to another process, which
// may be using the terminal as well: `ringwall run -- ls | less`.
func inPipeline(std [3]*os.File) bool {
	for _, f := range std {
		switch kindOf(f) {
		case unix.S_IFIFO, unix.S_IFSOCK:
			return true
		}
	}
	return false
}
