package native

import (
	"os"

	"golang.org/x/sys/unix"
)

// diskUse is what the agent has written to the workspace, as far as it can be
// seen from outside while the agent goes on.
type diskUse struct {
	bytes, files int64
	// unknown: some of the tree could not be looked at, because the agent made
	// it so: folders without permissions, or nested beyond all measure.
	unknown bool
}

const (
	// perEntry is the least that a name is charged with: an empty file takes an
	// inode, and those run out too.
	perEntry = 4096
	// maxNested is how deep the walk goes; each level holds a descriptor.
	maxNested = 200
)

// written adds up a tree until it is more than enough to know. It goes from
// folder to folder by descriptor: no link is followed, which the agent could
// put in a folder's place meanwhile, and no path is too long for it.
func written(dir string, enough int64) diskUse {
	var u diskUse
	u.folder(unix.AT_FDCWD, dir, enough, 0)
	return u
}

func (u *diskUse) folder(parent int, name string, enough int64, depth int) {
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
	for u.bytes <= enough {
		names, err := f.Readdirnames(256)
		for _, n := range names {
			if u.bytes <= enough {
				u.entry(fd, n, enough, depth)
			}
		}
		if err != nil {
			return
		}
	}
}

func (u *diskUse) entry(dir int, name string, enough int64, depth int) {
	var stat unix.Stat_t
	if err := unix.Fstatat(dir, name, &stat, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		u.unknown = u.unknown || err != unix.ENOENT
		return
	}
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

// free is the space left on the file system of a path, in bytes.
func free(path string) int64 {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return 0
	}
	return int64(s.Bfree) * s.Bsize
}

// unnamed is what lies in files that have no name: removed while they were
// open, or made without one by memfd_create(2). No walk and no process's
// resident set shows it.
type unnamed struct{ disk, memory int64 }

// nameless adds up the files without a name that processes have open.
func nameless(pids []int) (u unnamed) {
	seen := map[[2]uint64]bool{}
	for _, pid := range pids {
		links, release, _ := openFiles(pid)
		for _, link := range links {
			var stat unix.Stat_t
			if unix.Stat(link, &stat) != nil || stat.Mode&unix.S_IFMT != unix.S_IFREG || stat.Nlink > 0 {
				continue
			}
			if id := [2]uint64{uint64(stat.Dev), stat.Ino}; !seen[id] {
				seen[id] = true
				u.add(link, stat.Blocks*512)
			}
		}
		release()
	}
	return u
}

func (u *unnamed) add(path string, bytes int64) {
	var s unix.Statfs_t
	if unix.Statfs(path, &s) == nil && s.Type == unix.TMPFS_MAGIC {
		u.memory += bytes
		return
	}
	u.disk += bytes
}
