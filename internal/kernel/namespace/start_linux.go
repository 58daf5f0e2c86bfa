package namespace

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/initprog"
	"ringwall/internal/kernel/launch"
)

// Options for Start.
type Options struct {
	Identity Identity
	Stdin    *os.File // nil: /dev/null
	Stdout   *os.File
	Stderr   *os.File
	Files    []*os.File // what the Spec refers to by number
	// Enter, if set, is called on the thread that starts the process, before;
	// what it returns is called after.
	Enter func() (leave func() error, err error)
	// Cgroup, if above 0, is a descriptor of the control group (version 2) that
	// the process is born into.
	Cgroup int
}

// Process is a first process that was started.
type Process struct {
	PID    int
	handle *os.Process
	socket int
	done   chan struct{}
}

// Start runs the first process with that Spec. It does not wait for anything
// that the process does.
func Start(spec *launch.Spec, opt Options) (*Process, error) {
	program, err := initprog.Open()
	if err != nil {
		return nil, fmt.Errorf("open the first process's program: %w", err)
	}
	defer program.Close()
	sealed, err := initprog.Sealed("ringwall-spec", spec.Encode())
	if err != nil {
		return nil, fmt.Errorf("seal the launch specification: %w", err)
	}
	defer sealed.Close()
	ours, theirs, err := launch.SocketPair()
	if err != nil {
		return nil, fmt.Errorf("make a socket for the first process: %w", err)
	}
	theirFile := os.NewFile(uintptr(theirs), "init-socket")
	defer theirFile.Close()
	cmd := command(program, opt)
	cmd.ExtraFiles = append([]*os.File{sealed, theirFile}, opt.Files...)
	p := &Process{socket: ours, done: make(chan struct{})}
	if err := p.start(cmd, opt.Enter); err != nil {
		unix.Close(ours)
		return nil, err
	}
	return p, nil
}

func command(program *os.File, opt Options) *exec.Cmd {
	attr := attributes(opt.Identity)
	attr.UseCgroupFD, attr.CgroupFD = opt.Cgroup > 0, opt.Cgroup
	return &exec.Cmd{
		// By descriptor: the name could mean another file by now.
		Path:        fmt.Sprintf("/proc/self/fd/%d", program.Fd()),
		Args:        []string{initprog.Name},
		Env:         []string{}, // not nil, which would mean ours
		Stdin:       orNil(opt.Stdin),
		Stdout:      orNilW(opt.Stdout),
		Stderr:      orNilW(opt.Stderr),
		SysProcAttr: attr,
	}
}

func orNil(f *os.File) interface{ Read([]byte) (int, error) } {
	if f == nil {
		return nil
	}
	return f
}

func orNilW(f *os.File) interface{ Write([]byte) (int, error) } {
	if f == nil {
		return nil
	}
	return f
}

// start runs and waits on one thread that nothing else uses: the kernel sends
// the death signal when the thread that forked goes, and a Go thread can go at
// any time unless a goroutine holds it.
func (p *Process) start(cmd *exec.Cmd, enter func() (func() error, error)) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := entered(enter, func() error { return WhileDumpable(cmd.Start) })
		if err == nil {
			p.PID, p.handle = cmd.Process.Pid, cmd.Process
		} else if cmd.Process != nil { // it was started, and the thread stayed in the group
			cmd.Process.Kill()
			cmd.Wait()
		}
		started <- err
		if err == nil {
			cmd.Wait()
		}
		close(p.done)
	}()
	return <-started
}

// entered calls start between enter and leave.
func entered(enter func() (func() error, error), start func() error) error {
	if enter == nil {
		return start()
	}
	leave, err := enter()
	if err != nil {
		return err
	}
	return errors.Join(start(), leave())
}

// Message is one thing that the first process said.
type Message struct {
	Kind byte
	Body []byte
	FDs  []int
}

// Failure is the first process's word that it could not do something. The
// sandbox did not start.
type Failure struct {
	What  string
	Errno syscall.Errno
}

func (f *Failure) Error() string { return f.What + ": " + f.Errno.Error() }

// Unwrap gives the error number.
func (f *Failure) Unwrap() error { return f.Errno }

// ErrLost means that the first process ended without a word.
var ErrLost = errors.New("the sandbox's first process ended without a word")

// Next waits for the next message. A Failed message is returned as a *Failure.
func (p *Process) Next() (Message, error) {
	buf := make([]byte, 4096)
	n, fds, err := launch.Receive(p.socket, buf)
	if err != nil {
		return Message{}, fmt.Errorf("hear from the first process: %w", err)
	}
	if n == 0 {
		return Message{}, ErrLost
	}
	m := Message{Kind: buf[0], Body: buf[1:n], FDs: fds}
	if m.Kind == launch.Failed && len(m.Body) >= 4 {
		return m, &Failure{What: string(m.Body[4:]), Errno: syscall.Errno(launch.Uint32(m.Body))}
	}
	return m, nil
}

// Send says something to the first process.
func (p *Process) Send(msg ...byte) error { return launch.Send(p.socket, msg) }

// Kill ends the first process, and with it everything in its pid namespace.
// The handle cannot mean another process that got the same number.
func (p *Process) Kill() { p.handle.Kill() }

// Wait returns when the first process is gone; the kernel lets it go only
// after every other process of its namespace.
func (p *Process) Wait() { <-p.done }

// Done is closed when the first process is gone.
func (p *Process) Done() <-chan struct{} { return p.done }

// Close gives the socket up; a first process that still lives then ends.
func (p *Process) Close() error { return unix.Close(p.socket) }
