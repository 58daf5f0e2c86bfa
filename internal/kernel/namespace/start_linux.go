package namespace

import (
	"errors"
	"fmt"
	"os"
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
}

// Process is a first process that was started.
type Process struct {
	PID    int
	handle *os.Process
	socket int
	done   chan struct{}
}

// Start runs the first process with that Spec, in which it fills in the
// identity. It does not wait for anything that the process does.
func Start(spec *launch.Spec, opt Options) (*Process, error) {
	spec.Switch, spec.UID, spec.GID = opt.Identity.change(), opt.Identity.UID, opt.Identity.GID
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
	p := &Process{socket: ours, done: make(chan struct{})}
	if err := p.start(program, opt, sealed, theirFile); err != nil {
		unix.Close(ours)
		return nil, err
	}
	if err := p.admit(opt.Identity); err != nil {
		p.Kill()
		p.Wait()
		unix.Close(ours)
		return nil, err
	}
	return p, nil
}

// admit gives the process its identity, without which it does nothing.
func (p *Process) admit(id Identity) error {
	if err := mapIdentity(p.PID, id); err != nil {
		return fmt.Errorf("map the identity: %w", err)
	}
	return p.Send(launch.Mapped)
}

// start runs and waits on one thread that nothing else uses: the kernel sends
// the death signal when the thread that forked goes, and a Go thread can go at
// any time unless a goroutine holds it.
func (p *Process) start(program *os.File, opt Options, sealed, socket *os.File) error {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	files := append([]*os.File{or(opt.Stdin, null), or(opt.Stdout, null), or(opt.Stderr, null), sealed, socket}, opt.Files...)
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		// By descriptor: the name could mean another file by now. An empty
		// environment, which is not the same as none.
		handle, err := os.StartProcess(fmt.Sprintf("/proc/self/fd/%d", program.Fd()), []string{initprog.Name},
			&os.ProcAttr{Env: []string{}, Files: files, Sys: attributes()})
		if err == nil {
			p.PID, p.handle = handle.Pid, handle
		}
		started <- err
		if err == nil {
			handle.Wait()
		}
		close(p.done)
	}()
	return <-started
}

func or(f, otherwise *os.File) *os.File {
	if f == nil {
		return otherwise
	}
	return f
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
