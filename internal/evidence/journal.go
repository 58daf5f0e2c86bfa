package evidence

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// DefaultMaxBytes is the budget of a journal unless [MaxBytes] sets another.
const DefaultMaxBytes = 64 << 20

// ErrPoisoned is in the chain of every error of Record after a write failed. A
// journal that has lost one event can vouch for nothing after it.
var ErrPoisoned = errors.New("the journal failed and takes no more events")

// ErrBusy means that another process writes to the journal. Two writers would
// each continue a chain that the other has already moved on.
var ErrBusy = errors.New("another process is writing to this journal")

// Journal is the append-only record of one run, a file of JSON lines. Each
// line holds the hash of the one before it. It is safe for concurrent use.
type Journal struct {
	mu      sync.Mutex
	file    *os.File
	sum     Summary
	max     int64
	now     func() time.Time
	dropped map[Kind]int
	matters bool  // it holds more than routine: the disk is waited for
	owed    bool  // something is not known to be on disk
	named   bool  // the file's name in its folder is on disk
	waits   int   // how often the disk was waited for
	err     error // set once: poisoned or closed
}

// Option changes how a journal is kept.
type Option func(*Journal)

// MaxBytes sets the budget. Above it only essential events are written, that
// is those that open, close, apply, recover or limit; the others are counted,
// and a warning in the journal says so. Requests, of which the agent decides
// the number, may use half of the budget.
func MaxBytes(n int64) Option { return func(j *Journal) { j.max = n } }

// Create makes a new journal that only its owner can read. The folder must
// exist and the file must not. The disk is first waited for when an event is
// recorded that asks for it.
func Create(path string, opts ...Option) (*Journal, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create journal: %w", err)
	}
	if err := lock(f); err != nil {
		return nil, errors.Join(fmt.Errorf("create journal: %w", err), f.Close(), os.Remove(path))
	}
	return newJournal(f, Summary{Head: zeroHash}, opts), nil
}

// newJournal goes on after what sum says of the file.
func newJournal(f *os.File, sum Summary, opts []Option) *Journal {
	j := &Journal{file: f, sum: sum, max: DefaultMaxBytes, now: time.Now, dropped: map[Kind]int{}}
	for _, o := range opts {
		o(j)
	}
	return j
}

// Record appends the event in one write, and waits for the disk where a change
// of the project follows or anything that is not routine has come to an end.
// Seq and Time are filled in; long strings are cut with a mark.
// An event that is not valid is refused and harms nothing; a failed write
// poisons the journal.
func (j *Journal) Record(e Event) error {
	if err := e.Validate(); err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return j.err
	}
	next := batch{sum: j.sum, now: j.now().UTC().Round(0)}
	if err := j.compose(&next, e); err != nil {
		return err
	}
	t := traits(e.Kind())
	j.matters = j.matters || !e.routine()
	return j.write(next, j.matters && (t.sync || t.close))
}

// compose fills the batch with the lines that the event becomes.
func (j *Journal) compose(b *batch, e Event) error {
	k := e.Kind()
	if k == KindRunEnded && len(j.dropped) > 0 {
		if err := b.add(Event{Warning: &Warning{Message: j.droppedMessage()}}); err != nil {
			return err
		}
	}
	for i, part := range split(e) {
		if j.spent(b, k, i) {
			return j.drop(b, k)
		}
		if err := b.add(part); err != nil {
			return err
		}
	}
	return nil
}

// spent reports whether the budget has no room for part i of an event.
func (j *Journal) spent(b *batch, k Kind, i int) bool {
	t, limit := traits(k), j.max
	if t.essential && i == 0 {
		return false
	}
	if t.flood {
		limit /= 2
	}
	return b.sum.Bytes >= limit || b.sum.Events >= MaxEvents/2
}

// drop counts an event that is not written. The first is told at once.
func (j *Journal) drop(b *batch, k Kind) error {
	first := len(j.dropped) == 0
	j.dropped[k]++
	if !first {
		return nil
	}
	return b.add(Event{Warning: &Warning{Message: fmt.Sprintf(
		"the journal's budget of %d bytes is spent, beginning with %q: further events that are not essential are counted, not recorded", j.max, k)}})
}

// droppedMessage says what was left out.
func (j *Journal) droppedMessage() string {
	var parts []string
	for k, n := range j.dropped {
		parts = append(parts, fmt.Sprintf("%d %s", n, k))
	}
	slices.Sort(parts)
	return "events not recorded, because the journal's budget was spent: " + strings.Join(parts, ", ")
}

// write appends the batch. After a failure nothing is known of the file's end,
// so nothing may follow.
func (j *Journal) write(b batch, sync bool) error {
	if len(b.lines) == 0 {
		return nil
	}
	j.owed = true
	_, err := j.file.Write(b.lines)
	if err == nil && sync {
		err = j.wait()
	}
	if err != nil {
		j.err = fmt.Errorf("%w: %w", ErrPoisoned, err)
		return j.err
	}
	j.sum = b.sum
	return nil
}

// wait returns when all that was written is on disk, and the first time also
// the file's name.
func (j *Journal) wait() error {
	j.waits++
	err := j.file.Sync()
	if err == nil && !j.named {
		err = syncDir(filepath.Dir(j.file.Name()))
	}
	j.owed, j.named = err != nil, err == nil
	return err
}

// Summary is the number of events so far and the hash of the last.
func (j *Journal) Summary() Summary {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.sum
}

// Close closes the file, with all that is worth a wait on disk. Further events
// fail.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if errors.Is(j.err, os.ErrClosed) {
		return nil
	}
	failed := j.err
	j.err = fmt.Errorf("journal: %w", os.ErrClosed)
	if j.owed && j.matters {
		failed = errors.Join(failed, j.wait())
	}
	return errors.Join(failed, j.file.Close())
}
