package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"ringwall/internal/agent"
	"ringwall/internal/layer/isolation"
	"ringwall/internal/plan"
	"ringwall/internal/why"
)

// whyFlags are those of `ringwall why`.
type whyFlags struct {
	as                   string
	read, write, execute bool
}

func (e *env) whyCommand() *cobra.Command {
	var f whyFlags
	c := &cobra.Command{
		Use:   "why WHAT...",
		Short: "Tell what is allowed or refused, by which control, and the way out",
		Long: "Tell whether an agent may use a path, a system call, a host, a tool or a resource:\n" +
			"by which control, with which error, from which line of which policy, and what the\n" +
			"owner would write to allow it. The exit code is 1 if something is refused.\n\n" +
			"A URL is a host; what has a slash or begins with \"~\" or \".\" is a path; what has a\n" +
			"colon or is an address is a host. Of a plain word a limit counts before a system\n" +
			"call, then a tool, a file that is there, a name with a dot as a host, a path. \"~\"\n" +
			"is the agent's own home. The same command works inside, for the agent.",
		Example: "  ringwall why CLAUDE.md\n  ringwall why --read .env\n  ringwall why mount curl\n  ringwall why github.com:22 --json\n  ringwall why mount --as tool",
		Args:    usageArgs(cobra.MinimumNArgs(1)),
		RunE:    func(_ *cobra.Command, args []string) error { return e.why(args, f) },
	}
	c.Flags().BoolVar(&e.flag.json, "json", false, "as JSON (schema/why.schema.json)")
	c.Flags().StringVar(&f.as, "as", "", "what it is: path, syscall, host, tool or limit")
	c.Flags().BoolVar(&f.read, "read", false, "of a path: only reading")
	c.Flags().BoolVar(&f.write, "write", false, "of a path: only writing, creating, removing")
	c.Flags().BoolVar(&f.execute, "exec", false, "of a path: only executing")
	return c
}

// operation is the one that was asked for.
func (f whyFlags) operation() string {
	switch {
	case f.read:
		return why.Read
	case f.write:
		return why.Write
	case f.execute:
		return why.Execute
	}
	return ""
}

func (e *env) why(args []string, f whyFlags) error {
	if f.read && (f.write || f.execute) || f.write && f.execute {
		return usage(errors.New("--read, --write and --exec exclude each other"))
	}
	w, err := e.world()
	if err != nil {
		return err
	}
	answers := make([]why.Answer, 0, len(args))
	for _, what := range args {
		a, err := w.Ask(why.Question{What: what, As: why.Kind(f.as), Operation: f.operation()})
		if err != nil {
			return usage(withHint("ringwall why --help tells how it is read; --as chooses", "answer %q: %w", what, err))
		}
		answers = append(answers, a)
	}
	if err := e.showAnswers(w, answers, f.operation()); err != nil {
		return err
	}
	for _, a := range answers {
		if a.Verdict == why.Refused {
			return exit(exitFindings, nil)
		}
	}
	return nil
}

func (e *env) showAnswers(w why.World, answers []why.Answer, operation string) error {
	if e.flag.json {
		enc := json.NewEncoder(e.out)
		enc.SetIndent("", "  ")
		return enc.Encode(why.Answers{Format: 1, Answers: answers})
	}
	for i, a := range answers {
		if i > 0 {
			fmt.Fprintln(e.out)
		}
		e.showAnswer(w, a, operation)
	}
	return nil
}

// world is what the answers are made from: the plan that this policy becomes
// now, or, inside, the one that holds.
func (e *env) world() (why.World, error) {
	if e.inside != nil {
		return *e.inside, nil
	}
	w, err := e.load("plan")
	if err != nil {
		return why.World{}, err
	}
	kind, command := "plan", []string{"sh"}
	if w.policy.Runnable() == nil {
		if command, err = w.agentCommand(); err != nil {
			return why.World{}, err
		}
	} else {
		kind = "run" // a policy without an agent is for single commands
	}
	if err := w.compile(kind, command, nil); err != nil {
		return why.World{}, err
	}
	out := newWorld(w.plan)
	out.Dir = e.insideDir(w.plan.Project)
	if c, ok := w.plan.Find("isolation.environment"); ok {
		out.Path = strings.Split(c.Want.Env.Vars["PATH"], ":")
	}
	return out, nil
}

func newWorld(p plan.Plan) why.World {
	return why.World{Plan: p, Dir: p.Project, Home: isolation.Home, Look: lookAt,
		GateNames: agent.GuardrailNames(), TopNames: agent.TopNames(), Risky: isolation.RiskyReason}
}

func lookAt(path string) why.Entry {
	info, err := os.Lstat(path)
	if err != nil {
		return why.Entry{Known: os.IsNotExist(err)}
	}
	e := why.Entry{Known: true, Exists: true, Dir: info.IsDir()}
	if info.Mode()&os.ModeSymlink != 0 {
		e.Link, _ = os.Readlink(path)
	}
	return e
}
