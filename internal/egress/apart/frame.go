// Package apart runs the gateway as a process of its own. The gateway holds
// credentials and reads what hostile programs and strange servers send; so it
// has no file system but what it needs, no rights, few system calls, and its
// only tie to the supervisor is one socket.
//
//	supervisor                                  gateway
//	  check plan and secrets, hold the listening sockets, wait for the first
//	  connection
//	  start the process            ─────────►   lock itself in
//	        ─── descriptors, start ─────────►   serve
//	        ◄── serving ─────────────────────
//	        ◄── event ───────────────────────   before the side effect
//	  write it to the journal
//	        ─── written ────────────────────►   the side effect
//	        ─── count ──────────────────────►
//	        ◄── counts ──────────────────────
//	        ◄── refresh ─────────────────────   a credential has ended
//	        ─── refreshed ──────────────────►
//	        ◄── fault ───────────────────────   the run ends
//	        ─── close ──────────────────────►   close all, record what was counted
//	        ◄── closed ──────────────────────   end
//
// Where the socket closes, the gateway ends; where the gateway ends, its
// sockets close with it, and the run ends. What the gateway says is judged
// before it is believed: it may have been taken over.
package apart

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// Kinds of frames: the first byte of each. Then follow four bytes, the length of
// the body, most significant first, and the body.
const (
	frameStart   = 'S' // JSON of start
	frameWritten = 'W' // eight bytes: how many events are in the journal
	frameCount   = '?' // eight bytes, which come back before the counts
	frameClose   = 'Q'
	frameFresh   = 'A' // the eight bytes of the question, 1 or 0, the secret or why there is none

	frameServing = 'R'
	frameEvent   = 'E' // JSON of one event
	frameCounts  = 'C' // the eight bytes, then JSON of egress.Stats
	frameRefresh = 'r' // eight bytes, which come back with the answer, and a credential's name
	frameFault   = 'F' // text: why nothing can go on
	frameClosed  = 'X' // text: what could not be recorded at the end, or nothing
)

const (
	headerSize = 5
	// maxFrame bounds what the gateway may send in one frame. The longest event
	// has some strings of a few hundred bytes.
	maxFrame = 32 << 10
	// maxStart bounds the first frame, which the gateway takes: a plan with
	// thousands of rules, and certificates.
	maxStart = 64 << 20
	// sendTime is how long one side waits for the other to take a frame.
	sendTime = 10 * time.Second
)

// errFrame is for bytes that are no frame of this protocol.
var errFrame = errors.New("malformed message")

// readFrame reads one frame whose body has at most that many bytes.
func readFrame(r *bufio.Reader, most int) (kind byte, body []byte, err error) {
	head, err := r.Peek(headerSize)
	if err != nil {
		return 0, nil, err
	}
	kind, n := head[0], binary.BigEndian.Uint32(head[1:])
	if uint64(n) > uint64(most) {
		return 0, nil, fmt.Errorf("%w: %d bytes, of at most %d", errFrame, n, most)
	}
	if _, err := r.Discard(headerSize); err != nil {
		return 0, nil, err
	}
	body = make([]byte, n)
	_, err = io.ReadFull(r, body)
	return kind, body, err
}

// sender writes frames from several goroutines, each whole.
type sender struct {
	mu   sync.Mutex
	conn net.Conn
	buf  []byte
}

// send writes one frame. A peer that does not read for sendTime is lost.
func (s *sender) send(kind byte, parts ...[]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sendLocked(kind, parts...)
}

func (s *sender) sendLocked(kind byte, parts ...[]byte) error {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	if n > maxStart {
		return fmt.Errorf("%w: %d bytes to send, of at most %d", errFrame, n, maxStart)
	}
	b := binary.BigEndian.AppendUint32(append(s.buf[:0], kind), uint32(n))
	for _, p := range parts {
		b = append(b, p...)
	}
	if kind == frameStart || kind == frameFresh {
		defer clear(b) // the secrets in it
		s.buf = nil
	} else if len(b) <= maxFrame {
		s.buf = b
	}
	if err := s.conn.SetWriteDeadline(time.Now().Add(sendTime)); err != nil {
		return err
	}
	_, err := s.conn.Write(b)
	return err
}

func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
