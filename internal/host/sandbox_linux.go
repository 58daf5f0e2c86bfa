package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
	"ringwall/internal/kernel/namespace"
)

// trySandbox starts a first process that builds a small view and ends: the
// only way to know whether namespaces, an own /proc and an overlay work here.
func trySandbox(f *Facts) {
	dir, err := os.MkdirTemp(f.StateDir, "probe-")
	if err != nil {
		f.Sandbox = Ability{Why: err.Error(), Fix: "make " + f.StateDir + " writable"}
		f.Overlay = f.Sandbox
		return
	}
	defer removeProbe(dir)
	f.Sandbox = f.ability(probe(f, base()))
	if !f.Sandbox.OK {
		f.Overlay = Ability{Why: f.Sandbox.Why, Fix: f.Sandbox.Fix}
		return
	}
	f.Overlay, f.Idmap = tryOverlay(f, dir)
}

func removeProbe(dir string) {
	// The kernel leaves the overlay's work directory without any permission.
	os.Chmod(filepath.Join(dir, "work", "work"), 0o700)
	os.RemoveAll(dir)
}

// base is the least that every sandbox needs.
func base() []launch.Step {
	return []launch.Step{
		{Op: launch.Tmpfs, Target: "/tmp", Mode: 0o700, Flags: launch.Writable},
		{Op: launch.Proc, Target: "/proc"},
		{Op: launch.Bind, Target: "/usr", Source: "/usr"},
	}
}

// Identity is who a sandbox's processes are for the kernel, where there is no
// account beside its owner.
func (f Facts) Identity() namespace.Identity {
	id := namespace.Identity{HostUID: f.UID, HostGID: f.GID, UID: insideID, GID: insideID}
	if f.IsRoot() && f.Account != nil {
		id.HostUID, id.HostGID, id.DropGroups = f.Account.UID, f.Account.GID, true
	}
	return id
}

// insideID is the user and group number that an agent sees.
const insideID = 1000

// probe runs the steps and returns what went wrong.
func probe(f *Facts, steps []launch.Step, files ...*os.File) error {
	p, err := namespace.Start(&launch.Spec{ProbeOnly: true, Steps: steps, AnyRoute: true},
		namespace.Options{Identity: f.Identity(), Files: files})
	if err != nil {
		return err
	}
	defer p.Wait()
	defer p.Close()
	_, err = p.Next()
	return err
}

// tryOverlay mounts one with everything in the state directory. As root the
// directories are given to the account through an id-mapped mount.
func tryOverlay(f *Facts, dir string) (overlay, idmap Ability) {
	for _, d := range []string{"lower", "upper", "work"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o700); err != nil {
			return f.elsewhere(err), Ability{}
		}
	}
	step := launch.Step{Op: launch.Overlay, Target: "/work", Source: filepath.Join(dir, "lower"), Data: dir}
	if !f.IsRoot() {
		return f.elsewhere(probe(f, append(base(), step))), Ability{Why: "only root can"}
	}
	files, err := f.Mapped(os.Getuid(), os.Getgid(), filepath.Join(dir, "lower"), dir)
	if err != nil {
		no := f.elsewhere(fmt.Errorf("id-mapped mounts: %w", err))
		return no, no
	}
	defer closeAll(files)
	step.Flags, step.FD = launch.UseFD, launch.FirstFD
	return f.elsewhere(probe(f, append(base(), step), files...)), Ability{OK: true}
}

// elsewhere explains why the state directory's file system cannot hold an
// overlay: it is one itself, as in most containers, or a network's, or too old.
func (f *Facts) elsewhere(err error) Ability {
	switch {
	case err == nil:
		return Ability{OK: true}
	case errors.Is(err, unix.ENODEV):
		return Ability{Why: err.Error() + " (the kernel has no overlayfs loaded)", Fix: "sudo modprobe overlay"}
	}
	return Ability{Why: noOverlay("the state directory", f.StateDir, err), Fix: "set XDG_STATE_HOME to a folder on ext4, xfs or btrfs, with Linux 5.19 or later"}
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}
