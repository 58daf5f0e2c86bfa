package setup

import (
	"fmt"
	"strings"

	"ringwall/internal/host"
)

// Undo lists what takes back all that was set up, or only the account that is
// named. Nothing is undone that ringwall did not do.
func Undo(o Options) ([]Step, error) {
	m, err := open(o)
	if err != nil {
		return nil, err
	}
	if o.Name != "" && m.record.Find(o.Name) == nil {
		if a, err := m.lookup(o.Name); err != nil || a == nil {
			return nil, err // nothing is there
		}
		return nil, refuse("only what is in "+host.SetupFile+" is taken back", "%s: %w", o.Name, errNoRecord)
	}
	var steps []Step
	for _, a := range m.record.Accounts {
		if o.Name == "" || o.Name == a.Name {
			steps = append(steps, m.undoAccount(a)...)
		}
	}
	if o.Name == "" {
		steps = append(steps, m.undoManaged("")...)
	}
	return steps, nil
}

// undoAccount goes the way back: first nobody can use the number any more, then
// the account goes.
func (m *machine) undoAccount(a host.SetupAccount) []Step {
	var steps []Step
	for _, l := range a.Lines {
		steps = append(steps, Step{
			What: "take the number of " + a.Name + " from " + a.Owner,
			Why:  "ringwall added the line; the others of the file are not touched",
			How:  "remove from " + l.File + ": " + l.Text,
			do:   func() error { return m.undelegate(l) },
		})
	}
	if a.Made {
		steps = append(steps, Step{
			What: "remove the account " + a.Name + " and its group",
			Why:  "ringwall made it",
			How:  command(m.prefix("userdel", a.Name)),
			do:   func() error { return m.removeAccount(a) },
		})
	}
	return append(steps, Step{
		What: "forget the account " + a.Name,
		Why:  kept(a),
		How:  "take it out of " + host.SetupFile,
		do:   func() error { return m.drop(a.Name) },
	})
}

func kept(a host.SetupAccount) string {
	if a.Made {
		return "nothing of it is left"
	}
	return "the account was there before ringwall, and stays"
}

func (m *machine) undelegate(l host.SetupLine) error {
	return m.edit(l.File, l.Made, func(text []byte) ([]byte, error) {
		out, _ := removeLine(text, l.Text, l.Joined) // not there: somebody was faster
		return out, nil
	})
}

// removeAccount removes the account that was made, and no other of that name.
func (m *machine) removeAccount(a host.SetupAccount) error {
	now, err := m.lookup(a.Name)
	if err != nil {
		return err
	}
	if now != nil && a.UID != 0 && now.uid != a.UID {
		return refuse("remove it yourself, if it is to go: userdel "+a.Name,
			"the account %s has the number %d, not %d: it is not the one that ringwall made", a.Name, now.uid, a.UID)
	}
	if now != nil {
		if err := m.Run(m.prefix("userdel", a.Name)); err != nil {
			return refuse("let the runs under it end, then: ringwall setup undo", "%w", err)
		}
	}
	group, err := m.line("/etc/group", a.Name, 3)
	if err != nil || group == nil || group[2] != fmt.Sprint(a.GID) {
		return err // gone with the account, or somebody else's
	}
	return m.Run(m.prefix("groupdel", a.Name))
}

// command shows a command line as one would type it.
func command(argv []string) string {
	var out []string
	for _, a := range argv {
		if strings.ContainsAny(a, " ()'") {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		out = append(out, a)
	}
	return strings.Join(out, " ")
}
