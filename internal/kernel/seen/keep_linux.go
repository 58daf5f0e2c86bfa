package seen

import (
	"errors"
	"fmt"
	"hash/crc32"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// format is the beginning of every record, and its version.
const format = "seen 1\n\x00"

// maxRecord bounds a record, in bytes.
const maxRecord = 1 << 20

// settled is how old a change has to be to be relied on: a second one within
// the granularity of a file system's clock (at most two seconds) would leave
// the same time behind.
const settled = 2 * time.Second

// keeping are the file systems that give each change a time of its own and
// that this machine alone writes to. The others may be a program, another
// machine or the kernel, and say what they like.
var keeping = []int64{unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.TMPFS_MAGIC, unix.OVERLAYFS_SUPER_MAGIC,
	unix.F2FS_SUPER_MAGIC, unix.SQUASHFS_MAGIC, unix.EROFS_SUPER_MAGIC_V1, zfsMagic, bcachefsMagic}

// Numbers that package unix does not name.
const (
	zfsMagic      = 0x2fc12fc1
	bcachefsMagic = 0xca451a4e
)

// Keep makes a record of all that was seen, and of what was made of it. The key
// is whatever else that rests on. What cannot be relied on later is an error.
func (e *Eyes) Keep(key string, made []byte) ([]byte, error) {
	notes := e.needed()
	if e.why != "" {
		return nil, errors.New(e.why)
	}
	if err := reliable(notes, e.began-int64(settled)); err != nil {
		return nil, err
	}
	var p Packer
	p.Text(key)
	p.Number(len(e.asked))
	for _, name := range e.asked {
		p.Text(name)
		p.Text(e.env[name])
	}
	p.Number(len(notes))
	for _, n := range notes {
		p.b = n.append(p.b)
	}
	body := append(p.b, made...)
	if len(body) > maxRecord {
		return nil, fmt.Errorf("there is too much to keep: %d bytes", len(body))
	}
	return append(append([]byte(format), sum(body)...), body...), nil
}

func sum(body []byte) []byte {
	n := crc32.ChecksumIEEE(body)
	return []byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}
}

// needed are the notes without those that say nothing new: of names that are
// missing in a folder that was listed, and of a folder both as a name and as
// what that leads to.
func (e *Eyes) needed() []note {
	var out []note
	for _, n := range e.notes {
		if n.state.errno == uint32(unix.ENOENT) {
			if list, known := e.lists[filepath.Dir(n.path)]; known {
				if _, found := find(list, filepath.Base(n.path)); found {
					e.spoil(n.path, "appeared meanwhile")
				}
				continue
			}
		}
		if other, known := e.other(n); known && other.state == n.state && !n.state.is(unix.S_IFLNK) {
			if n.follow {
				continue // it is no link: the other look tells more
			}
			n.whole = n.whole || other.whole
		}
		out = append(out, n)
	}
	return out
}

// other is the note of the same path, looked at in the other way.
func (e *Eyes) other(n note) (note, bool) {
	i, known := e.at[look{n.path, !n.follow}]
	if !known {
		return note{}, false
	}
	return e.notes[i], true
}

// reliable tells whether each later change would be seen: by its time, which
// has to be another, and on a file system whose times can be believed.
func reliable(notes []note, before int64) error {
	known := map[uint64]bool{}
	for _, n := range notes {
		if n.state.errno != 0 || !n.whole {
			continue
		}
		if n.state.ctime > before {
			return fmt.Errorf("%s changed a moment ago", n.path)
		}
		if known[n.state.dev] {
			continue
		}
		path := n.path
		if n.state.is(unix.S_IFLNK) {
			path = filepath.Dir(path)
		}
		var fs unix.Statfs_t
		if err := unix.Statfs(path, &fs); err != nil || !slices.Contains(keeping, int64(fs.Type)&0xffffffff) {
			return fmt.Errorf("%s is on a file system whose times are not relied on (%#x, %v)", n.path, fs.Type, err)
		}
		known[n.state.dev] = true
	}
	return nil
}
