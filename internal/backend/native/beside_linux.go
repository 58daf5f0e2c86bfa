package native

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"ringwall/internal/backend"
	"ringwall/internal/backend/native/upper"
	"ringwall/internal/egress/apart"
	"ringwall/internal/evidence"
	"ringwall/internal/host"
	"ringwall/internal/kernel/acl"
	"ringwall/internal/kernel/namespace"
	"ringwall/internal/plan"
)

// Forms of identity, as the plan names them.
const (
	accountForm     = "account"      // beside its owner, without root
	accountRootForm = "account-root" // of root's choice
	ownerForm       = "owner"
)

// identity says who the command is for the kernel. A form that is not known is
// the account of nobody, which cannot be mapped.
func identity(h host.Facts, u *plan.User) (namespace.Identity, error) {
	id := namespace.Identity{HostUID: u.HostUID, HostGID: u.HostGID, UID: u.UID, GID: u.GID}
	switch u.Form {
	case ownerForm:
		return id, nil
	case accountRootForm:
		id.DropGroups = true
		return id, nil
	case accountForm:
		if h.Account == nil || h.Account.UID != u.HostUID || h.Account.GID != u.HostGID {
			return id, errors.New("the plan's account is not the one that was set up")
		}
		id.Delegated = h.Pair().Delegated
		return id, nil
	}
	return id, fmt.Errorf("unknown form of identity %q", u.Form)
}

// beside tells whether the command runs under an account beside its owner.
func (r *run) beside() bool { return r.user != nil && r.user.Form == accountForm }

// share gives the account the same rights to the upper directory that it has to
// the project's folder: it is what that folder shows inside. And it lets the
// account open its standard streams again, by /dev/stdout: a pipe belongs to who
// made it.
func (r *run) share() error {
	if !r.beside() {
		return nil
	}
	to := r.writes()
	for _, name := range []string{acl.Access, acl.Default} {
		if !r.overlaid() {
			break // a copy has the lists already
		}
		if err := copyAttribute(r.plan.Project, to, name); err != nil {
			return fmt.Errorf("share the upper directory: %w", err)
		}
	}
	for _, f := range []*os.File{r.native.Stdin, r.native.Stdout, r.native.Stderr} {
		if err := openPipe(f); err != nil {
			return fmt.Errorf("share the standard streams: %w", err)
		}
	}
	return nil
}

func copyAttribute(from, to, name string) error {
	buf := make([]byte, 64<<10) // the kernel's limit for one value
	n, err := unix.Getxattr(from, name, buf)
	if err == unix.ENODATA || err == unix.ENOTSUP {
		return nil
	}
	if err == nil {
		err = unix.Setxattr(to, name, buf[:n], 0)
	}
	return err
}

// openPipe lets everybody open a pipe who gets to it, through /proc. One that
// has a name in a folder is left as it is, and so is one that somebody else
// made: only its maker can.
func openPipe(f *os.File) error {
	var fs unix.Statfs_t
	if f == nil || unix.Fstatfs(int(f.Fd()), &fs) != nil || fs.Type != unix.PIPEFS_MAGIC {
		return nil
	}
	if err := unix.Fchmod(int(f.Fd()), 0o666); err != nil && err != unix.EPERM {
		return err
	}
	return nil
}

// decoyMode is that of a private key. Where the file is another account's, the
// supervisor has to be one of those who may read it: only they may watch it.
func (r *run) decoyMode() uint32 {
	if r.beside() {
		return 0o644
	}
	return 0o600
}

// claim gives what the account made to its owner. What could not be given is
// kept as it is, and not applied: the run then ends as lost. Without a result it
// never began.
func (r *run) claim(res *backend.Result) {
	if !r.beside() || r.given {
		return
	}
	r.given = true
	err := r.give()
	if err != nil {
		if res != nil && r.workspace().Mode != plan.ModeDirect { // there it is where it belongs, whosever it is
			res.Reason = backend.Lost
		}
		r.record(evidence.Event{Warning: &evidence.Warning{
			Message: "what the agent made could not be given to its owner: " + evidence.Printable(err.Error())}})
	}
}

// give does it. Others may work in the project itself meanwhile, and disturb.
func (r *run) give() (err error) {
	for range 3 {
		if err = upper.Give(r.writes(), r.identity); err == nil || r.overlaid() {
			break
		}
	}
	return err
}

// Claim does the same for an iteration of a run that was cut short, whose
// processes are all dead; dir is where they wrote. It is for nobody but the
// owner of the plan.
func Claim(h host.Facts, p plan.Plan, dir string) error {
	for _, c := range p.Controls {
		u := c.Want.User
		if u == nil || u.Form != accountForm {
			continue
		}
		if _, err := os.Lstat(dir); os.IsNotExist(err) {
			return nil
		}
		id, err := identity(h, u)
		if err != nil {
			return err
		}
		return upper.Give(dir, id)
	}
	return nil
}

// seen is what the helper says of a look.
type seen struct {
	Bytes, Entries, Files int64
	Unknown               bool
}

// seeAll looks again, through the helper, at what the account has closed.
func (r *run) seeAll(u diskUse, enough bounds) diskUse {
	if !u.unknown || !r.beside() {
		return u
	}
	out, err := upper.Look(r.writes(), r.identity,
		strconv.FormatInt(enough.bytes, 10), strconv.FormatInt(enough.entries, 10))
	var s seen
	if err != nil || json.Unmarshal(out, &s) != nil {
		return u // still unknown
	}
	return diskUse{bytes: s.Bytes, entries: s.Entries, files: s.Files, unknown: s.Unknown}
}

// Helper acts as the gateway, or as the helper of package upper, if this process
// was started as one of them.
func Helper(args []string) (code int, is bool) {
	if code, is := apart.Main(args); is {
		return code, true
	}
	if len(args) == 0 || args[0] != upper.Name {
		return 0, false
	}
	return upper.Main(args, func(folder string, args []string) ([]byte, error) {
		if len(args) != 2 {
			return nil, errors.New("how much is enough?")
		}
		bytes, err := strconv.ParseInt(args[0], 10, 64)
		entries, err2 := strconv.ParseInt(args[1], 10, 64)
		if err := errors.Join(err, err2); err != nil {
			return nil, err
		}
		u := written(folder, bounds{bytes, entries})
		return json.Marshal(seen{u.bytes, u.entries, u.files, u.unknown})
	}), true
}
