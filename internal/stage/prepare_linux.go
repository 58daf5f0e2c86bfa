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
	for _, p := range []string{d.Upper, d.Work} {
		if err := makeOwn(p); err != nil {
			return Dirs{}, fmt.Errorf("prepare the stage: %w", err)
		}
	}
	// A second start in the same folder is refused; the folder itself is made
	// when there is something to hold.
	if _, err := os.Lstat(d.Held); !errors.Is(err, fs.ErrNotExist) {
		return Dirs{}, fmt.Errorf("prepare the stage: %s: %w", d.Held, errors.Join(err, fs.ErrExist))
	}
	return d, nil
}

// makeOwn makes a folder that its owner can use, whatever the umask takes away.
func makeOwn(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil {
		return err
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Perm() == 0o700 {
		return err
	}
	return os.Chmod(path, 0o700)
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
	return (&dir{t.fd}).writeJSON(keptName, keptRecord{Version: recordVersion, Why: why})
}

// Discard removes what the agent wrote in an iteration and was not held. It
// needs no process of the iteration to be alive.
func Discard(d Dirs) error {
	t, err := openTree(d.Iter)
	if err != nil {
		return err
	}
	defer t.close()
	return (&dir{t.fd}).drop(workName, upperName)
}

// drop removes the overlay's folders, and those above the owner's caches. Mostly nothing was written, and then the
// upper one is empty and the other holds only what the kernel put there.
func (d *dir) drop(names ...string) error {
	_ = unix.Unlinkat(d.fd, workName+"/"+workName, unix.AT_REMOVEDIR)
	var failed error
	for _, name := range names {
		if unix.Unlinkat(d.fd, name, unix.AT_REMOVEDIR) != nil {
			failed = errors.Join(failed, d.remove(name))
		}
	}
	if there, _ := d.exists(cachesName); there {
		failed = errors.Join(failed, d.remove(cachesName))
	}
	return failed
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
