package upper

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/acl"
)

// give hands all that is the account's in a folder that is held open to the
// owner. Modes stay, but for set-user-ID and set-group-ID of files, which the
// kernel takes away with the change. The account keeps what it could do as their owner, by an entry in their access control
// lists: the next iteration goes on with them. Numbers are those of whoever
// calls.
func give(root int, account, owner id) error {
	return walk(root, func(dir int, name string, st *unix.Stat_t) error {
		if st.Uid != account.uid && st.Gid != account.gid {
			return nil
		}
		if err := unix.Fchownat(dir, name, int(owner.uid), int(owner.gid), unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return fmt.Errorf("chown: %w", err)
		}
		switch st.Mode & unix.S_IFMT {
		case unix.S_IFREG:
			return keepRights(dir, name, st, account.uid, acl.Access)
		case unix.S_IFDIR:
			return errors.Join(keepRights(dir, name, st, account.uid, acl.Access), keepRights(dir, name, st, account.uid, acl.Default))
		}
		return nil
	})
}

// id is a user with a group.
type id struct{ uid, gid uint32 }

// keepRights gives the account by name what it had as the owner.
func keepRights(dir int, name string, st *unix.Stat_t, uid uint32, kind string) error {
	path := fmt.Sprintf("/proc/self/fd/%d/%s", dir, name) // one name, in a folder that is held
	l, err := listOf(path, kind)
	if l == nil && err == nil {
		l = acl.FromMode(st.Mode)
	}
	if err != nil {
		return err
	}
	want := l.Of(acl.UserObj)
	if has, named := l.Grants(uid); named && has == want {
		return nil
	}
	err = unix.Lsetxattr(path, kind, l.Add(uid, want).Encode(), 0)
	if err != nil {
		return fmt.Errorf("setxattr %s: %w", kind, err)
	}
	return nil
}

// listOf reads a list; nil where there is none.
func listOf(path, kind string) (acl.List, error) {
	buf := make([]byte, 1<<10)
	n, err := unix.Lgetxattr(path, kind, buf)
	if err == unix.ERANGE {
		buf = make([]byte, 64<<10) // the kernel's limit for one value
		n, err = unix.Lgetxattr(path, kind, buf)
	}
	switch err {
	case nil:
		return acl.Decode(buf[:n])
	case unix.ENODATA:
		return nil, nil
	}
	return nil, fmt.Errorf("getxattr %s: %w", kind, err)
}

// errFound ends a walk that found what it looked for.
var errFound = errors.New("found")

// holds tells whether anything in a folder is not the caller's: the account's,
// or closed to the caller, which only the account can have done.
func holds(root int, account id) (bool, error) {
	err := walk(root, func(_ int, _ string, st *unix.Stat_t) error {
		if st.Uid == account.uid || st.Gid == account.gid {
			return errFound
		}
		return nil
	})
	if errors.Is(err, errFound) || errors.Is(err, unix.EACCES) {
		return true, nil
	}
	return false, err
}
