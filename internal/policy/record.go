package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

const (
	recordVersion = 1
	maxRecord     = 32 << 20 // bytes: some five hundred policies of the largest size
)

// record is trust.json.
type record struct {
	Version  int                 `json:"version"`
	Projects map[string]approval `json:"projects"`
}

// approval keeps the text beside its digest, so that a change can be shown.
type approval struct {
	SHA256   string    `json:"sha256"`
	Approved time.Time `json:"approved"`
	Text     string    `json:"text"`
}

// RecordError is a record of approvals that is not sound. Nothing counts as
// approved, and it is not overwritten.
type RecordError struct {
	Path string
	Err  error
}

func (e *RecordError) Error() string {
	return "the record of approvals " + quote(e.Path) + " is not sound: " + escape(e.Err.Error())
}

// Hint is the way out.
func (e *RecordError) Hint() string {
	return "move the file away, then approve each policy again with: ringwall trust"
}

func (e *RecordError) Unwrap() error { return e.Err }

func newRecord() record {
	return record{Version: recordVersion, Projects: map[string]approval{}}
}

// parseRecord takes nothing that this package would not have written.
func parseRecord(data []byte) (record, error) {
	var r record
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return record{}, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return record{}, errors.New("something follows the record")
	}
	if r.Version != recordVersion || r.Projects == nil {
		return record{}, fmt.Errorf("version %d is not %d, or no projects", r.Version, recordVersion)
	}
	for key, a := range r.Projects {
		if a.SHA256 != Digest([]byte(a.Text)) {
			return record{}, fmt.Errorf("the digest for %s does not fit its text", quote(key))
		}
	}
	return r, nil
}

// write replaces the file in one step, so that a crash leaves the old record
// or the new one.
func (s Store) write(r record) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the record of approvals: %w", err)
	}
	if len(data) > maxRecord {
		return errors.New("the record of approvals is full: revoke projects that are gone")
	}
	if err := replaceFile(s.path, append(data, '\n')); err != nil {
		return fmt.Errorf("write the record of approvals: %w", err)
	}
	return nil
}

func replaceFile(path string, data []byte) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".trust-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}
