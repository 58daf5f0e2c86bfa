package cli

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"ringwall/internal/evidence"
	"ringwall/internal/learn"
	"ringwall/internal/policy"
)

func (e *env) learnCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "learn [flags] -- COMMAND [ARGUMENT...]",
		Short: "Run one command, confined, and tell what the policy would have to allow",
		Long: "Run one command as `ringwall run` does, and learn what it asks for in vain: each\n" +
			"name that it looks up is answered, each connection is taken to see what it is for,\n" +
			"and refused. Nothing leaves that the policy does not allow. At the end a change of\n" +
			"ringwall.toml is proposed, for you to read; nothing is changed.\n\n" +
			"A first refusal often hides what would have come next, so a second run with the\n" +
			"change may show more. The exit code is the command's own.",
		Example: "  ringwall learn -- npm ci\n  ringwall learn --json -- make test",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(withHint("ringwall learn -- COMMAND [ARGUMENT...]", "no command to run"))
			}
			return e.runOnce(args, new(lesson))
		},
	}
	c.Flags().StringSliceVar(&e.flag.accept, "accept", nil, "go on without this control (recorded)")
	c.Flags().BoolVar(&e.flag.json, "json", false, "the proposal as JSON (schema/learn.schema.json) on standard output, and the command's own output on standard error")
	c.Flags().SetInterspersed(false)
	return c
}

// lesson listens to the events of a run that learns. Nil: the run does not.
type lesson struct {
	to evidence.Recorder

	mu   sync.Mutex
	seen learn.Seen
}

// Record implements evidence.Recorder.
func (l *lesson) Record(e evidence.Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case e.Needed != nil:
		l.seen.Add(*e.Needed)
	case e.Refused != nil && e.Refused.Errno == "ECONNREFUSED" && e.Refused.Source == evidence.Observed:
		to, _ := strings.CutPrefix(e.Refused.What, "connect ")
		if ap, err := netip.ParseAddrPort(to); err == nil {
			l.seen.Connect(ap)
		}
	}
	return l.to.Record(e)
}

// prepare makes the plan one of a run that learns.
func (l *lesson) prepare(w *work) error {
	if l == nil {
		return nil
	}
	if w.policy.Network.Mode == policy.None {
		return usage(withHint(`network.mode = "allowlist" with an empty allow lets nothing out either`,
			`the policy has network.mode = "none": there is no gateway that could learn anything`))
	}
	w.policy.Network.Learn = true
	return nil
}

// over puts the lesson before the journal.
func (l *lesson) over(rec evidence.Recorder) evidence.Recorder {
	if l == nil {
		return rec
	}
	l.to = rec
	return l
}

// streams keeps standard output for the proposal where a program reads it.
func (l *lesson) streams(e *env, std [3]*os.File) [3]*os.File {
	if l != nil && e.flag.json {
		std[1] = std[2]
	}
	return std
}

// tell proposes, when the run is over. It has no say in the exit code.
func (l *lesson) tell(e *env, s *session, code int) error {
	own, err := policy.Parse(policy.FileName, s.work.raw)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	p := learn.Propose(own, s.work.policy, s.work.project.Ecosystems, &l.seen)
	r := learn.NewResult(own, &l.seen, p)
	r.Run, r.ExitCode = s.run, code
	if !p.Empty() {
		text, err := policy.Add(policy.FileName, s.work.raw, p.Addition)
		if err == nil {
			_, r.Diff, _ = strings.Cut(string(diff.Diff(policy.FileName, s.work.raw, policy.FileName, text)), "\n") // without its first line
			r.Warnings = append(r.Warnings, s.work.bounded(text)...)
		}
	}
	if e.flag.json {
		return e.printJSON(r)
	}
	showLesson(e.err, r)
	return nil
}

// bounded is what the machine's policy would take away from a project's.
func (w *work) bounded(text []byte) []learn.Note {
	machine, _, err := policy.Load(machinePolicy)
	if err != nil {
		return nil // there is none, or it was told already
	}
	p, err := policy.Parse(policy.FileName, text)
	if err != nil {
		return nil
	}
	_, notes, err := policy.Merge(machine, p)
	if err != nil {
		notes = append(notes, err.Error())
	}
	var out []learn.Note
	for _, n := range notes {
		out = append(out, learn.Note{What: "this machine", Why: n})
	}
	return out
}

// exitCode is the code that an error of a run ends with.
func exitCode(err error) int {
	var ee *exitError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &ee):
		return ee.code
	}
	return exitFindings
}

const hidden = "A refused request often hides the ones that would have come after it: with this change, learn again."

// showLesson writes it for people.
func showLesson(to io.Writer, r learn.Result) {
	t := table{to, 4}
	fmt.Fprintf(to, "ringwall: %s and %s were asked for and are not allowed\n", plural(len(r.Asked), "place"), plural(len(r.Tools), "program"))
	if len(r.Asked)+len(r.Tools) > 0 {
		t.head("Asked for, and refused")
	}
	for _, p := range r.Asked {
		fmt.Fprintln(to, "  "+placeText(p))
	}
	for _, tool := range r.Tools {
		fmt.Fprintf(to, "  the program %s\n", evidence.Printable(tool))
	}
	showProposal(to, r)
	notes(t, "Read this first", r.Warnings)
	notes(t, "Not proposed", r.Left)
	if len(r.Asked)+len(r.Tools) > 0 {
		fmt.Fprintln(to)
		for _, line := range wrap(hidden, width) {
			fmt.Fprintln(to, line)
		}
	}
}

func placeText(p learn.Place) string {
	s := p.Host
	if p.Port != 0 {
		s = policy.Destination{Host: p.Host, Port: p.Port}.String()
	}
	if len(p.Methods) > 0 {
		s += "  " + strings.Join(p.Methods, " ")
	}
	if len(p.Paths) > 0 {
		s += "  " + strings.Join(p.Paths, " ")
	}
	return evidence.Cut(evidence.Printable(s), width-2)
}

func showProposal(to io.Writer, r learn.Result) {
	switch a := r.Add; {
	case r.Diff != "":
		fmt.Fprint(to, "\nProposed for you to read and change; nothing was changed. After it: ringwall trust\n\n")
		fmt.Fprintln(to, printableLines(r.Diff))
	case len(a.Allow)+len(a.Rules)+len(a.Tools) > 0:
		fmt.Fprint(to, "\nThe policy has a form that nothing can be added to by itself. By hand:\n\n")
		for _, s := range a.Allow {
			fmt.Fprintf(to, "  network.allow  %q\n", s)
		}
		for _, rule := range a.Rules {
			fmt.Fprintf(to, "  [[network.rule]]  host = %q  methods = %q\n", rule.Host, rule.Methods)
		}
		for _, s := range a.Tools {
			fmt.Fprintf(to, "  tools.allow  %q\n", s)
		}
	}
}

func notes(t table, title string, list []learn.Note) {
	if len(list) > 0 {
		t.head(title)
	}
	for _, n := range list {
		fmt.Fprintln(t.w, "  "+evidence.Printable(n.What))
		t.row("", n.Why)
	}
}
