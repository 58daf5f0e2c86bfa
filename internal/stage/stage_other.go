//go:build !linux

package stage

import (
	"context"
	"io"
	"time"

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

// Copy does not exist here.
type Copy struct{}

// NewCopy makes nothing.
func NewCopy(TreeOptions) *Copy { return &Copy{} }

// Path is nowhere.
func (*Copy) Path() string { return "" }

// Usage is nothing.
func (*Copy) Usage() Usage { return Usage{} }

// Update returns ErrOnlyLinux.
func (*Copy) Update(context.Context) error { return ErrOnlyLinux }

// Begin returns ErrOnlyLinux.
func (*Copy) Begin(context.Context) (time.Time, error) { return time.Time{}, ErrOnlyLinux }

// KeepWhole returns ErrOnlyLinux.
func (*Copy) KeepWhole(Dirs) (string, error) { return "", ErrOnlyLinux }

// Export returns ErrOnlyLinux.
func (*Copy) Export(context.Context, Dirs) error { return ErrOnlyLinux }

// Remove returns ErrOnlyLinux.
func (*Copy) Remove() error { return ErrOnlyLinux }

// DropCopy returns ErrOnlyLinux.
func DropCopy(string) error { return ErrOnlyLinux }

// Direct does not exist here.
type Direct struct{}

// Usage is nothing.
func (*Direct) Usage() Usage { return Usage{} }

// Begin returns ErrOnlyLinux.
func (*Direct) Begin(context.Context, Options) error { return ErrOnlyLinux }

// Changes returns ErrOnlyLinux.
func (*Direct) Changes(context.Context, Options) (*Changeset, error) { return nil, ErrOnlyLinux }

// Withdraw returns ErrOnlyLinux.
func (*Direct) Withdraw(context.Context, Options, *Changeset, evidence.Recorder) (Result, error) {
	return Result{}, ErrOnlyLinux
}

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
