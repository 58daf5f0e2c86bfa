//go:build !linux

package stage

import (
	"context"

	"ringwall/internal/evidence"
)

// Prepare returns ErrOnlyLinux.
func Prepare(string) (Dirs, error) { return Dirs{}, ErrOnlyLinux }

// Pin returns ErrOnlyLinux.
func Pin(string) (ID, error) { return ID{}, ErrOnlyLinux }

// Read returns ErrOnlyLinux.
func Read(context.Context, Options) (*Changeset, error) { return nil, ErrOnlyLinux }

// Apply returns ErrOnlyLinux.
func Apply(context.Context, Options, *Changeset, evidence.Recorder) (Result, error) {
	return Result{}, ErrOnlyLinux
}

// Keep returns ErrOnlyLinux.
func Keep(Dirs, string) error { return ErrOnlyLinux }

// Discard returns ErrOnlyLinux.
func Discard(Dirs) error { return ErrOnlyLinux }

// Recover returns ErrOnlyLinux.
func Recover(context.Context, string) (Report, error) { return Report{}, ErrOnlyLinux }
