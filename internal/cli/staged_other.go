//go:build !linux

package cli

import (
	"context"

	"ringwall/internal/evidence"
	"ringwall/internal/plan"
	"ringwall/internal/stage"
)

// realStage is package stage, which works on Linux only.
type realStage struct{}

func (realStage) look(string) (*kept, error) { return nil, stage.ErrOnlyLinux }

func (realStage) accept(context.Context, stage.Options, []stage.Name, evidence.Recorder) (stage.Result, error) {
	return stage.Result{}, stage.ErrOnlyLinux
}

func (realStage) drop(context.Context, stage.Options, []stage.Name, evidence.Recorder) (int, error) {
	return 0, stage.ErrOnlyLinux
}

func (realStage) rollback(context.Context, stage.Options, evidence.Recorder) (stage.Result, error) {
	return stage.Result{}, stage.ErrOnlyLinux
}

func (realStage) parts(context.Context, stage.Options) ([]stage.Entry, error) {
	return nil, stage.ErrOnlyLinux
}

func (realStage) inside(*kept, stage.Entry, int) ([]stage.Entry, error) { return nil, nil }

func (k *kept) inProject(string) {}

// stubs: nothing is frozen here.
func stubs(plan.Plan) []string { return nil }
