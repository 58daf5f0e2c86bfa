package native

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"ringwall/internal/kernel/cgroup"
	"ringwall/internal/kernel/initprog"
	"ringwall/internal/kernel/namespace"
)

// janitor is a process outside the sandbox that removes the control group when
// the supervisor is gone, by SIGKILL too, and restores the terminal then. It
// costs nothing while it waits.
type janitor struct {
	cmd  *exec.Cmd
	pipe *os.File // closing it is the sign; how to restore the terminal goes this way
}

func hireJanitor(place cgroup.Place, name string, terminal *os.File) (*janitor, error) {
	program, err := initprog.Open()
	if err != nil {
		return nil, err
	}
	defer program.Close()
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	args := []string{initprog.Name, "janitor"}
	for _, parent := range place.Dirs {
		args = append(args, filepath.Join(parent, name))
	}
	cmd := &exec.Cmd{
		Path: fmt.Sprintf("/proc/self/fd/%d", program.Fd()), Args: args, Env: []string{},
		ExtraFiles: []*os.File{reader},
		// A session of its own: what kills the supervisor's process group must
		// not kill the one that cleans up after it.
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	if terminal != nil {
		cmd.ExtraFiles = append(cmd.ExtraFiles, terminal)
	}
	if err := namespace.WhileDumpable(cmd.Start); err != nil {
		writer.Close()
		return nil, fmt.Errorf("start the janitor: %w", err)
	}
	return &janitor{cmd: cmd, pipe: writer}, nil
}

// dismiss lets it go; the group is removed by then.
func (j *janitor) dismiss() {
	j.pipe.Close()
	j.cmd.Wait()
}
