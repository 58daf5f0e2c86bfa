package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"ringwall/internal/evidence"
	"ringwall/internal/plan"
	"ringwall/internal/report"
	"ringwall/internal/review"
	"ringwall/internal/stage"
)

// subject is a run that is being reviewed.
type subject struct {
	archive archive
	plan    plan.Plan
	whole   review.Run // all of it
	run     review.Run // what is meant of it
	its     []iteration
	// entries finds what stands behind a change.
	entries map[entryKey]stage.Entry
}

type entryKey struct {
	iteration   int
	path, state string
}

// subject gathers what a run left.
func (a archive) subject(run string) (*subject, error) {
	s := &subject{archive: a, entries: map[entryKey]stage.Entry{}}
	var err error
	if s.plan, err = a.plan(run); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the plan of run %s: %w", run, err)
	}
	if s.its, err = a.iterations(run); err != nil {
		return nil, err
	}
	s.run = review.Run{Format: review.Format, Run: run, Project: evidence.Printable(s.plan.Project),
		Outcome: a.outcome(run), Iterations: []review.Iteration{}}
	for _, it := range s.its {
		listed := s.iteration(it)
		if it.State == stateKept {
			listed.Changes = append(listed.Changes, s.partsOf(it)...)
		}
		s.run.Iterations = append(s.run.Iterations, listed)
	}
	s.run.Count()
	s.whole = s.run
	s.whole.Iterations = slices.Clone(s.run.Iterations)
	return s, nil
}

func (a archive) outcome(run string) string {
	f, err := os.Open(filepath.Join(a.runDir(run), "journal.jsonl"))
	if err != nil {
		return report.Unfinished
	}
	defer f.Close()
	r, err := report.Load(f)
	if err != nil {
		return report.Unfinished
	}
	return evidence.Printable(r.Outcome)
}

func (s *subject) iteration(it iteration) review.Iteration {
	out := review.Iteration{Number: it.n, State: string(it.State), Why: evidence.Printable(it.Why), Changes: []review.Change{}}
	add := func(e stage.Entry, state, sum string) {
		c := changeOf(it.n, e, state)
		c.SHA256 = sum
		s.entries[entryKey{it.n, c.Path, state}] = e
		out.Changes = append(out.Changes, c)
	}
	held, applied := review.Held, review.Applied
	switch it.State {
	case stateKept:
		held = review.Kept
	case stateRolledBack:
		applied = review.Undone
	}
	for _, h := range it.Held {
		add(h.Entry, held, h.SHA256)
	}
	for _, e := range it.Applied {
		inside, err := s.archive.stage.inside(it.kept, e, mostParts)
		if err != nil {
			e.Detail = strings.TrimPrefix(e.Detail+"; what is in it cannot be read: "+err.Error(), "; ")
		}
		slices.SortFunc(inside, func(a, b stage.Entry) int { return strings.Compare(string(a.Path), string(b.Path)) })
		for _, e := range append([]stage.Entry{e}, inside...) {
			add(e, applied, "")
		}
	}
	for _, h := range it.Dropped {
		add(h.Entry, review.Dropped, h.SHA256)
	}
	if it.State == stateKept && len(it.Held) == 0 {
		out.Changes = append(out.Changes, review.Change{Iteration: it.n, State: review.Kept, Class: "kept", Why: out.Why})
	}
	return out
}

// mostParts bounds what is listed of a changeset that is kept whole, and of a
// folder that was applied as one.
const mostParts = 5000

// partsOf lists what is in a changeset that is kept whole.
func (s *subject) partsOf(it iteration) []review.Change {
	o, err := optionsFor(s.plan, s.run.Run, it.kept)
	var entries []stage.Entry
	if err == nil {
		entries, err = s.archive.stage.parts(context.Background(), o)
	}
	if err != nil {
		return []review.Change{{Iteration: it.n, State: review.Part, Path: "(not listed)", Class: "kept",
			Why: "cannot be read: " + evidence.Printable(err.Error())}}
	}
	it.inProject(o.Project)
	var out []review.Change
	for _, e := range entries[:min(mostParts, len(entries))] {
		c := changeOf(it.n, e, review.Part)
		s.entries[entryKey{it.n, c.Path, review.Part}] = e
		out = append(out, c)
	}
	if n := len(entries) - mostParts; n > 0 {
		out = append(out, review.Change{Iteration: it.n, State: review.Part, Path: fmt.Sprintf("(and %d more)", n), Class: "kept"})
	}
	return out
}

// changeOf is an entry as a person sees it.
func changeOf(n int, e stage.Entry, state string) review.Change {
	c := review.Change{Iteration: n, State: state, Path: e.Path.String(), Action: string(e.Shown()), Class: string(e.Class),
		Why: evidence.Printable(e.Detail), Type: string(e.Type), OldType: string(e.Lower.Type), Size: e.Size,
		Target: e.Target.String()}
	if e.Type != stage.Symlink && e.Action != stage.Deleted {
		c.Mode = octal(e.Mode)
	}
	if e.Lower.Type != stage.Absent && e.Lower.Type != stage.Symlink {
		c.OldMode = octal(e.Lower.Mode)
	}
	more(&c, e)
	if c.Runs == "" && c.Why == "" && e.Type == stage.File && e.Action == stage.Added && e.Mode&0o111 != 0 {
		c.Runs = "runs on the host: new executable" // in a folder that was applied as one nothing else says so
	}
	return c
}

func octal(mode uint32) string { return fmt.Sprintf("%04o", mode) }

// only leaves the changes that are named, or lie in a folder that is.
func (s *subject) only(paths []string, number int) error {
	used := make([]bool, len(paths))
	for i := range s.run.Iterations {
		it := &s.run.Iterations[i]
		left := []review.Change{}
		for _, c := range it.Changes {
			if (number == 0 || number == it.Number) && fits(c, paths, used) {
				left = append(left, c)
			}
		}
		it.Changes = left
	}
	for i, p := range paths {
		if !used[i] {
			return withHint("ringwall review --list names them; a folder stands for all in it",
				"run %s changed nothing that is called %q", s.run.Run, p)
		}
	}
	s.run.Count()
	return nil
}

// fits tells whether a change is among the paths, and which of them it is. A
// name is written as it is listed.
func fits(c review.Change, paths []string, used []bool) bool {
	hit := len(paths) == 0
	for i, p := range paths {
		p = path.Clean(p)
		if c.Path == p || strings.HasPrefix(c.Path, p+"/") || p == "." {
			hit, used[i] = true, true
		}
	}
	return hit && (!c.Whole() || len(paths) == 0)
}

// diff compares the two sides of a change. What cannot be read is said.
func (s *subject) diff(c review.Change) *review.Diff {
	e, known := s.entries[entryKey{c.Iteration, c.Path, c.State}]
	if !known {
		return review.Compare(c, nil, nil)
	}
	k := s.keptOf(c.Iteration)
	old := e
	if was, moved := s.entries[entryKey{c.Iteration, c.From, c.State}]; moved && c.From != "" {
		old = was
	}
	before, err1 := side(old.Lower.Type, func() (io.ReadCloser, error) { return k.sides.Old(old) })
	after, err2 := side(e.Type, func() (io.ReadCloser, error) { return k.sides.New(e) })
	if after == nil && e.Type == stage.Symlink && e.Action != stage.Deleted {
		after = review.TextSide(string(e.Target))
	}
	d := review.Compare(c, before, after)
	for _, err := range []error{err1, err2} {
		if err != nil {
			d.Notes = append(d.Notes, "cannot be read: "+evidence.Printable(err.Error()))
		}
	}
	return d
}

func (s *subject) keptOf(n int) *kept {
	for _, it := range s.its {
		if it.n == n {
			return it.kept
		}
	}
	return nil
}

// side reads one side; nil where there is none.
func side(t stage.Type, open func() (io.ReadCloser, error)) (*review.Side, error) {
	if t != stage.File && t != stage.Symlink {
		return nil, nil
	}
	r, err := open()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer r.Close()
	s, err := review.Load(r)
	if err == nil && t == stage.Symlink {
		s = review.TextSide(string(bytes.TrimSuffix(s.Text, []byte("\n"))))
	}
	return s, err
}
