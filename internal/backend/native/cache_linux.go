package native

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"ringwall/internal/host"
	"ringwall/internal/kernel/launch"
	"ringwall/internal/plan"
)

// cachesDir is where an iteration's folder has the layers above the caches.
const cachesDir = "caches"

// cache lays a new layer over a cache of the owner's. A layer that stayed would
// let one iteration choose what the next, or a check, takes for built and tested.
func (t *translation) cache(c *plan.Cache) error {
	dir, err := t.run.cacheLayer(c.Name)
	if err != nil {
		return err
	}
	source := c.Source
	if info, err := os.Stat(source); err != nil || !info.IsDir() {
		source = filepath.Join(dir, "none")
	}
	s := launch.Step{Op: launch.Overlay, Target: c.Target, Source: source, Data: dir}
	if t.user.Form == accountRootForm {
		files, err := t.run.mappedCache(source, dir)
		if err != nil {
			return err
		}
		s.Flags, s.FD = launch.UseFD, t.pass(files[0])
		t.pass(files[1])
	}
	t.step(s)
	t.run.layers = append(t.run.layers, filepath.Join(dir, "upper"))
	return nil
}

// cacheLayer makes the folders of a layer.
func (r *run) cacheLayer(name string) (string, error) {
	iter := r.native.IterDir
	if r.native.Above {
		iter = filepath.Join(iter, "check")
	}
	dir := filepath.Join(iter, cachesDir, name)
	for _, d := range []string{"upper", "work", "none"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// mappedCache shows a cache and the layer above it to the agent's account as its
// own. On disk both belong to the cache's owner.
func (r *run) mappedCache(source, dir string) ([]*os.File, error) {
	if r.native.Host.Account == nil {
		return nil, errors.New("no account to map to")
	}
	var st unix.Stat_t
	if err := unix.Stat(source, &st); err != nil {
		return nil, fmt.Errorf("look at %s: %w", source, err)
	}
	for _, d := range []string{"", "upper", "work", "none"} {
		if err := chown(filepath.Join(dir, d), int(st.Uid), int(st.Gid)); err != nil {
			return nil, err
		}
	}
	m, err := host.NewMapping()
	if err != nil {
		return nil, err
	}
	defer m.Close()
	return m.Mounts(r.native.Host, int(st.Uid), int(st.Gid), source, dir)
}

// kept shows a folder of ours that outlasts the run. A check gets none: what an
// iteration left there must not speak for its work.
func (t *translation) kept(k *plan.Kept) error {
	if t.run.native.Above {
		return nil
	}
	if err := os.MkdirAll(k.Source, 0o700); err != nil {
		return err
	}
	if a := t.run.native.Host.Account; t.user.Form == accountRootForm && a != nil {
		if err := chown(k.Source, a.UID, a.GID); err != nil {
			return err
		}
	}
	t.run.layers = append(t.run.layers, k.Source)
	return t.bind(&plan.Mount{Kind: plan.Bind, Source: k.Source, Target: k.Target, Writable: true})
}
