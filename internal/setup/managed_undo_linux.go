package setup

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"slices"
	"strings"

	"ringwall/internal/host"
)

// managedEntry is a record with what it knows of a content.
type managedEntry struct{ *host.SetupManaged }

func (m *machine) managed(path string) *managedEntry {
	i := slices.IndexFunc(m.record.Managed, func(r host.SetupManaged) bool { return r.Path == path })
	if i < 0 {
		return nil
	}
	return &managedEntry{&m.record.Managed[i]}
}

// wrote tells whether a content is ringwall's: the one on record, or the one
// that a write that was cut short would have replaced.
func (e managedEntry) wrote(text []byte) bool {
	sum := sumOf(text)
	return sum == e.SHA256 || e.Before != "" && sum == e.Before
}

func sumOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// RemoveManaged lists what takes back the files of one agent, or of all.
func RemoveManaged(o Options, agent string) ([]Step, error) {
	m, err := open(o)
	if err != nil {
		return nil, err
	}
	return m.undoManaged(agent), nil
}

func (m *machine) undoManaged(agent string) []Step {
	var steps []Step
	for _, r := range m.record.Managed {
		if agent == "" || agent == r.Agent {
			steps = append(steps, m.undoFile(r))
		}
	}
	return steps
}

// undoFile removes what ringwall wrote. What somebody changed since is not
// ringwall's any more, and stays.
func (m *machine) undoFile(r host.SetupManaged) Step {
	step := Step{What: "remove " + r.Path, Why: "ringwall wrote it, and nobody changed it since", How: "rm " + r.Path}
	if len(r.Dirs) > 0 {
		step.How += "; rmdir " + strings.Join(r.Dirs, " ") + ", if nothing else is there"
	}
	if text, like, err := readPlain(m.path(r.Path)); err != nil || like != nil && !(managedEntry{&r}).wrote(text) {
		step = Step{What: "forget " + r.Path, Why: "somebody changed it since ringwall wrote it: it stays as it is, and in force",
			How: "take it out of " + host.SetupFile}
	}
	step.do = func() error { return m.removeManaged(r) }
	return step
}

func (m *machine) removeManaged(r host.SetupManaged) error {
	if e := m.managed(r.Path); e != nil {
		r = *e.SetupManaged // which may have inherited folders meanwhile
	}
	text, like, err := readPlain(m.path(r.Path))
	if err == nil && like != nil && (managedEntry{&r}).wrote(text) {
		if err := os.Remove(m.path(r.Path)); err != nil {
			return err
		}
	}
	m.record.Managed = slices.DeleteFunc(m.record.Managed, func(o host.SetupManaged) bool { return o.Path == r.Path })
	for _, dir := range slices.Backward(r.Dirs) {
		if os.Remove(m.path(dir)) != nil { // something is in it
			m.inherit(dir)
		}
	}
	return m.save()
}

// inherit puts a folder that ringwall made on the record of a file that still
// lies in it: whichever file goes last takes the folder along.
func (m *machine) inherit(dir string) {
	for i := range m.record.Managed {
		o := &m.record.Managed[i]
		if strings.HasPrefix(o.Path, dir+"/") && !slices.Contains(o.Dirs, dir) {
			o.Dirs = append(o.Dirs, dir)
			slices.Sort(o.Dirs)
		}
	}
}
