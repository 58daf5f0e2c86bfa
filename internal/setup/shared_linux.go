package setup

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
)

// Shared is a project that its owner shared with an account.
type Shared struct {
	Path string `json:"path"`
	UID  int    `json:"uid"`
}

// SharedFile is the owner's own record of what is shared, in the state
// directory.
const SharedFile = "shared.json"

// ReadShared reads the record; one that is not there is empty.
func ReadShared(path string) ([]Shared, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var all []Shared
	if err == nil {
		err = json.Unmarshal(data, &all)
	}
	return all, err
}

// NoteShared adds a project to the record, or takes it out.
func NoteShared(path string, s Shared, shared bool) error {
	all, err := ReadShared(path)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(o Shared) bool { return o == s })
	if shared {
		all = append(all, s)
	}
	if len(all) == 0 {
		err := os.Remove(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", append(text, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
