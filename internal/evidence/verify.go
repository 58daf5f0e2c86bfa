package evidence

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// MaxEvents is the most events that a journal may hold.
const MaxEvents = 1 << 20

// Summary is what is known of a journal after its chain was followed.
type Summary struct {
	Events int    // whole lines whose chain holds
	Bytes  int64  // of those lines
	Head   string // sha256 of the last one; 64 zeros if there is none
}

// ChainError names the first line of a journal that cannot be believed.
type ChainError struct {
	Line   int // from 1
	Reason string
	// Torn: the last line has no end. That is what a crash in the middle of a
	// write leaves, or a run that is still writing.
	Torn bool
}

// Error gives the line and the reason.
func (e *ChainError) Error() string { return fmt.Sprintf("journal line %d: %s", e.Line, e.Reason) }

// Verify follows the chain from the first line to the last. Any line that was
// edited, cut out, moved, repeated or put in is found, with one exception that
// no chain can see from the inside: lines cut off at the end, or a last line
// replaced. Whoever kept the head compares it with [Summary].Head.
//
// The error is a *[ChainError], or that of r.
func Verify(r io.Reader) (Summary, error) {
	return Read(r, func(Event) error { return nil })
}

// Read is [Verify] that hands each event to fn, in order. An event is handed
// over when the line after it has confirmed it, so fn never sees one that was
// edited; the last is confirmed by none. An error of fn ends the reading and
// is returned as it is.
func Read(r io.Reader, fn func(Event) error) (Summary, error) {
	rd := reader{in: bufio.NewReaderSize(r, MaxLine), fn: fn, sum: Summary{Head: zeroHash}}
	err := rd.run()
	return rd.sum, err
}

// reader follows one chain. The line read last waits in pending until the next
// one has confirmed its hash.
type reader struct {
	in      *bufio.Reader
	fn      func(Event) error
	sum     Summary
	last    []byte // the pending line
	pending *Event
}

// run reads until the end or the first line that cannot be believed.
func (r *reader) run() error {
	for {
		line, err := r.line()
		if errors.Is(err, io.EOF) {
			return r.flush()
		}
		if err != nil {
			return r.broken(err)
		}
		if err := r.take(line); err != nil {
			return err
		}
	}
}

// broken hands over the pending line and then returns err: nothing speaks
// against the lines before an unreadable one.
func (r *reader) broken(err error) error {
	if ferr := r.flush(); ferr != nil {
		return ferr
	}
	return err
}

// line is the next whole line without its newline, valid until the next call.
func (r *reader) line() ([]byte, error) {
	n := r.sum.Events + 1
	line, err := r.in.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, &ChainError{Line: n, Reason: fmt.Sprintf("longer than %d bytes", MaxLine)}
	case errors.Is(err, io.EOF) && len(line) > 0:
		return nil, &ChainError{Line: n, Reason: "the last line is not whole", Torn: true}
	case err != nil:
		return nil, err
	case n > MaxEvents:
		return nil, &ChainError{Line: n, Reason: fmt.Sprintf("more than %d events", MaxEvents)}
	}
	return line[:len(line)-1], nil
}

// take checks one line against the one before it.
func (r *reader) take(line []byte) error {
	n := r.sum.Events + 1
	l, err := decode(line)
	if err != nil {
		return r.broken(&ChainError{Line: n, Reason: err.Error()})
	}
	if l.Prev != r.sum.Head {
		return r.blame(line, l)
	}
	if l.Event.Seq != uint64(n) {
		return r.broken(&ChainError{Line: n, Reason: fmt.Sprintf("is numbered %d", l.Event.Seq)})
	}
	if err := r.flush(); err != nil {
		return err
	}
	r.last = append(r.last[:0], line...)
	r.pending = &l.Event
	r.sum.Events, r.sum.Head = n, hashLine(line)
	r.sum.Bytes += int64(len(line)) + 1
	return nil
}

// blame tells which of two neighbours was touched when the second does not
// hold the hash of the first.
func (r *reader) blame(line []byte, l link) error {
	n := r.sum.Events + 1
	seq, same := l.Event.Seq, bytes.Equal(line, r.last)
	switch {
	case n == 1:
		return &ChainError{Line: 1, Reason: "is not the first line of a journal"}
	case seq > uint64(n):
		return r.broken(&ChainError{Line: n, Reason: fmt.Sprintf("is numbered %d: lines before it are missing or moved", seq)})
	case same || seq+1 < uint64(n):
		return r.broken(&ChainError{Line: n, Reason: fmt.Sprintf("repeats number %d", seq)})
	case r.confirmed(hashLine(line)):
		r.sum.Events-- // the pending line is the bad one and is not handed over
		return &ChainError{Line: n - 1, Reason: fmt.Sprintf("was changed or put in: line %d holds another hash of it", n)}
	}
	return r.broken(&ChainError{Line: n, Reason: "does not hold the hash of the line before it"})
}

// confirmed reports whether the line after this one holds its hash. A last
// line has no witness, so the doubt falls on the line before it.
func (r *reader) confirmed(hash string) bool {
	next, err := r.in.ReadSlice('\n')
	if err != nil {
		return true
	}
	l, err := decode(next[:len(next)-1])
	return err == nil && l.Prev == hash
}

// flush hands the pending event over.
func (r *reader) flush() error {
	if r.pending == nil {
		return nil
	}
	e := *r.pending
	r.pending = nil
	return r.fn(e)
}
