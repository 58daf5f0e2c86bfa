package child

import (
	"strconv"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
	"ringwall/internal/kernel/mount"
)

// step carries out one entry of the list.
func (b *builder) step(s *launch.Step) error {
	switch s.Op {
	case launch.Dir:
		return b.mkdirAll(s.Target, s.Mode)
	case launch.Tmpfs:
		return b.tmpfs(s)
	case launch.Bind:
		return b.bind(s)
	case launch.Proc:
		return b.attachNew(s, "proc")
	case launch.Devpts:
		return b.attachNew(s, "devpts", mount.Option{Key: "newinstance"},
			mount.Option{Key: "ptmxmode", Value: "0666"}, mount.Option{Key: "mode", Value: "0600"})
	case launch.Symlink:
		return b.symlink(s)
	case launch.File:
		return b.file(s)
	case launch.Overlay:
		return b.overlay(s)
	case launch.Freeze:
		return b.again(s.Target, mount.Attributes{ReadOnly: true})
	case launch.Pin:
		return b.again(s.Target, mount.Attributes{})
	case launch.Absent:
		return b.absent(s)
	case launch.Mask:
		return b.mask(s)
	case launch.ReadOnly:
		return b.seal(s.Target)
	}
	return unix.EINVAL
}

func describe(s *launch.Step) string {
	verbs := map[launch.Op]string{
		launch.Dir: "make the directory", launch.Tmpfs: "mount a tmpfs at", launch.Bind: "mount",
		launch.Proc: "mount a proc file system at", launch.Devpts: "mount terminals at",
		launch.Symlink: "link", launch.File: "write", launch.Overlay: "mount the overlay at",
		launch.Freeze: "freeze", launch.Pin: "pin", launch.Absent: "freeze as absent",
		launch.Mask: "hide", launch.ReadOnly: "make read-only",
	}
	return verbs[s.Op] + " " + s.Target
}

func attributes(s *launch.Step) mount.Attributes {
	return mount.Attributes{
		ReadOnly: s.Flags&launch.Writable == 0,
		NoExec:   s.Flags&launch.NoExec != 0,
		Devices:  s.Flags&launch.Devices != 0,
	}
}

// open finds a path of the new root without ever following a link: the
// project below it was written by the agent in an earlier iteration.
func (b *builder) open(path string, flags uint64) (int, error) {
	return unix.Openat2(b.root, relative(path), &unix.OpenHow{
		Flags:   flags | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS,
	})
}

// openHost finds a path of the host as the host would, links included, but
// within its root.
func (b *builder) openHost(path string) (fd int, err error) {
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS}
	for range raceRetries {
		if fd, err = unix.Openat2(b.host, relative(path), &how); err != unix.EAGAIN {
			break
		}
	}
	return fd, err
}

// raceRetries bounds how often a link with ".." in it, as /etc/os-release is
// one, is tried again: openat2 gives EAGAIN where anything on the machine was
// renamed or mounted meanwhile, and cannot tell whether it mattered.
const raceRetries = 1000

func relative(path string) string {
	for len(path) > 0 && path[0] == '/' {
		path = path[1:]
	}
	if path == "" {
		return "."
	}
	return path
}

func (b *builder) tmpfs(s *launch.Step) error {
	options := []mount.Option{{Key: "mode", Value: strconv.FormatUint(uint64(s.Mode), 8)}}
	if s.Size > 0 {
		options = append(options, mount.Option{Key: "size", Value: strconv.FormatInt(s.Size, 10)})
	}
	return b.attachNew(s, "tmpfs", options...)
}

func (b *builder) attachNew(s *launch.Step, fsType string, options ...mount.Option) error {
	if err := b.mkdirAll(s.Target, 0o755); err != nil {
		return err
	}
	fd, err := mount.New(fsType, attributes(s), options...)
	if err != nil {
		return err
	}
	return b.attach(fd, s.Target)
}

func (b *builder) attach(fd int, path string) error {
	target, err := b.open(path, unix.O_PATH)
	if err != nil {
		unix.Close(fd)
		return err
	}
	defer unix.Close(target)
	return mount.Attach(fd, target)
}

// bind shows a file or directory of the host.
func (b *builder) bind(s *launch.Step) error {
	fd, err := b.source(s)
	if err == unix.ENOENT && s.Flags&launch.Optional != 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if err := b.mountPoint(s.Target, isDir(fd)); err != nil {
		unix.Close(fd)
		return err
	}
	return b.attach(fd, s.Target)
}

// source is a detached copy of what the step shows. One that the supervisor
// made can only be attached from here, not copied again (Linux 6.15).
func (b *builder) source(s *launch.Step) (int, error) {
	if s.Flags&launch.UseFD != 0 {
		return s.FD, nil
	}
	from, err := b.openHost(s.Source)
	if err != nil {
		return -1, err
	}
	defer unix.Close(from)
	return mount.Clone(from, "", attributes(s))
}

func isDir(fd int) bool {
	var stat unix.Stat_t
	return unix.Fstat(fd, &stat) == nil && stat.Mode&unix.S_IFMT == unix.S_IFDIR
}

// mountPoint makes sure that there is something of the right kind to mount on.
func (b *builder) mountPoint(path string, dir bool) error {
	if dir {
		return b.mkdirAll(path, 0o755)
	}
	fd, err := b.create(path, 0o444)
	if err == unix.EEXIST {
		return nil
	}
	if err == nil {
		unix.Close(fd)
	}
	return err
}

// create makes a new file; its directories too.
func (b *builder) create(path string, mode uint32) (int, error) {
	dir, name := split(path)
	if err := b.mkdirAll(dir, 0o755); err != nil {
		return -1, err
	}
	parent, err := b.open(dir, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return -1, err
	}
	defer unix.Close(parent)
	return unix.Openat(parent, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, mode)
}

func (b *builder) file(s *launch.Step) error {
	fd, err := b.create(s.Target, s.Mode)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return write(fd, s.Data)
}

func write(fd int, data string) error {
	for len(data) > 0 {
		n, err := unix.Write(fd, []byte(data))
		if err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// seal makes one mount read-only, and none of those on it.
func (b *builder) seal(path string) error {
	fd, err := b.open(path, unix.O_PATH)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}
	return unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH, &attr)
}

func (b *builder) symlink(s *launch.Step) error {
	dir, name := split(s.Target)
	if err := b.mkdirAll(dir, 0o755); err != nil {
		return err
	}
	parent, err := b.open(dir, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return err
	}
	defer unix.Close(parent)
	return unix.Symlinkat(s.Data, parent, name)
}

// mkdirAll makes a directory and its parents, one name at a time, so that no
// link can lead elsewhere.
func (b *builder) mkdirAll(path string, mode uint32) error {
	path = relative(path)
	if path == "." {
		return nil
	}
	for i := 1; i <= len(path); i++ {
		if i < len(path) && path[i] != '/' {
			continue
		}
		if err := b.mkdir(path[:i], mode); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) mkdir(path string, mode uint32) error {
	dir, name := split(path)
	parent, err := b.open(dir, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return err
	}
	defer unix.Close(parent)
	if err := unix.Mkdirat(parent, name, mode); err != nil && err != unix.EEXIST {
		// Where a read-only mount already has the directory, EROFS may come
		// before EEXIST.
		if fd, again := b.open(path, unix.O_PATH|unix.O_DIRECTORY); again == nil {
			unix.Close(fd)
			return nil
		}
		return err
	}
	return nil
}

func split(path string) (dir, name string) {
	path = relative(path)
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '/' {
			return path[:i], path[i+1:]
		}
	}
	return ".", path
}
