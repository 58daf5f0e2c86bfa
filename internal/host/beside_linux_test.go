package host

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/acl"
	"ringwall/internal/kernel/kerneltest"
)

// besides are the facts of a user with an account beside, which is the first
// number that /etc/subuid and /etc/subgid give them.
func besides(t *testing.T) Facts {
	t.Helper()
	uid, gid := kerneltest.Delegated(t)
	return Facts{UID: os.Getuid(), GID: os.Getgid(), StateDir: t.TempDir(), Sandbox: Ability{OK: true}, Overlay: Ability{OK: true},
		Account: &Account{Name: "test", UID: uid, GID: gid}}
}

// TestBeside: what is delegated works, what is not does not, and the answer
// names the way out. A success is remembered with what it rests on.
func TestBeside(t *testing.T) {
	f := besides(t)
	f.lookBeside(f.cacheKey(f.baseKey()))
	if !f.Beside.OK {
		t.Fatalf("%+v", f.Beside)
	}
	again := Facts{StateDir: f.StateDir, UID: f.UID, GID: f.GID, Account: f.Account}
	if !again.recall(again.cacheKey(again.baseKey())) || !again.Beside.OK || again.Mappers != f.Mappers {
		t.Errorf("it is forgotten: %+v", again.Beside)
	}
	other := Facts{StateDir: f.StateDir, UID: f.UID, GID: f.GID, Account: &Account{UID: f.Account.UID + 1, GID: f.Account.GID}}
	if other.recall(other.cacheKey(other.baseKey())) {
		t.Error("another account is taken for the one that was tried")
	}
	notOurs := *f.Account
	notOurs.UID = 1
	f.Account, f.Beside = &notOurs, Ability{}
	f.lookBeside("")
	if f.Beside.OK || !strings.Contains(f.Beside.Why, "newuidmap") || f.Beside.Fix != setupUser {
		t.Errorf("a number that nobody delegated: %+v", f.Beside)
	}
}

func TestBesideLacks(t *testing.T) {
	f := Facts{UID: 1001, Sandbox: Ability{OK: true}}
	f.lookBeside("")
	if f.Beside.OK || f.Beside.Fix != setupUser {
		t.Errorf("without an account: %+v", f.Beside)
	}
	f = Facts{UID: 1001, Account: &Account{UID: 998, GID: 998}, Sandbox: Ability{Why: "none"}}
	f.lookBeside("")
	if f.Beside.OK || f.Beside.Why != "none" {
		t.Errorf("without a sandbox: %+v", f.Beside)
	}
}

// TestLookAt: the project's own folder says whether it is shared.
func TestLookAt(t *testing.T) {
	dir := t.TempDir()
	f := Facts{UID: 1001, Account: &Account{Name: "ringwall", UID: 998, GID: 998}}
	look := func(l acl.List) Ability {
		t.Helper()
		err := unix.Setxattr(dir, acl.Access, l.Encode(), 0)
		if errors.Is(err, unix.ENOTSUP) {
			t.Skip("the file system of TMPDIR keeps no access control lists")
		}
		if err != nil {
			t.Fatal(err)
		}
		f.LookAt(dir)
		return f.Shared
	}
	open := acl.FromMode(0o755)
	if a := look(open.Add(998, 7)); !a.OK {
		t.Errorf("shared: %+v", a)
	}
	masked := open.Add(998, 7)
	masked[3].Perm = acl.Read | acl.Exec // chmod g-w
	for name, l := range map[string]acl.List{"no list": open, "another's": open.Add(997, 7), "read only": open.Add(998, 5), "masked": masked} {
		if a := look(l); a.OK || a.Why == "" || a.Fix != setupProject {
			t.Errorf("%s: %+v", name, a)
		}
	}
	f.LookAt(filepath.Join(dir, "gone"))
	if f.Shared.OK || f.Shared.Why == "" {
		t.Errorf("a project that is not there: %+v", f.Shared)
	}
}

// TestReadSetup: a record that others could have written is none.
func TestReadSetup(t *testing.T) {
	path := filepath.Join(t.TempDir(), "setup.json")
	if s, err := ReadSetup(path); err != nil || len(s.Accounts) != 0 {
		t.Errorf("not there: %+v, %v", s, err)
	}
	good := `{"version":1,"accounts":[{"name":"ringwall","uid":998,"gid":997,"owner":"alice"}]}`
	for _, c := range []struct {
		text string
		mode os.FileMode
		ok   bool
	}{{good, 0o644, true}, {good, 0o664, false}, {good, 0o646, false}, {"{", 0o644, false}, {`{"version":2}`, 0o644, false}, {"", 0o644, false}} {
		os.Remove(path)
		if err := errors.Join(os.WriteFile(path, []byte(c.text), 0o600), os.Chmod(path, c.mode)); err != nil {
			t.Fatal(err)
		}
		s, err := ReadSetup(path)
		if (err == nil) != c.ok || (s.Of("alice") != nil) != c.ok || s.Of("") != nil || s.Of("bob") != nil {
			t.Errorf("%q with mode %o: %+v, %v", c.text, c.mode, s, err)
		}
	}
	os.Rename(path, path+".real")
	if err := os.Symlink(path+".real", path); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadSetup(path); err == nil {
		t.Error("a link is followed")
	}
}

// TestNoChildIsLeft: the process that held the user namespace is gone.
func TestNoChildIsLeft(t *testing.T) {
	f := besides(t)
	f.lookBeside("")
	out, _ := exec.Command("ps", "--ppid", strconv.Itoa(os.Getpid()), "-o", "stat=,comm=").Output()
	for line := range strings.Lines(string(out)) {
		if !strings.Contains(line, "ps") {
			t.Errorf("left: %s", line)
		}
	}
}
