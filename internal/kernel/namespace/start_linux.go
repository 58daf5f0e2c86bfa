package namespace

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
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

// Birth says into which control group a process is born. To move it there later
// would stop every start and end of a process on the machine for milliseconds.
type Birth struct {
	// Enter, if set, is called on the thread that starts the process, before;
	// what it returns is called after.
	Enter func() (leave func() error, err error)
	// Cgroup, if above 0, is a descriptor of a group of version 2.
	Cgroup int
	// HostNetwork leaves the process in this one's network namespace. It is for
	// programs of ours that have to reach the network, never for an agent.
	HostNetwork bool
}

// Process is a first process that was started.
type Process struct {
	PID    int
	mu     sync.Mutex
	pidfd  int // -1 when the process is gone
	socket int
	done   chan struct{}
}

// Begin starts a first process. It has its namespaces and waits for all else,
// so that the kernel can make them while it is not known yet what is to run.
func Begin(birth Birth) (*Process, error) {
	program, err := initprog.Open()
	if err != nil {
		return nil, fmt.Errorf("open the first process's program: %w", err)
	}
	defer program.Close()
	ours, theirs, err := launch.SocketPair()
	if err != nil {
		return nil, fmt.Errorf("make a socket for the first process: %w", err)
	}
	socket := os.NewFile(uintptr(theirs), "init-socket")
	p := &Process{socket: ours, pidfd: -1, done: make(chan struct{})}
	err = p.start(birth, program, socket)
	socket.Close() // or its end would not be heard of
	if err != nil {
		unix.Close(ours)
		return nil, err
	}
	// Before that word its memory is this process's, and so is its /proc.
	if m, err := p.Next(); err != nil || m.Kind != launch.Begun {
		p.Abandon()
		return nil, errors.Join(errors.New("the first process's program did not start"), err)
	}
	return p, nil
}

// Start is Begin and Admit in one.
func Start(spec *launch.Spec, opt Options) (*Process, error) {
	p, err := Begin(Birth{})
	if err != nil {
		return nil, err
	}
	if err := p.Admit(spec, opt); err != nil {
		p.Abandon()
		return nil, err
	}
	return p, nil
}

// Admit gives the process its identity, which it fills in in the Spec, and all
// that it has to know. It does not wait for anything that the process does.
func (p *Process) Admit(spec *launch.Spec, opt Options) error {
	spec.Switch, spec.UID, spec.GID = opt.Identity.change(), opt.Identity.UID, opt.Identity.GID
	sealed, err := initprog.Sealed("ringwall-spec", spec.Encode())
	if err != nil {
		return fmt.Errorf("seal the launch specification: %w", err)
	}
	defer sealed.Close()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	if err := mapIdentity(p.PID, opt.Identity); err != nil {
		return fmt.Errorf("map the identity: %w", err)
	}
	return p.pass(append([]*os.File{sealed, or(opt.Stdin, null), or(opt.Stdout, null), or(opt.Stderr, null)}, opt.Files...))
}

// pass sends descriptors, as many at a time as a message takes.
func (p *Process) pass(files []*os.File) error {
	for {
		n := min(len(files), launch.PerMessage)
		fds := make([]int, n)
		for i, f := range files[:n] {
			fds[i] = int(f.Fd())
		}
		files = files[n:]
		if len(files) == 0 {
			return launch.Send(p.socket, []byte{launch.SpecWord}, fds...)
		}
		if err := launch.Send(p.socket, []byte{launch.Files}, fds...); err != nil {
			return err
		}
	}
}

// Abandon ends a process that is not to be used.
func (p *Process) Abandon() {
	p.Kill()
	p.Wait()
	p.Close()
}

func or(f, otherwise *os.File) *os.File {
	if f == nil {
		return otherwise
	}
	return f
}

// start runs and waits on one thread that nothing else uses: the kernel sends
// the death signal when the thread that forked goes, and a Go thread can go at
// any time unless a goroutine holds it.
func (p *Process) start(birth Birth, program, socket *os.File) error {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	high, err := aside(program, null, socket)
	if err != nil {
		return err
	}
	defer closeFDs(high)
	page, mem, err := newBirthPage()
	if err != nil {
		return err
	}
	page.fill(uintptr(high[0]), uintptr(high[1]), uintptr(high[2]))
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := entered(birth.Enter, func() (err error) {
			p.PID, p.pidfd, err = page.birth(birth)
			return err
		})
		if err != nil && p.PID > 0 { // the thread stayed in the group
			p.Kill()
		}
		started <- err
		if p.PID > 0 {
			p.reap()
		}
		unix.Munmap(mem)
		close(p.done)
	}()
	return <-started
}

// aside makes copies of descriptors above those that have a meaning.
func aside(files ...*os.File) ([]int, error) {
	var out []int
	for _, f := range files {
		fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 64)
		if err != nil {
			closeFDs(out)
			return nil, os.NewSyscallError("fcntl", err)
		}
		out = append(out, fd)
	}
	return out, nil
}

func closeFDs(fds []int) {
	for _, fd := range fds {
		unix.Close(fd)
	}
}

// reap waits until the process is gone. The descriptor stands for nobody from
// then on, and its number can become another's.
func (p *Process) reap() {
	for unix.Waitid(unix.P_PIDFD, p.pidfd, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	unix.Waitid(unix.P_PIDFD, p.pidfd, nil, unix.WEXITED, nil)
	unix.Close(p.pidfd)
	p.pidfd = -1
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
func (p *Process) Kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pidfd >= 0 {
		unix.PidfdSendSignal(p.pidfd, unix.SIGKILL, nil, 0)
	}
}

// Wait returns when the first process is gone; the kernel lets it go only
// after every other process of its namespace.
func (p *Process) Wait() { <-p.done }

// Done is closed when the first process is gone.
func (p *Process) Done() <-chan struct{} { return p.done }

// Close gives the socket up; a first process that still lives then ends.
func (p *Process) Close() error { return unix.Close(p.socket) }
