package stage

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// header is the first line of a journal of applying.
type header struct {
	Version   int    `json:"version"`
	Run       string `json:"run"`
	Project   Name   `json:"project"`
	ProjectID ID     `json:"project_id"`
	Nonce     string `json:"nonce"`          // in temporary names, so that nobody can have made one before
	Undo      string `json:"undo,omitempty"` // the journal whose operations are undone
	Accept    bool   `json:"accept,omitempty"`
	Ops       int    `json:"ops"` // lines that follow; fewer: nothing was begun
}

// line is one of the others: an operation, or a note on one.
type line struct {
	Op *op `json:"op,omitempty"`
	// Of says that Op takes part in replacing that operation, and Expanded that
	// all have been said.
	Of       *int `json:"of,omitempty"`
	Expanded *int `json:"expanded,omitempty"`
	// Put and Took are what was made in the project, and in the store, where it
	// is not the file of the operation itself.
	Put  *noted `json:"put,omitempty"`
	Took *noted `json:"took,omitempty"`
	// Copy says that from here on files are copied: the project is on another
	// file system.
	Copy bool `json:"copy,omitempty"`
}

// noted is a file or folder that took the place of an operation's own.
type noted struct {
	N     int   `json:"n"`
	Stat  Stat  `json:"stat"`
	Marks marks `json:"marks,omitempty"`
}

// journal is what one transaction has written down.
type journal struct {
	head header
	ops  []op
	put  map[int]noted
	took map[int]noted
	copy bool
	fd   int   // for appending; -1: closed
	size int64 // of what is whole
}

func newJournal(h header) *journal {
	return &journal{head: h, fd: -1, put: map[int]noted{}, took: map[int]noted{}}
}

func (j *journal) close() {
	(&dir{j.fd}).close()
	j.fd = -1
}

// open makes the journal's file. While it is not whole it counts as none, so
// that it needs no temporary name.
func (j *journal) open(at *dir, name string) error {
	fd, err := unix.Openat(at.fd, name, unix.O_RDWR|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("create %s: %w", name, err)
	}
	j.fd = fd
	return nil
}

// write writes the operations and waits for the disk: no change of the project
// is made before.
func (j *journal) write(at *dir, name string) error {
	j.head.Ops = len(j.ops)
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(j.head); err != nil {
		return fmt.Errorf("encode %s: %w", name, err)
	}
	for i := range j.ops {
		if err := enc.Encode(line{Op: &j.ops[i]}); err != nil {
			return fmt.Errorf("encode %s: %w", name, err)
		}
	}
	j.size = int64(b.Len())
	if err := writeSync(j.fd, b.Bytes()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if at.ordered() {
		return nil // to sync a new file makes its name durable too
	}
	return at.sync()
}

// create is both.
func (j *journal) create(at *dir, name string) error {
	if err := j.open(at, name); err != nil {
		return err
	}
	return j.write(at, name)
}

// note adds a line. It is not waited for: a crash of ours loses nothing that was
// written, and after a power cut a missing note makes a conflict of what was done.
func (j *journal) note(lines ...line) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, l := range lines {
		if err := enc.Encode(l); err != nil {
			return err
		}
	}
	for _, l := range lines {
		j.take(l, nil)
	}
	_, err := (&file{j.fd}).Write(b.Bytes())
	return err
}

// openJournal reads a journal and opens it for adding to. It is nil where there
// is none, or one that was never begun.
func openJournal(at *dir, name string) (*journal, error) {
	fd, err := open2(at.fd, name, unix.O_RDWR|unix.O_NOFOLLOW|unix.O_APPEND, beneath)
	if err == unix.ENOENT {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	f := &file{fd}
	b, err := io.ReadAll(io.LimitReader(f, maxRecord))
	if err != nil {
		f.close()
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	j, err := parseJournal(b)
	if err != nil || j == nil {
		f.close()
		return nil, err
	}
	j.fd = fd
	return j, nil
}

var errVersion = errors.New("the record is not one of this version")

// parseJournal reads what is whole of a journal.
func parseJournal(b []byte) (*journal, error) {
	first, rest, whole := bytes.Cut(b, []byte("\n"))
	if !whole {
		return nil, nil
	}
	j := newJournal(header{})
	if err := json.Unmarshal(first, &j.head); err != nil || j.head.Version != recordVersion || !plainRun(j.head.Run) {
		return nil, errVersion
	}
	j.size = int64(len(first) + 1)
	open := map[int][]op{}
	for n := 0; ; n++ {
		one, after, whole := bytes.Cut(rest, []byte("\n"))
		if !whole {
			if n < j.head.Ops {
				return nil, nil
			}
			return j, nil
		}
		var l line
		if err := json.Unmarshal(one, &l); err != nil {
			return nil, errVersion
		}
		if l.Op == nil && n < j.head.Ops {
			return nil, errVersion
		}
		j.take(l, open)
		j.size += int64(len(one) + 1)
		rest = after
	}
}

// take counts a line in. Operations that replace another count when all of them
// were written; open has those that still wait for that, nil when they came in
// one piece.
func (j *journal) take(l line, open map[int][]op) {
	switch {
	case l.Op != nil && l.Of != nil && open != nil:
		open[*l.Of] = append(open[*l.Of], *l.Op)
	case l.Op != nil && l.Of == nil && open != nil:
		j.ops = append(j.ops, *l.Op)
	case l.Expanded != nil && open != nil:
		j.replace(*l.Expanded, open[*l.Expanded])
		delete(open, *l.Expanded)
	case l.Put != nil:
		j.put[l.Put.N] = *l.Put
	case l.Took != nil:
		j.took[l.Took.N] = *l.Took
	case l.Copy:
		j.copy = true
	}
}

// replace puts others in the place of an operation.
func (j *journal) replace(n int, by []op) {
	for i := range j.ops {
		if j.ops[i].N == n {
			j.ops = append(j.ops[:i:i], append(by, j.ops[i+1:]...)...)
			return
		}
	}
}

// next is a number that no operation has.
func (j *journal) next() int {
	n := 0
	for _, o := range j.ops {
		n = max(n, o.N+1)
	}
	return n
}

// expand replaces an operation by others and writes that down first.
func (j *journal) expand(n int, by []op) error {
	lines := make([]line, 0, len(by)+1)
	at := j.next()
	for i := range by {
		by[i].N = at + i
		lines = append(lines, line{Op: &by[i], Of: &n})
	}
	if err := j.note(append(lines, line{Expanded: &n})...); err != nil {
		return err
	}
	j.replace(n, by)
	return nil
}

// resume cuts off a line that was not written whole.
func (j *journal) resume() error { return unix.Ftruncate(j.fd, j.size) }
