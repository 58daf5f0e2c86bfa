package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"ringwall/internal/evidence"
	"ringwall/internal/host"
)

// recovery is what `ringwall recover --json` writes (schema/recover.schema.json).
type recovery struct {
	Format    int                  `json:"format"`
	Recovered []evidence.Recovered `json:"recovered"` // was cut short, and is settled now
	AtWork    []string             `json:"at_work"`   // runs that go on
	Waiting   []waitingRun         `json:"waiting"`   // runs that wait for a decision
	Failed    []string             `json:"failed"`    // what could not be settled, and why
}

// waitingRun is a run that waits for its owner.
type waitingRun struct {
	Run     string `json:"run"`
	Project string `json:"project"`
	Held    int    `json:"held"`
}

func (e *env) recoverCommand() *cobra.Command {
	all := false
	c := &cobra.Command{
		Use:   "recover",
		Short: "Finish or name what an interrupted run left",
		Long: "Settle what a run left that was cut short, on the project in the current folder: what\n" +
			"was being applied is finished, what was not is dropped. Each start does the same.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error { return e.recoverRuns(all) },
	}
	c.Flags().BoolVar(&all, "all", false, "of all projects")
	c.Flags().BoolVar(&e.flag.json, "json", false, "as JSON (schema/recover.schema.json)")
	return c
}

func (e *env) recoverRuns(all bool) error {
	h, err := e.probe(func(host.Facts) {})
	if err != nil {
		return err
	}
	a := archive{h.StateDir, e.stage()}
	places, project, err := e.placesOf(a, all)
	if err != nil {
		return err
	}
	out := recovery{Format: 1, Recovered: []evidence.Recovered{}, AtWork: []string{}, Waiting: []waitingRun{}, Failed: []string{}}
	w := &work{host: h}
	var failed error
	for _, place := range places {
		failed = errors.Join(failed, w.recoverPlace(place, &out))
	}
	if out.Waiting, err = a.waiting(project); err != nil {
		return err
	}
	if e.flag.json {
		return errors.Join(failed, e.printJSON(out))
	}
	e.showRecovery(out)
	return failed
}

// placesOf are the places of the projects that are meant; project is empty for
// all.
func (e *env) placesOf(a archive, all bool) (places []string, project string, err error) {
	if !all {
		project, err = e.here()
		return []string{placeOf(a.state, project)}, project, err
	}
	found, err := os.ReadDir(filepath.Join(a.state, "projects"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, "", err
	}
	for _, d := range found {
		places = append(places, filepath.Join(a.state, "projects", d.Name()))
	}
	return places, "", nil
}

// recoverPlace settles the run that a project's place names as active, unless
// it is at work.
func (w *work) recoverPlace(place string, out *recovery) error {
	run, err := marked(filepath.Join(place, activeMark))
	if err != nil {
		return nil
	}
	lock, err := lockFile(filepath.Join(place, "lock"))
	if err != nil {
		out.AtWork = append(out.AtWork, run)
		return nil
	}
	defer lock.Close()
	event, err := w.settleMarked(place)
	if err == nil {
		err = os.Rename(filepath.Join(place, activeMark), filepath.Join(place, latestMark))
	}
	if err != nil {
		out.Failed = append(out.Failed, run+": "+err.Error())
		return err
	}
	if event != nil {
		out.Recovered = append(out.Recovered, *event)
	}
	return nil
}

// waiting are the runs of a project, or of all, that wait for a decision.
func (a archive) waiting(project string) ([]waitingRun, error) {
	names, err := a.of(project)
	out := []waitingRun{}
	for _, name := range names {
		its, err := a.iterations(name)
		if err != nil {
			return nil, err
		}
		if n := waits(its); n > 0 {
			out = append(out, waitingRun{name, evidence.Printable(a.project(name)), n})
		}
	}
	return out, err
}

func (e *env) showRecovery(r recovery) {
	for _, x := range r.Recovered {
		fmt.Fprintf(e.out, "recovered: run %s was cut short; %s\n", evidence.Printable(x.Run), x.Did)
		for _, what := range x.What {
			fmt.Fprintf(e.out, "  %s\n", evidence.Printable(what))
		}
	}
	for _, run := range r.AtWork {
		fmt.Fprintf(e.out, "at work: run %s\n", evidence.Printable(run))
	}
	if len(r.Recovered)+len(r.AtWork)+len(r.Failed) == 0 {
		fmt.Fprintln(e.out, "nothing was cut short")
	}
	for _, w := range r.Waiting {
		fmt.Fprintf(e.out, "held: %s of run %s; ringwall review %s\n", plural(w.Held, "change"), evidence.Printable(w.Run), evidence.Printable(w.Run))
	}
}
