package cli

import (
	"os"
	"path/filepath"
	"sort"
	"syscall"

	"golang.org/x/sys/unix"

	"ringwall/internal/agent"
	"ringwall/internal/backend"
	"ringwall/internal/backend/native"
	"ringwall/internal/loop"
	"ringwall/internal/plan"
	"ringwall/internal/stage"
)

// loopSession ties a run to the native backend.
func (s *session) loopSession(f forms, tune func(*native.Native)) (loop.Session, error) {
	vault, err := s.work.secrets()
	if err != nil {
		return loop.Session{}, err
	}
	owner, err := ownerOf(s.work.plan.Project)
	if err != nil {
		return loop.Session{}, err
	}
	rules := stage.RulesFromPlan(s.work.plan)
	rules.GuardrailNames, rules.TopNames = agent.GuardrailNames(), agent.TopNames()
	build := func(iterDir string, io loop.IO) *native.Native {
		return &native.Native{Host: s.work.host, Stdin: io.Stdin, Stdout: io.Stdout, Stderr: io.Stderr,
			IterDir: iterDir, Layers: filepath.Join(s.place, "layers"), ProjectOwner: owner, Secrets: vault.Values(), Refresh: vault.Refresh, Name: groupName(s.run)}
	}
	session := loop.Session{
		Plan: s.work.plan, Run: s.run, Dir: s.dir, Project: s.id, Rules: rules,
		Stubs: stubs(s.work.plan), Recorder: s.journal, Copy: f.copy, Direct: f.direct, Checks: f.checks,
		Backend: func(iterDir string, io loop.IO) backend.Backend {
			n := build(iterDir, io)
			f.tell(n)
			tune(n)
			return n
		},
		Over: func(iterDir string, io loop.IO) backend.Backend {
			s.work.waiting.Abandon() // what is left of the command has the same name
			n := build(iterDir, io)
			n.Above, n.Signals = true, s.signals
			return n
		},
	}
	if f.copy != nil {
		session.Over = nil // what was changed has left the copy by then
	}
	return session, nil
}

// waiting is a first process that was started early.
type waiting = *native.Waiting

// groupName is what a run's control group is called.
func groupName(run string) string { return "ringwall-" + run }

func ownerOf(dir string) ([2]int, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return [2]int{}, err
	}
	stat := info.Sys().(*syscall.Stat_t)
	return [2]int{int(stat.Uid), int(stat.Gid)}, nil
}

// stubs are the names that freezing absent guardrails makes in the upper
// directory, folders on the way included.
func stubs(p plan.Plan) []string {
	seen := map[string]bool{}
	for _, c := range p.Controls {
		g := c.Want.Guardrail
		if g == nil || g.Present {
			continue
		}
		for path := g.Path; path != "."; path = filepath.Dir(path) {
			seen[path] = true
		}
	}
	var out []string
	for path := range seen {
		out = append(out, path)
	}
	sort.Strings(out)
	return out
}

// hideSelf keeps this process, which holds credentials, from being read or
// traced by others of the same user, and from leaving a core file.
func hideSelf() { unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) }
