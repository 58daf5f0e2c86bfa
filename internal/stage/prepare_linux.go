package stage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// dirsOf names the folders of an iteration without making them.
func dirsOf(iterDir string) Dirs {
	return Dirs{
		Iter:  iterDir,
		Upper: filepath.Join(iterDir, upperName),
		Work:  filepath.Join(iterDir, workName),
		Held:  filepath.Join(iterDir, heldName),
	}
}

// Prepare makes the folders of an iteration, readable by their owner only.
// iterDir is absolute and new, or still without these folders.
func Prepare(iterDir string) (Dirs, error) {
	d := dirsOf(iterDir)
	if err := os.MkdirAll(iterDir, 0o700); err != nil {
		return Dirs{}, fmt.Errorf("prepare the stage: %w", err)
	}
	for _, p := range []string{d.Upper, d.Work, d.Held} {
		if err := os.Mkdir(p, 0o700); err != nil {
			return Dirs{}, fmt.Errorf("prepare the stage: %w", err)
		}
		if err := os.Chmod(p, 0o700); err != nil { // whatever the umask took
			return Dirs{}, fmt.Errorf("prepare the stage: %w", err)
		}
	}
	return d, nil
}

// Pin returns the identity of a project's folder, for Options.ProjectID.
func Pin(project string) (ID, error) {
	t, err := openTree(project)
	if err != nil {
		return ID{}, err
	}
	defer t.close()
	return t.id, nil
}

// Keep marks an iteration as one whose changeset is kept and not applied, so
// that Recover does not take it for one that was cut short.
func Keep(d Dirs, why string) error {
	t, err := openTree(d.Iter)
	if err != nil {
		return err
	}
	defer t.close()
	return (&dir{t.fd}).writeJSON(keptName, keptRecord{recordVersion, why})
}

// Discard removes what the agent wrote in an iteration and was not held. It
// needs no process of the iteration to be alive.
func Discard(d Dirs) error {
	t, err := openTree(d.Iter)
	if err != nil {
		return err
	}
	defer t.close()
	at := &dir{t.fd}
	return errors.Join(at.remove(workName), at.remove(upperName))
}

// exists tells whether a name is there.
func (d *dir) exists(name string) (bool, error) {
	_, err := d.raw(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// ownerCan makes a folder of ours usable by its owner, keeping its other bits.
// Overlayfs leaves work/work with mode 000, and an agent may do the same to
// any folder. name must be known to be no link.
func (d *dir) ownerCan(name string, st unix.Stat_t) error {
	return unix.Fchmodat(d.fd, name, st.Mode&0o7777|0o700, 0)
}
