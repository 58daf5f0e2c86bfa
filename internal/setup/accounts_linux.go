package setup

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// account is one line of passwd.
type account struct {
	name     string
	uid, gid int
	home     string
	shell    string
}

// lookup finds an account; nil if there is none.
func (m *machine) lookup(name string) (*account, error) {
	f, err := m.line("/etc/passwd", name, 7)
	if err != nil || f == nil {
		return nil, err
	}
	uid, err1 := strconv.Atoi(f[2])
	gid, err2 := strconv.Atoi(f[3])
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("/etc/passwd: the line of %s: %w", name, err)
	}
	return &account{name, uid, gid, f[5], f[6]}, nil
}

// line finds the line of a name in a file of the shadow suite, in fields.
func (m *machine) line(file, name string, fields int) ([]string, error) {
	data, err := os.ReadFile(m.path(file))
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), ":")
		if f[0] == name && len(f) >= fields {
			return f, nil
		}
	}
	return nil, nil
}

// closed tells why an account that was there before is not one for agents: it
// must be nobody's to log in with, and own nothing that the owner of the agents
// would come to own with it.
func (m *machine) closed(a *account) error {
	shadow, err := m.line("/etc/shadow", a.name, 2)
	switch {
	case err != nil:
		return err
	case !strings.HasPrefix(a.name, DefaultName):
		return fmt.Errorf("the account %s exists; whoever may use its number may use all that is its own", a.name)
	case a.uid == 0 || a.gid == 0:
		return fmt.Errorf("the account %s is root's", a.name)
	case shadow == nil || shadow[1] == "" || !strings.ContainsAny(shadow[1][:1], "!*"):
		return fmt.Errorf("the account %s has a password", a.name)
	case !strings.HasSuffix(a.shell, "/nologin") && !strings.HasSuffix(a.shell, "/false"):
		return fmt.Errorf("the account %s has the shell %s", a.name, a.shell)
	}
	if _, err := os.Lstat(m.path(a.home)); a.home == "" || a.home == "/" || err == nil {
		return fmt.Errorf("the account %s has the home %q", a.name, a.home)
	}
	return nil
}
