package cli

import (
	"context"
	"strings"

	"ringwall/internal/evidence"
	"ringwall/internal/stage"
)

// realStage is package stage.
type realStage struct{}

func (realStage) look(dir string) (*kept, error) {
	k, err := stage.Look(dir)
	if err != nil {
		return nil, err
	}
	return &kept{dir: dir, State: state(strings.ReplaceAll(string(k.State), " ", "-")), Why: k.Why, Applied: k.Applied,
		Held: k.Held, Dropped: k.Dropped, Project: k.Project, ProjectID: k.ProjectID, sides: k}, nil
}

// inProject tells where the project is, where no record does.
func (k *kept) inProject(path string) {
	k.Project = path
	if s, ok := k.sides.(*stage.Kept); ok {
		s.Project = path
	}
}

func (realStage) accept(ctx context.Context, o stage.Options, names []stage.Name, rec evidence.Recorder) (stage.Result, error) {
	return stage.Accept(ctx, o, names, rec)
}

func (realStage) drop(ctx context.Context, o stage.Options, names []stage.Name, rec evidence.Recorder) (int, error) {
	return stage.Drop(ctx, o, names, rec)
}

func (realStage) rollback(ctx context.Context, o stage.Options, rec evidence.Recorder) (stage.Result, error) {
	return stage.Rollback(ctx, o, rec)
}

func (realStage) parts(ctx context.Context, o stage.Options) ([]stage.Entry, error) {
	c, err := stage.Read(ctx, o)
	if err != nil {
		return nil, err
	}
	return c.Entries, nil
}

func (realStage) inside(k *kept, e stage.Entry, most int) ([]stage.Entry, error) {
	if s, ok := k.sides.(*stage.Kept); ok && e.Below > 0 {
		return s.Below(e, most)
	}
	return nil, nil
}
