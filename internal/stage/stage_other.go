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

// Sides cannot be opened.
type Sides struct{}

// OpenSides returns ErrOnlyLinux.
func OpenSides(Options) (*Sides, error) { return nil, ErrOnlyLinux }

// Close does nothing.
func (*Sides) Close() {}

// Old returns ErrOnlyLinux.
func (*Sides) Old(Entry, int64) ([]byte, error) { return nil, ErrOnlyLinux }

// New returns ErrOnlyLinux.
func (*Sides) New(Entry, int64) ([]byte, error) { return nil, ErrOnlyLinux }

// Keep returns ErrOnlyLinux.
func Keep(Dirs, string) error { return ErrOnlyLinux }

// Unkeep returns ErrOnlyLinux.
func Unkeep(Dirs) error { return ErrOnlyLinux }

// Discard returns ErrOnlyLinux.
func Discard(Dirs) error { return ErrOnlyLinux }

// Recover returns ErrOnlyLinux.
func Recover(context.Context, string) (Report, error) { return Report{}, ErrOnlyLinux }
