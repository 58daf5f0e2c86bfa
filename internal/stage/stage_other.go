//go:build !linux

package stage

import (
	"context"
	"io"

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

// Rollback returns ErrOnlyLinux.
func Rollback(context.Context, Options, evidence.Recorder) (Result, error) {
	return Result{}, ErrOnlyLinux
}

// Accept returns ErrOnlyLinux.
func Accept(context.Context, Options, []Name, evidence.Recorder) (Result, error) {
	return Result{}, ErrOnlyLinux
}

// Drop returns ErrOnlyLinux.
func Drop(context.Context, Options, []Name, evidence.Recorder) (int, error) {
	return 0, ErrOnlyLinux
}

// Look returns ErrOnlyLinux.
func Look(string) (*Kept, error) { return nil, ErrOnlyLinux }

// Old returns ErrOnlyLinux.
func (k *Kept) Old(Entry) (io.ReadCloser, error) { return nil, ErrOnlyLinux }

// New returns ErrOnlyLinux.
func (k *Kept) New(Entry) (io.ReadCloser, error) { return nil, ErrOnlyLinux }

// Below returns ErrOnlyLinux.
func (k *Kept) Below(Entry, int) ([]Entry, error) { return nil, ErrOnlyLinux }
