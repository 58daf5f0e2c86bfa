package child

import (
	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
	"ringwall/internal/kernel/mount"
)

// Where the layers of the overlay are attached while it is mounted. Fixed
// names keep a project's path, which may hold any byte, out of the option
// string.
const (
	lowerDir = "/.lower"
	stageDir = "/.stage"
)

// overlay mounts the workspace: the project below, untouched, and what the
// agent writes above. The overlay keeps private copies of its layers, so both
// are detached again and cannot be reached past it.
func (b *builder) overlay(s *launch.Step) error {
	lower := launch.Step{Op: launch.Bind, Target: lowerDir, Source: s.Source, Flags: s.Flags & launch.UseFD, FD: s.FD}
	if err := b.bind(&lower); err != nil {
		return err
	}
	stage := launch.Step{Op: launch.Bind, Target: stageDir, Source: s.Data, Flags: launch.Writable | s.Flags&launch.UseFD, FD: s.FD + 1}
	if err := b.bind(&stage); err != nil {
		return err
	}
	fd, err := mount.New("overlay", mount.Attributes{},
		mount.Option{Key: "lowerdir", Value: lowerDir},
		mount.Option{Key: "upperdir", Value: stageDir + "/upper"},
		mount.Option{Key: "workdir", Value: stageDir + "/work"},
		// Without trusted.* attributes, which only root may set, and without
		// an index of hard links, whose entries no reader of the upper knows.
		mount.Option{Key: "userxattr"}, mount.Option{Key: "index", Value: "off"})
	if err != nil {
		return err
	}
	if err := b.mkdirAll(s.Target, 0o755); err != nil {
		unix.Close(fd)
		return err
	}
	if err := b.attach(fd, s.Target); err != nil {
		return err
	}
	return detach(lowerDir, stageDir)
}

func detach(paths ...string) error {
	for _, p := range paths {
		if err := unix.Unmount(p, unix.MNT_DETACH); err != nil {
			return err
		}
		if err := unix.Rmdir(p); err != nil {
			return err
		}
	}
	return nil
}

// again mounts what is at a path onto itself with other attributes. A mount
// point cannot be renamed, removed or replaced (EBUSY).
func (b *builder) again(path string, a mount.Attributes) error {
	from, err := b.open(path, unix.O_PATH)
	if err != nil {
		return err
	}
	defer unix.Close(from)
	fd, err := mount.Clone(from, "", a)
	if err != nil {
		return err
	}
	return mount.Attach(fd, from)
}

// absent takes a name that does not exist: something empty and read-only
// stands there for as long as the sandbox lives. It lies in the overlay's upper
// layer and never reaches the project.
func (b *builder) absent(s *launch.Step) error {
	if err := b.mountPoint(s.Target, s.Flags&launch.Folder != 0); err != nil {
		return err
	}
	return b.again(s.Target, mount.Attributes{ReadOnly: true, NoExec: true})
}

// maskFile is where the text of a mask lies until it is mounted.
const maskFile = "/.mask"

// mask mounts a short text over a file of the workspace.
func (b *builder) mask(s *launch.Step) error {
	if err := b.file(&launch.Step{Target: maskFile, Data: s.Data, Mode: 0o444}); err != nil {
		return err
	}
	from, err := b.open(maskFile, unix.O_PATH)
	if err != nil {
		return err
	}
	defer unix.Close(from)
	fd, err := mount.Clone(from, "", mount.Attributes{ReadOnly: true, NoExec: true})
	if err != nil {
		return err
	}
	if err := b.attach(fd, s.Target); err != nil {
		return err
	}
	return unix.Unlink(maskFile) // the mount holds on to the file
}
