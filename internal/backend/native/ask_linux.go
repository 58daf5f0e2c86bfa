package native

import (
	"ringwall/internal/kernel/launch"
	"ringwall/internal/plan"
)

// ask shows ringwall inside, with the plan as far as the agent may know it. The
// file lies in the root of the view, which is read-only for everybody once it
// is built, so that what is read there is what the supervisor wrote.
func (t *translation) ask(a *plan.Ask) error {
	t.self = a.Source
	text, err := t.run.shown()
	if err != nil {
		return err
	}
	t.step(launch.Step{Op: launch.File, Target: a.Plan, Data: string(text), Mode: 0o444})
	return t.standIn(a.Program)
}

// stub puts ringwall in the place of a program's files. It knows by its own
// path what it stands for.
func (t *translation) stub(s *plan.Stub) error {
	for _, f := range s.Files {
		if err := t.standIn(f); err != nil {
			return err
		}
	}
	return nil
}

// standIn binds ringwall itself over a path. A file that was replaced since the
// start is left out: nothing but an explanation is lost.
func (t *translation) standIn(path string) error {
	if t.self == "" {
		return nil
	}
	return t.bind(&plan.Mount{Kind: plan.Bind, Target: path, Source: t.self, Optional: true})
}
