package native

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"ringwall/internal/kernel/initprog"
)

// guard is a process outside the sandbox that restores the caller's terminal
// when the supervisor is gone without having done so.
type guard struct {
	cmd  *exec.Cmd
	pipe *os.File // how to restore it goes this way; closing it is the sign
}

func hireGuard(terminal *os.File) (*guard, error) {
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
	cmd := &exec.Cmd{
		Path: fmt.Sprintf("/proc/self/fd/%d", program.Fd()), Args: []string{initprog.Name, "janitor"},
		Env: []string{}, ExtraFiles: []*os.File{reader, terminal},
		// A session of its own: what kills the supervisor's process group must
		// not kill the one that cleans up after it.
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	if err := cmd.Start(); err != nil {
		writer.Close()
		return nil, fmt.Errorf("start the terminal's guard: %w", err)
	}
	return &guard{cmd: cmd, pipe: writer}, nil
}

// dismiss lets it go; the terminal is restored by then.
func (g *guard) dismiss() {
	g.pipe.Close()
	g.cmd.Wait()
}
