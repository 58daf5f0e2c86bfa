package apart

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"

	"ringwall/internal/egress"
)

// maxTold is the most that the supervisor sends after the start.
const maxTold = 64 << 10

// maxText bounds a text of the gateway's own, such as a fault with its stack.
const maxText = 4 << 10

// served is the gateway's side of the talk.
type served struct {
	out     *sender
	rec     *recorder
	gateway *egress.Gateway
	closed  chan error
	fresh   *fresh
}

// serve is all that the gateway's process does: it takes its orders, serves, and
// returns when the supervisor says so or is gone.
func serve(conn net.Conn, files []*os.File) error {
	r := bufio.NewReaderSize(conn, maxTold+headerSize)
	kind, body, err := readFrame(r, maxStart)
	if err != nil || kind != frameStart {
		return errors.Join(errFrame, err)
	}
	s := &served{out: &sender{conn: conn}, closed: make(chan error, 1)}
	s.rec, s.fresh = newRecorder(s.out), newFresh(s.out)
	if err := s.open(body, files); err != nil {
		return s.out.send(frameFault, cutText(err.Error()))
	}
	if err := s.out.send(frameServing); err != nil {
		return err
	}
	go s.faults()
	err = s.talk(r)
	s.rec.fail(errors.Join(errFrame, err))
	return err
}

// open starts to serve.
func (s *served) open(body []byte, files []*os.File) error {
	told, cfg, err := readStart(body)
	clear(body) // the secrets in it
	if err != nil {
		return err
	}
	cfg.Recorder = s.rec
	if told.Refresh {
		cfg.Refresh = s.fresh.ask
	}
	if s.gateway, err = egress.New(cfg); err != nil {
		return err
	}
	return s.gateway.Serve(told.Sockets, files)
}

// faults tells the first.
func (s *served) faults() {
	err := <-s.gateway.Fault()
	_ = s.out.send(frameFault, cutText(err.Error()))
}

// talk follows the supervisor until the end.
func (s *served) talk(r *bufio.Reader) error {
	frames := make(chan told)
	go listen(r, frames)
	for {
		select {
		case err := <-s.closed:
			text := ""
			if err != nil {
				text = err.Error()
			}
			return s.out.send(frameClosed, cutText(text))
		case f := <-frames:
			if f.err != nil {
				return f.err
			}
			if err := s.told(f.kind, f.body); err != nil {
				return err
			}
		}
	}
}

// told is one frame, or why there are no more.
type told struct {
	kind byte
	body []byte
	err  error
}

func listen(r *bufio.Reader, frames chan<- told) {
	for {
		kind, body, err := readFrame(r, maxTold)
		frames <- told{kind, body, err}
		if err != nil {
			return
		}
	}
}

func (s *served) told(kind byte, body []byte) error {
	switch {
	case kind == frameWritten && len(body) == 8:
		return s.rec.acknowledge(binary.BigEndian.Uint64(body))
	case kind == frameCount && len(body) == 8:
		b, err := json.Marshal(s.gateway.Stats())
		return errors.Join(err, s.out.send(frameCounts, body, b))
	case kind == frameFresh && len(body) >= 9:
		s.fresh.answer(body)
		return nil
	case kind == frameClose && len(body) == 0:
		// Beside, since what is flushed has to be acknowledged.
		go func() { s.closed <- s.gateway.Close() }()
		return nil
	}
	return fmt.Errorf("%w: kind %q of %d bytes", errFrame, kind, len(body))
}

func cutText(s string) []byte { return []byte(s[:min(len(s), maxText)]) }
