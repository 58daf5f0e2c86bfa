package setup

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"ringwall/internal/host"
	"ringwall/internal/kernel/namespace"
)

// The files that say which numbers an owner may use beside their own.
const (
	subUID = "/etc/subuid"
	subGID = "/etc/subgid"
)

// User lists what is still to be done so that the owner's agents run under an
// account of their own; nothing, if all is there. Nothing is changed before
// everything has been looked at.
func User(o Options) ([]Step, error) {
	m, err := open(o)
	if err != nil {
		return nil, err
	}
	if err := m.checkRequest(); err != nil {
		return nil, err
	}
	a, err := m.lookup(o.Name)
	if err != nil {
		return nil, err
	}
	known := m.record.Find(o.Name)
	var steps []Step
	switch {
	case known != nil && known.UID != 0 && (a == nil || a.uid != known.UID):
		return nil, refuse("ringwall setup user --undo "+o.Name+", and then again",
			"the account %s is not the one that was set up: somebody removed or changed it", o.Name)
	case a == nil:
		steps = append(steps, m.makeAccount())
	case known == nil:
		if err := m.closed(a); err != nil {
			return nil, refuse("choose a name that is free: ringwall setup user NAME", "%w", err)
		}
	}
	lines, err := m.delegations(a)
	steps = append(steps, lines...)
	if err == nil && len(steps) == 0 && known == nil { // all was there, and is not ringwall's
		steps = append(steps, m.note(a))
	}
	return steps, err
}

// checkRequest looks at the names, and at who has what already.
func (m *machine) checkRequest() error {
	if err := errors.Join(checkName("account", m.Name), checkName("owner", m.Owner)); err != nil {
		return err
	}
	owner, err := m.lookup(m.Owner)
	switch {
	case err != nil:
		return err
	case owner == nil:
		return refuse("--owner USER names who starts the agents", "there is no user %q on this machine", m.Owner)
	case owner.uid == 0 || m.Owner == m.Name:
		return refuse("--owner USER names who starts the agents; root needs no delegation", "%q cannot be the owner", m.Owner)
	}
	if known := m.record.Find(m.Name); known != nil && known.Owner != m.Owner {
		return refuse(fmt.Sprintf("ringwall setup user %s-%s --owner %s", DefaultName, m.Owner, m.Owner),
			"the account %s is for the agents of %s; two owners with one account could reach each other's projects", m.Name, known.Owner)
	}
	if other := m.record.Of(m.Owner); other != nil && other.Name != m.Name {
		return refuse("ringwall setup user --undo "+other.Name, "%s has the account %s already", m.Owner, other.Name)
	}
	return m.Mappers()
}

// checkMappers makes sure that the two programs have the right to do their
// work: as root's, set-user-ID or with file capabilities.
func checkMappers() error {
	const way = "install it (Debian and Ubuntu: apt install uidmap; Fedora: dnf install shadow-utils)"
	newUIDMap, newGIDMap, err := namespace.FindMappers()
	if err != nil {
		return refuse(way, "%w", err)
	}
	for _, path := range []string{newUIDMap, newGIDMap} {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		var caps [64]byte
		if _, err := unix.Getxattr(path, "security.capability", caps[:]); info.Mode()&os.ModeSetuid == 0 && err != nil {
			return refuse("install its package again", "%s has lost its rights: it is neither set-user-ID nor has file capabilities", path)
		}
	}
	return nil
}

// makeAccount is the step that adds the user and their group.
func (m *machine) makeAccount() Step {
	argv := m.prefix("useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent",
		"--shell", "/usr/sbin/nologin", "--comment", "agents of "+m.Owner+" (ringwall)", m.Name)
	return Step{
		What: "make the system account " + m.Name + " and its group",
		Why:  "an agent that finds a way out of its sandbox lands in an account that owns nothing",
		How:  command(argv) + " (no shell, no home, no password)",
		Undo: "ringwall setup user --undo " + m.Name,
		do:   func() error { return m.addAccount(argv) },
	}
}

// addAccount records what it is about to do, and then which numbers came of it.
func (m *machine) addAccount(argv []string) error {
	m.entry().Made = true
	if err := m.save(); err != nil {
		return err
	}
	failed := m.Run(argv)
	a, err := m.lookup(m.Name)
	if err != nil || a == nil {
		return errors.Join(failed, err, m.drop(m.Name))
	}
	e := m.entry()
	e.UID, e.GID = a.uid, a.gid
	return errors.Join(failed, m.save())
}

// note is the step of a machine on which others had done everything already.
func (m *machine) note(a *account) Step {
	return Step{
		What: "note that " + m.Name + " is the account for the agents of " + m.Owner,
		Why:  "all that is needed was there before; ringwall looks it up in its record",
		How:  host.SetupFile, Undo: "ringwall setup user --undo " + m.Name,
		do: func() error {
			e := m.entry()
			e.UID, e.GID = a.uid, a.gid
			return m.save()
		},
	}
}

// delegations are the steps that give the owner the account's two numbers.
func (m *machine) delegations(a *account) ([]Step, error) {
	var steps []Step
	for _, d := range []struct {
		file, kind, short string
		of                func(*account) int
	}{
		{subUID, "user", "UID", func(a *account) int { return a.uid }},
		{subGID, "group", "GID", func(a *account) int { return a.gid }},
	} {
		shown := m.Owner + ":" + d.short + "-of-" + m.Name + ":1"
		if a != nil {
			already, err := m.delegatedIn(d.file, d.of(a))
			if err != nil {
				return nil, err
			}
			if already {
				continue
			}
			shown = delegation(m.Owner, d.of(a))
		}
		steps = append(steps, Step{
			What: "let " + m.Owner + " use the account's " + d.kind + " number, and no other",
			Why:  "with it ringwall, started by " + m.Owner + " without root, gives agents that number",
			How:  "add to " + d.file + ": " + shown,
			Undo: "ringwall setup user --undo " + m.Name,
			do:   func() error { return m.delegate(d.file, d.of) },
		})
	}
	return steps, nil
}

// delegatedIn tells whether the owner has a number already. That others have it
// too is an error: they could reach what the account may reach.
func (m *machine) delegatedIn(file string, id int) (bool, error) {
	text, _, err := readPlain(m.path(file))
	if err != nil {
		return false, err
	}
	owner, err := m.lookup(m.Owner)
	if err != nil || owner == nil {
		return false, errors.Join(err, fmt.Errorf("%s is gone", m.Owner))
	}
	already, others := delegated(text, m.Owner, owner.uid, id)
	if len(others) > 0 {
		return false, refuse("take that line out, or choose another account", "%s gives the number %d to %s", file, id, others[0])
	}
	return already, nil
}

// delegate adds the line, after it was recorded.
func (m *machine) delegate(file string, of func(*account) int) error {
	a, err := m.lookup(m.Name)
	if err != nil || a == nil {
		return errors.Join(err, fmt.Errorf("the account %s is not there", m.Name))
	}
	if a.uid == 0 || a.gid == 0 {
		return fmt.Errorf("the account %s is root's", m.Name)
	}
	if already, err := m.delegatedIn(file, of(a)); err != nil || already {
		return err
	}
	line := delegation(m.Owner, of(a))
	return m.edit(file, false, func(text []byte) ([]byte, error) {
		out, joined := appendLine(text, line)
		e := m.entry()
		e.UID, e.GID = a.uid, a.gid
		e.Lines = append(withoutLine(e.Lines, file), host.SetupLine{File: file, Text: line, Joined: joined, Made: !exists(m.path(file))})
		return out, m.save()
	})
}

func withoutLine(lines []host.SetupLine, file string) []host.SetupLine {
	var out []host.SetupLine
	for _, l := range lines {
		if l.File != file {
			out = append(out, l)
		}
	}
	return out
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
