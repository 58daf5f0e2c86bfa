package native

import (
	"os"

	"golang.org/x/sys/unix"
)

// diskUse is what the agent has written to the workspace, as far as it can be
// seen from outside while the agent goes on.
type diskUse struct {
	bytes, entries, files int64
	// unknown: some of the tree could not be looked at, because the agent made
	// it so: folders without permissions, or nested beyond all measure.
	unknown bool
}

// bounds are what is enough to know: a walk ends beyond either.
type bounds struct{ bytes, entries int64 }

func (u *diskUse) beyond(b bounds) bool { return u.bytes > b.bytes || u.entries > b.entries }

// besides adds what takes room and is no change of the workspace.
func (u *diskUse) besides(o diskUse) {
	u.bytes, u.entries, u.unknown = u.bytes+o.bytes, u.entries+o.entries, u.unknown || o.unknown
}

const (
	// perEntry is the least that a name is charged with: an empty file takes
	// room too.
	perEntry = 4096
	// maxNested is how deep the walk goes; each level holds a descriptor.
	maxNested = 200
)

// written adds up a tree until it is more than enough to know. It goes from
// folder to folder by descriptor: no link is followed, which the agent could
// put in a folder's place meanwhile, and no path is too long for it.
func written(dir string, enough bounds) diskUse {
	var u diskUse
	u.folder(unix.AT_FDCWD, dir, enough, 0)
	return u
}

func (u *diskUse) folder(parent int, name string, enough bounds, depth int) {
	fd, err := unix.Openat(parent, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_NOATIME, 0)
	if err == unix.EPERM { // O_NOATIME is for the owner
		fd, err = unix.Openat(parent, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	}
	if err != nil {
		u.unknown = u.unknown || err != unix.ENOENT // gone meanwhile
		return
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	for !u.beyond(enough) {
		names, err := f.Readdirnames(256)
		for _, n := range names {
			if !u.beyond(enough) {
				u.entry(fd, n, enough, depth)
			}
		}
		if err != nil {
			return
		}
	}
}

func (u *diskUse) entry(dir int, name string, enough bounds, depth int) {
	var stat unix.Stat_t
	if err := unix.Fstatat(dir, name, &stat, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		u.unknown = u.unknown || err != unix.ENOENT
		return
	}
	u.entries++
	u.bytes += max(stat.Blocks*512, perEntry) // holes do not count
	switch {
	case stat.Mode&unix.S_IFMT != unix.S_IFDIR:
		u.files++
	case depth >= maxNested:
		u.unknown = true
	default:
		u.folder(dir, name, enough, depth+1)
	}
}

// room is what is left on a file system.
type room struct{ bytes, inodes int64 }

// roomAt asks for the room on the file system of a path.
func roomAt(path string) room {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return room{}
	}
	return room{int64(s.Bfree) * s.Bsize, int64(s.Ffree)}
}

// less is how much has gone since then. Others use the file system too, so it
// is a reason to look, and never a count.
func (r room) less(now room) room { return room{r.bytes - now.bytes, r.inodes - now.inodes} }
