package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"ringwall/internal/evidence"
	"ringwall/internal/host"
	"ringwall/internal/plan"
	"ringwall/internal/policy"
)

// archive is what the state directory keeps of earlier runs.
type archive struct {
	state string
	stage stager
}

func (e *env) archive() (archive, error) {
	h, err := host.Basics(e.vars)
	return archive{h.StateDir, e.stage()}, err
}

// here is the project in the current folder.
func (e *env) here() (string, error) {
	dir, err := e.find(policy.FileName)
	return realPath(dir), err
}

func (a archive) runDir(run string) string { return filepath.Join(a.state, "runs", run) }

// has tells whether a name is that of a run.
func (a archive) has(run string) bool {
	return run != "" && run == filepath.Base(run) && run != "." && run != ".." && present(a.runDir(run))
}

// names lists all runs, newest first.
func (a archive) names() ([]string, error) {
	found, err := os.ReadDir(filepath.Join(a.state, "runs"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var out []string
	for _, d := range found {
		if d.IsDir() {
			out = append(out, d.Name())
		}
	}
	slices.SortFunc(out, func(x, y string) int { return a.compare(y, x) })
	return out, nil
}

// compare orders runs by their beginning: the name tells the second, and within
// it the plan, which is written once.
func (a archive) compare(x, y string) int {
	const second = len("20060102-150405")
	if len(x) < second || len(y) < second || x[:second] != y[:second] {
		return strings.Compare(x, y)
	}
	return a.begun(x).Compare(a.begun(y))
}

func (a archive) begun(run string) time.Time {
	info, err := os.Lstat(filepath.Join(a.runDir(run), "plan.json"))
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// of lists the runs of a project, newest first; of all projects for "".
func (a archive) of(project string) ([]string, error) {
	all, err := a.names()
	if project == "" {
		return all, err
	}
	return slices.DeleteFunc(all, func(run string) bool { return a.project(run) != project }), err
}

// project is what a run worked on; empty where nothing says so.
func (a archive) project(run string) string {
	project := ""
	f, err := os.Open(filepath.Join(a.runDir(run), "journal.jsonl"))
	if err != nil {
		return ""
	}
	defer f.Close()
	enough := errors.New("enough")
	evidence.Read(f, func(e evidence.Event) error {
		if e.RunStarted != nil {
			project = e.RunStarted.Project
			return enough
		}
		if e.Recovered != nil { // of the run before
			return nil
		}
		return enough
	})
	return project
}

// plan is the plan that a run was made under.
func (a archive) plan(run string) (plan.Plan, error) {
	var p plan.Plan
	data, err := os.ReadFile(filepath.Join(a.runDir(run), "plan.json"))
	if err == nil {
		err = json.Unmarshal(data, &p)
	}
	return p, err
}

// iteration is one of a run.
type iteration struct {
	n int
	*kept
}

// iterations are those of a run, in order.
func (a archive) iterations(run string) ([]iteration, error) {
	found, err := os.ReadDir(filepath.Join(a.runDir(run), "iterations"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var out []iteration
	for _, d := range found {
		n, err := strconv.Atoi(d.Name())
		if err != nil || n < 1 || !d.IsDir() {
			continue
		}
		k, err := a.stage.look(filepath.Join(a.runDir(run), "iterations", d.Name()))
		if err != nil {
			return nil, fmt.Errorf("look at iteration %d of run %s: %w", n, run, err)
		}
		if k.idle() {
			k.State = stateNothing
		}
		out = append(out, iteration{n, k})
	}
	slices.SortFunc(out, func(x, y iteration) int { return x.n - y.n })
	return out, nil
}

// waits is how many decisions a run waits for.
func waits(its []iteration) int {
	n := 0
	for _, it := range its {
		n += it.waits()
	}
	return n
}

// atWork tells whether a project's active run goes on, or was cut short. Whoever
// asks holds no lock; for the moment of asking it takes one that others share.
func atWork(place string) (run string, busy bool) {
	run, err := marked(filepath.Join(place, activeMark))
	if err != nil || run != filepath.Base(run) {
		return "", false
	}
	lock, err := lockFile(filepath.Join(place, "lock"))
	if err != nil {
		return run, true
	}
	lock.Close()
	return run, false
}

// lockProject keeps runs away while something of a project is changed.
func (a archive) lockProject(project string) (*os.File, error) {
	place := placeOf(a.state, project)
	if err := os.MkdirAll(place, 0o700); err != nil {
		return nil, err
	}
	lock, err := lockFile(filepath.Join(place, "lock"))
	if err != nil {
		return nil, withHint("wait for it, or stop it", "a ringwall works on the project %q: %w", project, err)
	}
	return lock, nil
}

// needsRecovery tells of a run of the project that was cut short. It is asked
// with the lock in hand.
func (a archive) needsRecovery(project string) error {
	run, err := marked(filepath.Join(placeOf(a.state, project), activeMark))
	if err != nil || !a.has(run) {
		return nil
	}
	return withHint("ringwall recover", "run %s was cut short and has to be settled first", strings.TrimSpace(run))
}
