package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// SetupFile is where `ringwall setup` keeps what it did to this machine.
const SetupFile = "/etc/ringwall/setup.json"

// Setup is what `ringwall setup` did: exactly what it can take back.
type Setup struct {
	Version  int            `json:"version"`
	MadeDir  bool           `json:"made_dir,omitempty"` // the folder of this file was not there before
	Accounts []SetupAccount `json:"accounts"`
	Managed  []SetupManaged `json:"managed,omitempty"`
}

// SetupManaged is a file with which an administrator binds an agent.
type SetupManaged struct {
	Agent string `json:"agent"`
	Path  string `json:"path"`
	// SHA256 is of the content that ringwall wrote, or is about to write in the
	// place of Before, in hexadecimal. A file with another content is somebody
	// else's.
	SHA256 string `json:"sha256"`
	Before string `json:"before,omitempty"`
	// Dirs are the folders that were not there before, the outermost first.
	Dirs []string `json:"dirs,omitempty"`
}

// SetupAccount is an account for the agents of one owner.
type SetupAccount struct {
	Name  string `json:"name"`
	UID   int    `json:"uid"` // 0 until the account is made
	GID   int    `json:"gid"`
	Owner string `json:"owner"`
	// Made tells that the account was not there before.
	Made  bool        `json:"made,omitempty"`
	Lines []SetupLine `json:"lines,omitempty"`
}

// SetupLine is one line that was added to a file.
type SetupLine struct {
	File string `json:"file"`
	Text string `json:"text"`
	// Joined tells that the file had ended without a line break.
	Joined bool `json:"joined,omitempty"`
	// Made tells that the file was not there before.
	Made bool `json:"made,omitempty"`
}

const setupVersion = 1

// ReadSetup reads the record. One that is not there is empty; one that others
// than root and this user could have written is refused.
func ReadSetup(path string) (Setup, error) {
	s := Setup{Version: setupVersion}
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o022 != 0 || !trustedOwner(info) {
		return s, fmt.Errorf("%s is not root's alone to write", path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(data, &s); err != nil || s.Version != setupVersion {
		return Setup{}, fmt.Errorf("%s is not a record of this version (%v)", path, err)
	}
	return s, nil
}

// Find is the account of that name; nil if there is none.
func (s *Setup) Find(name string) *SetupAccount {
	for i := range s.Accounts {
		if s.Accounts[i].Name == name {
			return &s.Accounts[i]
		}
	}
	return nil
}

// Of is the account for an owner's agents; nil if there is none.
func (s *Setup) Of(owner string) *SetupAccount {
	for i := range s.Accounts {
		if s.Accounts[i].Owner == owner && owner != "" {
			return &s.Accounts[i]
		}
	}
	return nil
}
