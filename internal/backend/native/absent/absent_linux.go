// Package absent keeps the layer in which a workspace's absent guardrails
// stand: a folder that holds nothing but empty files and folders of their names,
// and the folders on the way to them. As the topmost layer below what the agent
// writes it takes those names in the view; nothing is made for it in the project
// or among the agent's changes, and the agent cannot write to it.
//
// It is made once and stays, in a folder of its project's, under a name that is
// the hash of what it must hold. A folder that the project has too lends its
// attributes to the view, so it has those of the project's. Whatever is found
// under the name is looked at before each use, and made anew if it is not that.
package absent

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// Place is one name to be taken, relative to the project.
type Place struct {
	Path string
	Dir  bool // by a folder, not a file
}

// Owner is whose the files are, on disk.
type Owner struct{ UID, GID int }

// kept is how many layers stay for a project: a policy that goes back and forth
// finds its own again.
const kept = 4

// unfinished is the name of a layer that is being made.
const unfinished = ".new"

// Layer returns the folder of the layer in which the places are taken, "" if
// the project has something at each of them by now. It lies in store, which is
// made if it is not there and belongs to the project and to the caller: nobody
// else may use it meanwhile. The places are sorted, and none lies in another. An
// error means that there can be no such layer, and the names have to be taken
// in another way.
func Layer(store, project string, places []Place, owner Owner) (string, error) {
	nodes, err := survey(project, places, owner)
	if err != nil || len(nodes) == 0 {
		return "", err
	}
	dir, err := own(store)
	if err != nil {
		return "", err
	}
	defer unix.Close(dir)
	name := nameOf(nodes)
	path := filepath.Join(store, name)
	if verify(dir, name, nodes) == nil {
		return path, nil
	}
	if err := replace(dir, store, name, nodes); err != nil {
		return "", fmt.Errorf("make the layer of absent guardrails: %w", err)
	}
	prune(store, name)
	return path, nil
}

// own opens the folder of the layers. It must be ours alone.
func own(store string) (int, error) {
	if err := os.MkdirAll(store, 0o700); err != nil {
		return -1, err
	}
	dir, err := unix.Open(store, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: store, Err: err}
	}
	var st unix.Stat_t
	err = unix.Fstat(dir, &st)
	if err == nil && (int(st.Uid) != os.Geteuid() || st.Mode&0o777 != 0o700) {
		err = fmt.Errorf("%s is not this user's alone", store)
	}
	if err != nil {
		unix.Close(dir)
		return -1, err
	}
	return dir, nil
}

// replace makes a layer and puts it where another, that is not what its name
// says, may be.
func replace(dir int, store, name string, nodes []node) error {
	for _, old := range []string{unfinished, name} {
		if err := remove(filepath.Join(store, old)); err != nil {
			return err
		}
	}
	err := build(dir, unfinished, nodes)
	if err == nil {
		err = verify(dir, unfinished, nodes) // a file system may keep less than it was told
	}
	if err == nil {
		err = unix.Renameat2(dir, unfinished, dir, name, unix.RENAME_NOREPLACE)
	}
	if err != nil {
		return errors.Join(err, remove(filepath.Join(store, unfinished)))
	}
	return nil
}

// prune removes the oldest layers but some. What cannot be removed stays: it is
// in nobody's way.
func prune(store, used string) {
	entries, err := os.ReadDir(store)
	if err != nil {
		return
	}
	old := slices.DeleteFunc(entries, func(e os.DirEntry) bool { return e.Name() == used })
	slices.SortFunc(old, func(a, b os.DirEntry) int { return made(b) - made(a) })
	for _, e := range old[min(len(old), kept-1):] {
		remove(filepath.Join(store, e.Name()))
	}
}

// made is when, in seconds; 0 if that cannot be told.
func made(e os.DirEntry) int {
	info, err := e.Info()
	if err != nil {
		return 0
	}
	return int(info.ModTime().Unix())
}

// remove takes a layer away, whatever modes its folders have, and does not mind
// if there is none.
func remove(path string) error {
	err := filepath.WalkDir(path, func(p string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			err = os.Chmod(p, 0o700)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.RemoveAll(path)
}
