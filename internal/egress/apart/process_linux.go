package apart

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
	"ringwall/internal/kernel/namespace"
)

// startTime bounds how long a process may take to lock itself in.
const startTime = 30 * time.Second

// process is a confined process that runs, and the resolver's files in its view.
type process struct {
	*namespace.Process
	etc *resolverFiles
}

// confine starts the program of the view with tie as its standard input. It is
// built and locked in as a sandbox is, by the same first process, but for the
// network.
func (c *Config) confine(tie *os.File) (*process, error) {
	p := &process{etc: readResolver(c.resolverFrom())}
	v, err := c.view(p.etc)
	if err != nil {
		return nil, err
	}
	defer v.close()
	if c.weaken != nil {
		c.weaken(v.spec)
	}
	if p.Process, err = namespace.Begin(namespace.Birth{HostNetwork: true}); err != nil {
		return nil, err
	}
	late := time.AfterFunc(startTime, p.Kill)
	defer late.Stop()
	err = p.Admit(v.spec, namespace.Options{Identity: c.Identity, Stdin: tie, Files: v.files})
	if err == nil {
		err = p.meet()
	}
	if err != nil {
		p.end()
		return nil, err
	}
	return p, nil
}

func (c *Config) resolverFrom() []string {
	if c.resolver != nil {
		return c.resolver
	}
	return resolverPaths
}

// meet follows the first process until the program is started.
func (p *process) meet() error {
	for {
		m, err := p.Next()
		if err != nil {
			return err
		}
		switch m.Kind {
		case launch.Watched:
			err = p.etc.got(string(m.Body), m.FDs)
		case launch.Ready:
			err = p.Send(launch.Go)
		case launch.Confined:
			return p.Send(launch.Go)
		default:
			closeFDs(m.FDs)
			err = fmt.Errorf("unexpected message %q", m.Kind)
		}
		if err != nil {
			return err
		}
	}
}

// why tells of a process that ended by itself how it did.
func (p *process) why() error {
	late := time.AfterFunc(time.Second, p.Kill)
	defer late.Stop()
	m, err := p.Next()
	if err != nil || m.Kind != launch.Exited {
		return err
	}
	status := unix.WaitStatus(launch.Uint32(m.Body))
	if status.Signaled() {
		return fmt.Errorf("ended by %s", unix.SignalName(status.Signal()))
	}
	return fmt.Errorf("exit status %d", status.ExitStatus())
}

// end kills it and returns when nothing of it is left.
func (p *process) end() {
	p.Abandon()
	p.etc.close()
}
