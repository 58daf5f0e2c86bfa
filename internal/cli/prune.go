package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ringwall/internal/evidence"
	"ringwall/internal/review"
	"ringwall/internal/stage"
)

// pruneFlags are those of `ringwall prune`.
type pruneFlags struct {
	keep                  int
	olderThan             string
	all, dryRun, journals bool
}

// pruned is what `ringwall prune --json` writes (schema/prune.schema.json).
type pruned struct {
	Format int          `json:"format"`
	DryRun bool         `json:"dry_run"`
	Freed  int64        `json:"freed"` // bytes, or what would be
	Runs   []prunedRun  `json:"runs"`
	Spared []sparedItem `json:"spared"`
}

type prunedRun struct {
	Run     string `json:"run"`
	Freed   int64  `json:"freed"`
	Journal bool   `json:"journal"` // gone with the rest
}

type sparedItem struct {
	Run string `json:"run"`
	Why string `json:"why"`
}

func (e *env) pruneCommand() *cobra.Command {
	var f pruneFlags
	c := &cobra.Command{
		Use:   "prune [RUN...]",
		Short: "Remove what earlier runs left and nobody needs any more",
		Long: "Remove what runs keep beside their journals: prompts, outputs, and the old versions\n" +
			"that rollback needs. An iteration of which something waits for a decision stays, and\n" +
			"so does a run that is at work or was cut short. Without names the runs of this project\n" +
			"are meant that --keep and --older-than leave over.",
		Example: "  ringwall prune --keep 10 --dry-run\n  ringwall prune --older-than 30d --all",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 && !c.Flags().Changed("keep") && f.olderThan == "" {
				return usage(withHint("ringwall prune --keep 10, or --older-than 30d, or name runs; --dry-run only shows", "it is not said what is to go"))
			}
			return e.prune(args, f)
		},
	}
	c.Flags().IntVar(&f.keep, "keep", 0, "leave that many of the newest alone, in each project")
	c.Flags().StringVar(&f.olderThan, "older-than", "", "leave younger ones alone: 30d, 12h")
	c.Flags().BoolVar(&f.all, "all", false, "of all projects")
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "only show what would go")
	c.Flags().BoolVar(&f.journals, "journals", false, "the journals and plans too")
	c.Flags().BoolVar(&e.flag.json, "json", false, "as JSON (schema/prune.schema.json)")
	return c
}

func (e *env) prune(args []string, f pruneFlags) error {
	if f.keep < 0 {
		return usage(fmt.Errorf("--keep %d is not possible", f.keep))
	}
	age, err := days(f.olderThan)
	if err != nil {
		return usage(err)
	}
	a, err := e.archive()
	if err != nil {
		return err
	}
	names, err := e.pruneNames(a, args, f, age)
	if err != nil {
		return err
	}
	out := pruned{Format: 1, DryRun: f.dryRun, Runs: []prunedRun{}, Spared: []sparedItem{}}
	var failed error
	for _, name := range names {
		failed = errors.Join(failed, a.pruneRun(name, f, &out))
	}
	if e.flag.json {
		return errors.Join(failed, e.printJSON(out))
	}
	e.showPruned(out)
	return failed
}

// days reads an age: days with a d, or what time.ParseDuration reads.
func days(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	var age time.Duration
	var err error
	if n, ok := strings.CutSuffix(s, "d"); ok {
		var v int
		v, err = strconv.Atoi(n)
		age = time.Duration(v) * 24 * time.Hour
	} else {
		age, err = time.ParseDuration(s)
	}
	if err != nil || age < 0 || age > 100*365*24*time.Hour {
		return 0, withHint("for example 30d or 12h", "--older-than %q is no age", s)
	}
	return age, nil
}

// pruneNames are the runs that are meant.
func (e *env) pruneNames(a archive, args []string, f pruneFlags, age time.Duration) ([]string, error) {
	if len(args) > 0 {
		for _, name := range args {
			if !a.has(name) {
				return nil, usage(withHint("ringwall runs lists them", "there is no run %q", name))
			}
		}
		return args, nil
	}
	project, err := "", error(nil)
	if !f.all {
		if project, err = e.here(); err != nil {
			return nil, err
		}
	}
	names, err := a.of(project)
	seen := map[string]int{} // runs of each project
	var out []string
	for _, name := range names {
		of := a.project(name)
		if seen[of]++; seen[of] > f.keep && time.Since(a.lastChange(name)) >= age {
			out = append(out, name)
		}
	}
	return out, err
}

// lastChange is when something last happened in a run.
func (a archive) lastChange(run string) time.Time {
	for _, name := range []string{"journal.jsonl", "."} {
		if info, err := os.Lstat(filepath.Join(a.runDir(run), name)); err == nil {
			return info.ModTime()
		}
	}
	return time.Now()
}

// pruneRun removes what a run can do without. The project's lock keeps a run,
// and whoever reviews, away meanwhile.
func (a archive) pruneRun(name string, f pruneFlags, out *pruned) error {
	spare := func(why string) { out.Spared = append(out.Spared, sparedItem{name, why}) }
	if project := a.project(name); project != "" {
		place := placeOf(a.state, project)
		if active, _ := atWork(place); active == name {
			spare("it is at work, or was cut short")
			return nil
		}
		lock, err := a.lockProject(project)
		if err != nil {
			spare("another run is at work on its project")
			return nil
		}
		defer lock.Close()
	} else if time.Since(a.lastChange(name)) < time.Hour {
		spare("it may be about to begin")
		return nil
	}
	its, err := a.iterations(name)
	if err != nil {
		return err
	}
	if err := a.removeParts(name, its, f, out); err != nil {
		return err
	}
	return a.unmark(name)
}

// unmark takes a run that is gone out of the marks of its project.
func (a archive) unmark(name string) error {
	if present(a.runDir(name)) {
		return nil
	}
	marks, err := filepath.Glob(filepath.Join(a.state, "projects", "*", latestMark))
	for _, m := range marks {
		if run, readErr := marked(m); readErr == nil && run == name {
			err = errors.Join(err, os.Remove(m))
		}
	}
	return err
}

// removeParts removes the iterations of which nothing is held, and with them the
// run, if that is wanted.
func (a archive) removeParts(name string, its []iteration, f pruneFlags, out *pruned) error {
	done := prunedRun{Run: name}
	left := 0
	for _, it := range its {
		if it.waits() > 0 || it.State == stateOpen {
			left++
			out.Spared = append(out.Spared, sparedItem{name, fmt.Sprintf("iteration %d: %s", it.n, whySpared(it))})
			continue
		}
		freed, err := removeTree(it.dir, f.dryRun)
		done.Freed += freed
		if err != nil {
			return fmt.Errorf("prune iteration %d of run %s: %w", it.n, name, err)
		}
	}
	if f.journals && left == 0 {
		freed, err := removeTree(a.runDir(name), f.dryRun)
		if err != nil {
			return fmt.Errorf("prune run %s: %w", name, err)
		}
		if f.dryRun { // the iterations are still in it
			done.Freed = 0
		}
		done.Freed, done.Journal = done.Freed+freed, true
	}
	if done.Freed > 0 || done.Journal {
		out.Freed += done.Freed
		out.Runs = append(out.Runs, done)
	}
	return nil
}

func whySpared(it iteration) string {
	if it.State == stateOpen {
		return "it was cut short, or is at work"
	}
	return plural(it.waits(), "change") + " held"
}

// removeTree removes a folder of the state directory, whatever an agent made of
// it, and tells how much that frees.
func removeTree(dir string, dryRun bool) (int64, error) {
	bytes, _ := sized(dir)
	if dryRun {
		return bytes, nil
	}
	return bytes, stage.Remove(filepath.Join(realPath(filepath.Dir(dir)), filepath.Base(dir)))
}

func (e *env) showPruned(p pruned) {
	verb := "freed"
	if p.DryRun {
		verb = "would free"
	}
	for _, r := range p.Runs {
		what := ""
		if r.Journal {
			what = ", with its journal"
		}
		fmt.Fprintf(e.out, "run %s: %s %s%s\n", evidence.Printable(r.Run), verb, review.Size(r.Freed), what)
	}
	for _, s := range p.Spared {
		fmt.Fprintf(e.out, "kept: run %s: %s\n", evidence.Printable(s.Run), s.Why)
	}
	fmt.Fprintf(e.out, "%s %s in %s\n", verb, review.Size(p.Freed), plural(len(p.Runs), "run"))
}
