package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"ringwall/internal/evidence"
	"ringwall/internal/report"
	"ringwall/internal/review"
)

// runsList is what `ringwall runs --json` writes (schema/runs.schema.json).
type runsList struct {
	Format int       `json:"format"`
	Runs   []runInfo `json:"runs"`
}

// runInfo is one run as it is listed.
type runInfo struct {
	Run        string    `json:"run"`
	Project    string    `json:"project"`
	Kind       string    `json:"kind"`
	Started    time.Time `json:"started"`
	Ended      time.Time `json:"ended"`
	Iterations int       `json:"iterations"`
	Outcome    string    `json:"outcome"`
	Applied    int       `json:"applied"`
	Held       int       `json:"held"`  // decisions that it waits for
	State      string    `json:"state"` // active, interrupted, review, ended, unknown
	Bytes      int64     `json:"bytes"` // on disk
	Exact      bool      `json:"exact"` // false: at least that much
	Journal    string    `json:"journal"`
}

// The states of a run.
const (
	runActive      = "active"
	runInterrupted = "interrupted" // cut short, and not settled yet
	runReview      = "review"      // something waits for a decision
	runEnded       = "ended"
	runUnknown     = "unknown" // its records cannot be read
)

func (e *env) runsCommand() *cobra.Command {
	all := false
	c := &cobra.Command{
		Use:   "runs",
		Short: "List the runs: what came of them, and what they take on disk",
		Long: "List the runs of the project in the current folder, newest first. HELD counts what\n" +
			"waits for a decision: ringwall review RUN.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error { return e.runs(all) },
	}
	c.Flags().BoolVar(&all, "all", false, "of all projects")
	c.Flags().BoolVar(&e.flag.json, "json", false, "as JSON (schema/runs.schema.json)")
	return c
}

func (e *env) runs(all bool) error {
	a, err := e.archive()
	if err != nil {
		return err
	}
	project := ""
	if !all {
		if project, err = e.here(); err != nil {
			return err
		}
	}
	names, err := a.of(project)
	if err != nil {
		return err
	}
	list := runsList{Format: 1, Runs: make([]runInfo, 0, len(names))}
	for _, name := range names {
		list.Runs = append(list.Runs, a.info(name))
	}
	if e.flag.json {
		return e.printJSON(list)
	}
	e.showRuns(list.Runs, all)
	return nil
}

// info gathers what is known of a run.
func (a archive) info(name string) runInfo {
	info := runInfo{Run: name, State: runUnknown}
	info.Bytes, info.Exact = sized(a.runDir(name))
	f, err := os.Open(filepath.Join(a.runDir(name), "journal.jsonl"))
	if err != nil {
		return info
	}
	defer f.Close()
	r, err := report.Load(f)
	if err != nil {
		return info
	}
	info.Project, info.Kind, info.Started, info.Ended = evidence.Printable(r.Project), r.Kind, r.Started, r.Ended
	info.Iterations, info.Outcome, info.Applied, info.Journal = r.Iterations, r.Outcome, r.AppliedN, r.Journal.Verdict()
	info.Held, info.State = a.standing(name, r)
	return info
}

// standing is where a run stands: what it waits for, and its state.
func (a archive) standing(name string, r report.Run) (held int, state string) {
	if active, busy := atWork(placeOf(a.state, r.Project)); active == name {
		if busy {
			return 0, runActive
		}
		return 0, runInterrupted
	}
	its, err := a.iterations(name)
	switch held = waits(its); {
	case err != nil:
		return held, runUnknown
	case held > 0:
		return held, runReview
	}
	for _, it := range its {
		if it.State == stateOpen {
			return 0, runInterrupted
		}
	}
	return 0, runEnded
}

func (e *env) showRuns(runs []runInfo, all bool) {
	if len(runs) == 0 {
		fmt.Fprintln(e.out, "no runs")
		return
	}
	const row = "%-22s  %-12s  %-7s  %-11s  %7s  %4s  %s\n"
	last, waiting := "", 0
	for i, r := range runs {
		if i == 0 || all && r.Project != last {
			if last = r.Project; all {
				fmt.Fprintf(e.out, "%s%s\n", blankLine(i), orUnknown(r.Project))
			}
			fmt.Fprintf(e.out, row, "RUN", "STARTED", "KIND", "OUTCOME", "APPLIED", "HELD", "SIZE")
		}
		fmt.Fprintf(e.out, row, evidence.Printable(r.Run), when(r.Started), runKind(r), r.word(),
			fmt.Sprint(r.Applied), fmt.Sprint(r.Held), r.size())
		waiting += r.Held
	}
	if waiting > 0 {
		fmt.Fprintf(e.out, "\nnext: ringwall review RUN, for what is held\n")
	}
}

func blankLine(i int) string {
	if i == 0 {
		return ""
	}
	return "\n"
}

func orUnknown(project string) string {
	if project == "" {
		return "(no project is recorded)"
	}
	return project
}

// when is a time as people read it, in their own zone.
func when(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("Jan _2 15:04")
}

func runKind(r runInfo) string {
	if r.Kind == "loop" {
		return fmt.Sprintf("loop %d", r.Iterations)
	}
	return evidence.Printable(r.Kind)
}

// word is the outcome, or what is more urgent.
func (r runInfo) word() string {
	switch r.State {
	case runActive, runInterrupted:
		return r.State
	}
	if r.Outcome == "" {
		return "-"
	}
	return evidence.Printable(r.Outcome)
}

func (r runInfo) size() string {
	if !r.Exact {
		return ">" + review.Size(r.Bytes)
	}
	return review.Size(r.Bytes)
}
