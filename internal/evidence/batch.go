package evidence

import (
	"bytes"
	"fmt"
	"time"
)

// batch is the lines that one Record writes, and where the chain stands after
// them. Nothing of it counts until it is written.
type batch struct {
	lines []byte
	sum   Summary
	now   time.Time
}

// add appends one event to the chain. One that is still too long for a line is
// cut harder, and refused if even that does not help.
func (b *batch) add(e Event) error {
	if b.sum.Events >= MaxEvents {
		return fmt.Errorf("the journal holds %d events and takes no more", MaxEvents)
	}
	e.Seq, e.Time = uint64(b.sum.Events)+1, b.now
	line, err := link{Prev: b.sum.Head, Event: e}.encode()
	if err != nil {
		return err
	}
	if within(line) {
		b.append(line)
		return nil
	}
	for _, max := range []int{maxString, maxString / 8, maxString / 64} {
		line, err := link{Prev: b.sum.Head, Event: bounded(e, max)}.encode()
		if err != nil {
			return err
		}
		if len(line) < MaxLine {
			b.append(line)
			return nil
		}
	}
	return fmt.Errorf("a %s event is longer than %d bytes", e.Kind(), MaxLine)
}

// short is so few bytes that no string in them, and no list, can be over its
// bound: an entry of a list takes three at least.
const short = 3 * maxList

// within tells that a line needs no cutting. What is not valid UTF-8 stands in
// it as this escape, and a character that is the same as itself.
func within(line []byte) bool {
	return len(line) < short && !bytes.Contains(line, []byte(`\ufffd`))
}

// append moves the chain on by one line.
func (b *batch) append(line []byte) {
	b.lines = append(append(b.lines, line...), '\n')
	b.sum.Events++
	b.sum.Bytes += int64(len(line)) + 1
	b.sum.Head = hashLine(line)
}
