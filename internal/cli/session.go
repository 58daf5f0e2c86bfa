package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ringwall/internal/evidence"
	"ringwall/internal/plan"
	"ringwall/internal/stage"
)

// session is one run: its directory, its journal, and the lock on the project.
type session struct {
	work    *work
	run     string // its name
	dir     string
	hash    string // of the plan
	journal *evidence.Journal
	// announced: RunStarted is in the journal, or could not be written.
	announced bool
	lock      *os.File
	copy      *stage.Copy // of the project, where it takes the overlay's place
	copying   func(files int, bytes int64)
	// changed: settling an earlier run took something out of the project, so
	// that the plan is of what was there before.
	changed bool
	place   string // of the project in the state directory
	id      stage.ID
	// signals are for the policy's checks after a single command; nil in a loop.
	signals <-chan os.Signal
}

// begin locks the project, settles what an interrupted run left, and opens the
// journal.
func (e *env) begin(w *work) (*session, error) {
	s := &session{work: w, run: w.run, copying: copyProgress(e.err)}
	s.place = placeOf(w.host.StateDir, w.plan.Project)
	s.dir = filepath.Join(w.host.StateDir, "runs", s.run)
	for _, d := range []string{s.place, s.dir} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, fmt.Errorf("make room for the run: %w", err)
		}
	}
	var err error
	if s.lock, err = lockFile(filepath.Join(s.place, "lock")); err != nil {
		os.Remove(s.dir)
		return nil, withHint("wait for it, or stop it", "another ringwall works on this project: %w", err)
	}
	if err := s.open(e); err != nil {
		s.lock.Close()
		return nil, err
	}
	return s, nil
}

func (s *session) open(e *env) error {
	var err error
	if s.id, err = stage.Pin(s.work.plan.Project); err != nil {
		return err
	}
	if s.journal, err = evidence.Create(filepath.Join(s.dir, "journal.jsonl")); err != nil {
		return err
	}
	if err := s.recover(e); err != nil {
		return err
	}
	return mark(filepath.Join(s.place, activeMark), s.run)
}

// announce writes the plan and RunStarted, once. No command runs before that.
func (s *session) announce(kind string, limit int) error {
	if s.announced {
		return nil
	}
	s.announced = true
	if err := s.writePlan(); err != nil {
		return err
	}
	return errors.Join(s.journal.Record(evidence.Event{RunStarted: s.started(kind, limit)}), s.recordBypass())
}

// writePlan writes the very bytes that the plan's hash is of.
func (s *session) writePlan() error {
	b, err := s.work.plan.Canonical()
	if err != nil {
		return err
	}
	s.hash = plan.HashOf(b)
	return os.WriteFile(filepath.Join(s.dir, "plan.json"), b, 0o600)
}

func (s *session) started(kind string, limit int) *evidence.RunStarted {
	p := s.work.plan
	r := &evidence.RunStarted{Run: s.run, Kind: kind, Project: p.Project, Agent: p.Agent, Command: p.Command,
		PlanHash: s.hash, PolicyHash: p.Policy, MaxIterations: limit, Ringwall: version, Kernel: s.work.host.Kernel}
	for _, c := range p.Controls {
		if c.Status != plan.Enforced {
			r.Weaker = append(r.Weaker, evidence.WeakControl{ID: c.ID, Status: string(c.Status), Why: c.Why, Waived: waived(p, c.ID)})
		}
	}
	return r
}

func waived(p plan.Plan, id string) bool {
	for _, w := range p.Waived {
		if w == id {
			return true
		}
	}
	return false
}

// end closes the journal and gives the project free.
func (s *session) end(ended evidence.RunEnded) error {
	err := s.journal.Record(evidence.Event{RunEnded: &ended})
	if s.copy != nil {
		err = errors.Join(err, s.copy.Remove())
	}
	return errors.Join(err, s.journal.Close(),
		os.Rename(filepath.Join(s.place, activeMark), filepath.Join(s.place, latestMark)), s.lock.Close())
}

// Marks in a project's place name a run: the one that goes on, or was cut
// short, and the last that ended. A mark is a link that is never followed: it is
// made in one step, and holds no data that the disk would have to be given.
const (
	activeMark = "active"
	latestMark = "latest"
)

// mark makes a mark, in place of an older one.
func mark(path, run string) error {
	err := os.Symlink(run, path)
	if errors.Is(err, fs.ErrExist) {
		err = errors.Join(os.Remove(path), os.Symlink(run, path))
	}
	return err
}

// marked reads a mark. Earlier versions wrote small files.
func marked(path string) (run string, err error) {
	if run, err = os.Readlink(path); err == nil {
		return run, nil
	}
	data, err := os.ReadFile(path)
	return strings.TrimSpace(string(data)), err
}

// runName is unique, sorts by time, and is fit for a file name and a control
// group. It is no secret: the runtime's own random numbers, which the kernel
// seeds, do.
func runName() string {
	return fmt.Sprintf("%s-%06x", time.Now().UTC().Format("20060102-150405"), rand.Uint32()>>8)
}

// recover settles what a run on this project left that was cut short, and says
// so, in this run's journal too.
func (s *session) recover(e *env) error {
	event, err := s.work.settleMarked(s.place)
	if err != nil || event == nil {
		return err
	}
	s.changed = workspaceOf(s.work.plan).Mode == plan.ModeDirect && len(event.What) > 0
	fmt.Fprintf(e.err, "recovered: run %s was cut short; %s\n", event.Run, event.Did)
	return s.journal.Record(evidence.Event{Recovered: event})
}

// settleMarked settles what a run left that was cut short, by SIGKILL or a power
// cut: the one that the project's place names as active. The caller has the
// project's lock, so nobody is at work in it. Nil: nothing was cut short.
func (w *work) settleMarked(place string) (*evidence.Recovered, error) {
	old, err := marked(filepath.Join(place, activeMark))
	if err != nil {
		return nil, nil
	}
	if old != filepath.Base(old) || old == "" || old == ".." {
		return nil, fmt.Errorf("the record of the last run on this project is damaged: %s", filepath.Join(place, activeMark))
	}
	w.dropGroups(old)
	dir := filepath.Join(w.host.StateDir, "runs", old)
	if err := w.claim(dir); err != nil {
		return nil, withHint("ringwall doctor tells what the account lacks; the changes are kept in the state directory",
			"recover run %s: what its agent made belongs to another account: %w", old, err)
	}
	event, err := settle(dir, old)
	if err != nil {
		return nil, withHint("the changes are kept in the state directory", "recover run %s: %w", old, err)
	}
	return event, nil
}

// settle finishes or drops each iteration of a run.
func settle(dir, run string) (*evidence.Recovered, error) {
	event := &evidence.Recovered{Run: run, Did: "nothing of it was left"}
	for _, it := range staged(dir) {
		r, err := stage.Recover(context.Background(), it)
		if err != nil {
			return nil, err
		}
		if r.Outcome != stage.Nothing && !ofCheck(it) {
			e := r.Event(run)
			event.Did, event.What = e.Did, append(event.What, e.What...)
			if r.Result.HeldDir != "" {
				event.Did += "; what was held is kept in " + r.Result.HeldDir
			}
		}
	}
	if err := stage.DropCopy(dir); err != nil {
		return nil, err
	}
	return event, closeJournal(dir, event)
}

// ofCheck tells whether a folder is of a check, whose changes are dropped in any
// case.
func ofCheck(dir string) bool {
	name := filepath.Base(dir)
	return name == "check" || strings.HasPrefix(name, "verify-")
}

// staged lists the folders of a run that may hold an overlay: its iterations,
// and the checks within them.
func staged(dir string) []string {
	var out []string
	for _, pattern := range []string{"*", "*/verify-*", "*/check"} {
		found, _ := filepath.Glob(filepath.Join(dir, "iterations", pattern)) // the patterns are well-formed
		for _, path := range found {
			if info, err := os.Lstat(path); err == nil && info.IsDir() {
				out = append(out, path)
			}
		}
	}
	return out
}

// closeJournal says in the interrupted run's own journal how it ended.
func closeJournal(dir string, event *evidence.Recovered) error {
	path := filepath.Join(dir, "journal.jsonl")
	if over, err := ended(path); err != nil || over {
		return err
	}
	j, _, err := evidence.Open(path)
	if err != nil {
		return err
	}
	defer j.Close()
	if err := j.Record(evidence.Event{Recovered: event}); err != nil {
		return err
	}
	return j.Record(evidence.Event{RunEnded: &evidence.RunEnded{Outcome: "interrupted",
		ExitCode: exitInterrupted, Reason: "the supervisor was killed; found at the next start"}})
}

// ended tells whether a journal says how its run ended, or is not there at all.
func ended(path string) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	over := false
	evidence.Read(f, func(e evidence.Event) error { // Open reports a broken chain
		over = over || e.RunEnded != nil // what the owner decides comes later
		return nil
	})
	return over, nil
}
