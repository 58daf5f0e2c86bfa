package setup

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"ringwall/internal/host"
)

// save writes the record. It is written before what it records is done. A
// record of nothing goes, and so does its folder, if ringwall made it and
// nobody uses it.
func (m *machine) save() error {
	path := m.path(host.SetupFile)
	if len(m.record.Accounts) == 0 && len(m.record.Managed) == 0 {
		return m.forget(path)
	}
	dir := filepath.Dir(path)
	switch err := os.Mkdir(dir, 0o755); {
	case err == nil:
		m.record.MadeDir = true
		if err := os.Chmod(dir, 0o755); err != nil { // whatever the umask took
			return err
		}
	case !errors.Is(err, fs.ErrExist):
		return err
	}
	text, err := json.MarshalIndent(m.record, "", "  ")
	if err != nil {
		return err
	}
	return replace(path, append(text, '\n'), nil)
}

func (m *machine) forget(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if m.record.MadeDir {
		os.Remove(filepath.Dir(path)) // not while a policy is in it
	}
	return nil
}

// entry is the account's place in the record, made if there is none.
func (m *machine) entry() *host.SetupAccount {
	if a := m.record.Find(m.Name); a != nil {
		return a
	}
	m.record.Accounts = append(m.record.Accounts, host.SetupAccount{Name: m.Name, Owner: m.Owner})
	return m.record.Find(m.Name)
}

// drop takes an account out of the record.
func (m *machine) drop(name string) error {
	m.record.Accounts = slices.DeleteFunc(m.record.Accounts, func(a host.SetupAccount) bool { return a.Name == name })
	return m.save()
}
