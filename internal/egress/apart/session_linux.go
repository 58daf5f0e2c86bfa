package apart

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"ringwall/internal/egress"
)

// session is one gateway process and the talk with it.
type session struct {
	process *process
	desk    *desk
	conn    net.Conn
	heard   chan struct{} // closed when nothing more is to be heard
	err     error         // why; nil after the gateway's last word
}

// begin starts the process and returns when it serves.
func (c *Config) begin(specs []egress.SocketSpec, sockets []*os.File, fault func(error)) (*session, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	p, err := c.confine(theirs)
	theirs.Close() // or its end would not be heard of
	if err != nil {
		ours.Close()
		return nil, err
	}
	s := &session{process: p, heard: make(chan struct{})}
	if err := s.open(c, ours, specs, sockets); err != nil {
		err = fmt.Errorf("%w: %w", err, p.why())
		close(s.heard)
		s.end()
		return nil, err
	}
	go s.listen(fault)
	select {
	case <-s.desk.serving:
		go p.etc.keep(s.heard, fault)
		return s, nil
	case <-s.heard:
		err = s.err
	case <-time.After(startTime):
		err = errors.New("it does not answer")
	}
	s.end()
	return nil, err
}

// open sends all that the gateway needs.
func (s *session) open(c *Config, tie *os.File, specs []egress.SocketSpec, sockets []*os.File) error {
	told, err := newStart(c.Config, specs)
	if err == nil {
		err = passSockets(int(tie.Fd()), sockets)
	}
	if err != nil {
		return errors.Join(err, tie.Close())
	}
	if s.conn, err = connOf(tie); err != nil {
		return err
	}
	s.desk = newDesk(s.conn, c.Config, newJudge(c.Plan, c.Decoys...))
	b, err := json.Marshal(told)
	told.forget()
	if err != nil {
		return err
	}
	defer clear(b) // the secrets in it
	return s.desk.out.send(frameStart, b)
}

// stats is what went through. Where the gateway is gone, its fault is told by
// the time that this returns.
func (s *session) stats() egress.Stats {
	st := s.desk.stats()
	if s.desk.counts.over() {
		<-s.heard
	}
	return st
}

// listen hears the gateway out. Whatever ends that is a fault, unless it was
// asked to close; then nothing of it may go on.
func (s *session) listen(fault func(error)) {
	s.err = s.desk.listen()
	if errors.Is(s.err, errEnded) {
		s.err = fmt.Errorf("%w: %w", errEnded, s.process.why())
	}
	s.process.Kill()
	s.process.Wait() // and with it its connections and listeners
	s.conn.Close()
	if s.err != nil {
		fault(s.err)
	}
	close(s.heard)
}

// close asks the gateway to end, and ends it.
func (s *session) close() error {
	defer s.end()
	s.desk.stats() // the last that it tells
	s.desk.closing.Store(true)
	if s.desk.out.send(frameClose) == nil {
		select {
		case <-s.heard:
		case <-time.After(closeTime):
			return errors.New("gateway: it did not end when it was asked to")
		}
	}
	select {
	case err := <-s.desk.closed:
		return err
	default:
		return fmt.Errorf("gateway: %w", errors.Join(errors.New("it was lost before it could say what it had counted"), s.err))
	}
}

// end returns when nothing of the process is left.
func (s *session) end() {
	if s.conn != nil {
		s.conn.Close()
	}
	s.process.end()
	<-s.heard
}
