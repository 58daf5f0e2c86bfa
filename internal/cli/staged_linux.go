package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"ringwall/internal/evidence"
	"ringwall/internal/stage"
)

// realStage is package stage. What it does not have yet is read here from the
// records that it writes, or refused.
type realStage struct{}

var errNotYet = errors.New("this version can show it and not do it")

func (realStage) accept(context.Context, stage.Options, []stage.Name, evidence.Recorder) (stage.Result, error) {
	return stage.Result{}, errNotYet
}

func (realStage) drop(context.Context, stage.Options, []stage.Name, evidence.Recorder) (int, error) {
	return 0, errNotYet
}

func (realStage) rollback(context.Context, stage.Options, evidence.Recorder) (stage.Result, error) {
	return stage.Result{}, errNotYet
}

// parts leaves an interrupted reading's error to the caller: what is kept whole
// may be so because it could not be read.
func (realStage) parts(ctx context.Context, o stage.Options) ([]stage.Entry, error) {
	c, err := stage.Read(ctx, o)
	if err != nil {
		return nil, err
	}
	return c.Entries, nil
}

func (realStage) inside(*kept, stage.Entry, int) ([]stage.Entry, error) { return nil, nil }

// look reads the records of an iteration.
func (realStage) look(dir string) (*kept, error) {
	k := &kept{dir: dir, State: stateNothing}
	var apply struct {
		Project   stage.Name    `json:"project"`
		ProjectID stage.ID      `json:"project_id"`
		Entries   []stage.Entry `json:"entries"`
	}
	var whole struct {
		Why string `json:"why"`
	}
	var held struct {
		Held []stage.Held `json:"held"`
	}
	var found [4]bool
	for i, r := range []struct {
		name string
		into any
	}{{"apply.json", &apply}, {"applied.json", new(struct{})}, {"kept.json", &whole}, {"held/held.json", &held}} {
		var err error
		if found[i], err = readRecord(filepath.Join(dir, r.name), r.into); err != nil {
			return nil, err
		}
	}
	k.sides = recordSides{k}
	k.Project, k.ProjectID, k.Why, k.Held = string(apply.Project), apply.ProjectID, whole.Why, held.Held
	switch {
	case found[1]:
		k.State, k.Applied = stateApplied, notHeld(apply.Entries, held.Held)
	case found[2]:
		k.State = stateKept
	case found[0], present(filepath.Join(dir, "upper")):
		k.State = stateOpen
	}
	return k, nil
}

// notHeld are the entries that were applied.
func notHeld(all []stage.Entry, held []stage.Held) []stage.Entry {
	back := map[stage.Name]bool{}
	for _, h := range held {
		back[h.Path] = true
	}
	var out []stage.Entry
	for _, e := range all {
		if e.Class == stage.Ordinary && !back[e.Path] {
			out = append(out, e)
		}
	}
	return out
}

// readRecord reads one of the stage's own records; found is false where there
// is none.
func readRecord(path string, into any) (found bool, err error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	if err := json.NewDecoder(io.LimitReader(f, 1<<30)).Decode(into); err != nil {
		return true, fmt.Errorf("read %s: %w", path, err)
	}
	return true, nil
}

// recordSides finds the two sides by the records.
type recordSides struct{ *kept }

// inProject tells where the project is, where no record does.
func (k *kept) inProject(path string) { k.Project = path }

// Old opens what stands in the project now, for an entry that is held. Of
// one that was applied nothing is kept yet.
func (k recordSides) Old(e stage.Entry) (io.ReadCloser, error) {
	if k.heldAs(e) == nil && k.State != stateKept || e.Lower.Type == stage.Absent {
		return nil, fs.ErrNotExist
	}
	return openBeneath(k.Project, string(e.Path))
}

// New opens what the agent made: the held file, or what was applied, as it is
// in the project now.
func (k recordSides) New(e stage.Entry) (io.ReadCloser, error) {
	if e.Action == stage.Deleted {
		return nil, fs.ErrNotExist
	}
	h := k.heldAs(e)
	switch {
	case k.State == stateKept:
		return openBeneath(filepath.Join(k.dir, "upper"), string(e.Path))
	case h == nil:
		return openBeneath(k.Project, string(e.Path))
	case h.File == "":
		return nil, fs.ErrNotExist
	}
	return openBeneath(filepath.Join(k.dir, "held"), h.File)
}

// heldAs finds an entry among those that are held.
func (k *kept) heldAs(e stage.Entry) *stage.Held {
	for i, h := range k.Held {
		if h.Path == e.Path && h.Class == e.Class {
			return &k.Held[i]
		}
	}
	return nil
}

// openBeneath opens a file below a folder, following no link; of a link its
// text.
func openBeneath(dir, rel string) (io.ReadCloser, error) {
	root, err := os.OpenFile(dir, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_NOFOLLOW | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS}
	fd, err := unix.Openat2(int(root.Fd()), rel, &how)
	if err == unix.ENOENT || err == unix.ELOOP || err == unix.ENOTDIR {
		return nil, fs.ErrNotExist // gone, or replaced on the way
	}
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, err
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return os.Open(fmt.Sprintf("/proc/self/fd/%d", fd))
	case unix.S_IFLNK:
		buf := make([]byte, unix.PathMax)
		n, err := unix.Readlinkat(fd, "", buf)
		return io.NopCloser(strings.NewReader(string(buf[:max(n, 0)]))), err
	}
	return nil, fs.ErrNotExist
}
