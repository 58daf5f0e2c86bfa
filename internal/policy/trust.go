package policy

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"
	"unicode/utf8"
)

// Store is the record of which policy text the owner approved for which
// project. It is one file outside all projects, never visible in a sandbox,
// readable and writable by its owner alone.
type Store struct{ path string }

// NewStore is the store in that file, for example
// ~/.local/state/ringwall/trust.json. Nothing is created before the first
// approval.
func NewStore(path string) Store { return Store{path: path} }

// NotApprovedError is a policy that nobody approved yet.
type NotApprovedError struct{ Project string }

func (e *NotApprovedError) Error() string {
	return "the policy of " + quote(e.Project) + " is not approved"
}

// Hint is the way out.
func (e *NotApprovedError) Hint() string { return "read it, then approve it with: ringwall trust" }

// ChangedError is a policy that is not the one that was approved.
type ChangedError struct {
	Project  string
	Approved time.Time // when
	Diff     string    // from the approved text to this one; escaped, bounded
}

func (e *ChangedError) Error() string {
	return "the policy of " + quote(e.Project) + " changed since it was approved\n" + e.Diff
}

// Hint is the way out.
func (e *ChangedError) Hint() string {
	return "if the change is what you want, approve it with: ringwall trust"
}

// Approve records the text as the one that the owner approved for the project,
// an absolute path with symbolic links resolved. Approving again replaces.
func (s Store) Approve(project string, raw []byte) error {
	if !utf8.Valid(raw) || len(raw) > MaxSize {
		return fmt.Errorf("a policy is UTF-8 text of at most %d bytes", MaxSize)
	}
	return s.change(project, func(r *record, key string) {
		r.Projects[key] = approval{SHA256: Digest(raw), Text: string(raw), Approved: time.Now().UTC()}
	})
}

// Revoke forgets what was approved for the project. It is no error when
// nothing was.
func (s Store) Revoke(project string) error {
	return s.change(project, func(r *record, key string) { delete(r.Projects, key) })
}

// Check returns nil when exactly this text is approved for the project, a
// *NotApprovedError or *ChangedError when it is not, and another error when the
// record cannot be read, is not sound, or could have been written by others.
func (s Store) Check(project string, raw []byte) error {
	key, err := projectKey(project)
	if err != nil {
		return err
	}
	r, err := s.read()
	if err != nil {
		return err
	}
	a, ok := r.Projects[key]
	switch {
	case !ok:
		return &NotApprovedError{Project: project}
	case a.SHA256 != Digest(raw):
		return &ChangedError{Project: project, Approved: a.Approved, Diff: diff(a.Text, string(raw))}
	}
	return nil
}

// change rewrites the record under its lock.
func (s Store) change(project string, do func(*record, string)) error {
	key, err := projectKey(project)
	if err != nil {
		return err
	}
	unlock, err := s.lock()
	if err != nil {
		return fmt.Errorf("lock the record of approvals: %w", err)
	}
	defer unlock()
	r, err := s.read()
	if err != nil {
		return err
	}
	do(&r, key)
	return s.write(r)
}

// read gets the whole record; a file that is not there is an empty one.
func (s Store) read() (record, error) {
	data, err := readPrivate(s.path, maxRecord)
	if errors.Is(err, fs.ErrNotExist) {
		return newRecord(), nil
	}
	if err != nil {
		return record{}, fmt.Errorf("read the record of approvals: %w", err)
	}
	r, err := parseRecord(data)
	if err != nil {
		return record{}, &RecordError{Path: s.path, Err: err}
	}
	return r, nil
}

// projectKey is the name of a project in the record. JSON holds no bytes that
// are not UTF-8, so such a path is written in hexadecimal.
func projectKey(project string) (string, error) {
	if !filepath.IsAbs(project) || filepath.Clean(project) != project {
		return "", fmt.Errorf("%s is not the absolute path of a project", quote(project))
	}
	if utf8.ValidString(project) {
		return project, nil
	}
	return "hex:" + hex.EncodeToString([]byte(project)), nil
}
