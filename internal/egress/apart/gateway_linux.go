package apart

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"ringwall/internal/egress"
	"ringwall/internal/kernel/launch"
	"ringwall/internal/kernel/namespace"
)

// Config is what a gateway in a process of its own needs.
type Config struct {
	// Config is the gateway's. Resolve and Dial cannot be set: functions do not
	// go to another process.
	egress.Config
	// Identity is who the process is. It must not be the agent's account.
	Identity namespace.Identity
	// Landlock is the version of the interface to use; 0: none.
	Landlock int
	// Env is the owner's environment. Of it the places of certificates count.
	Env map[string]string

	resolver []string           // of tests: where the resolver's files are
	weaken   func(*launch.Spec) // of tests: a control left out
}

// Gateway has the methods of egress.Gateway. Until the first connection it is
// nothing but the sockets and somebody who waits at them.
type Gateway struct {
	cfg   Config
	fault chan error

	mu      sync.Mutex
	closing bool
	sockets []*os.File
	door    *door
	session *session
	waited  chan struct{} // closed when nobody waits or starts any more
	last    egress.Stats
}

// New checks the plan, the secrets and the placeholders as the gateway itself
// will, so that a mistake in them is found before anything runs.
func New(cfg Config) (*Gateway, error) {
	if cfg.Resolve != nil || cfg.Dial != nil {
		return nil, errors.New("gateway: functions cannot go to another process")
	}
	checked, err := egress.New(cfg.Config)
	if err != nil {
		return nil, err
	}
	if err := checked.Close(); err != nil {
		return nil, err
	}
	return &Gateway{cfg: cfg, fault: make(chan error, 1)}, nil
}

// Serve takes ownership of the files, one for each spec in the same order, and
// returns. The process is started when somebody connects. It is called once.
func (g *Gateway) Serve(specs []egress.SocketSpec, files []*os.File) error {
	if len(specs) != len(files) {
		closeFiles(files)
		return fmt.Errorf("gateway: %d sockets for %d places", len(files), len(specs))
	}
	if len(files) == 0 {
		return nil
	}
	d, err := newDoor(files)
	if err != nil {
		closeFiles(files)
		return fmt.Errorf("gateway: %w", err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sockets, g.door, g.waited = files, d, make(chan struct{})
	go g.await(specs)
	return nil
}

func closeFiles(files []*os.File) {
	for _, f := range files {
		if f != nil {
			f.Close()
		}
	}
}

// await starts the process when somebody knocks. After a failure nobody answers:
// the sockets are closed, and the run ends.
func (g *Gateway) await(specs []egress.SocketSpec) {
	defer close(g.waited)
	defer closeFiles(g.sockets)
	defer g.door.close()
	err := g.door.knocked()
	if errors.Is(err, os.ErrClosed) {
		return
	}
	var s *session
	if err == nil {
		s, err = g.cfg.begin(specs, g.sockets, g.fail)
	}
	if err != nil {
		g.fail(fmt.Errorf("the gateway could not be started: %w", err))
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.session = s
}

// Fault gives the first failure after which the gateway cannot be relied on. The
// caller then ends the run.
func (g *Gateway) Fault() <-chan error { return g.fault }

// fail reports a fault, unless the gateway is being closed.
func (g *Gateway) fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closing {
		return
	}
	select {
	case g.fault <- err:
	default:
	}
}

// Stats is the count so far.
func (g *Gateway) Stats() egress.Stats {
	g.mu.Lock()
	s, last := g.session, g.last
	g.mu.Unlock()
	if s == nil {
		return last
	}
	return s.stats()
}

// closeTime is how long the gateway has to write down what it counted.
const closeTime = 5 * time.Second

// Close ends all listeners and connections, records what was counted and not yet
// told, and returns when nothing of the process is left. It may be called more
// than once.
func (g *Gateway) Close() error {
	g.mu.Lock()
	g.closing = true
	waited := g.waited
	if g.door != nil {
		g.door.close()
	}
	g.mu.Unlock()
	if waited == nil {
		return nil
	}
	<-waited
	g.mu.Lock()
	s := g.session
	g.session = nil
	g.mu.Unlock()
	if s == nil {
		return nil
	}
	err := s.close()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.last = s.desk.counts.last
	return err
}
