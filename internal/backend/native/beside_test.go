package native

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"ringwall/internal/backend"
	"ringwall/internal/backend/backendtest"
	"ringwall/internal/host"
	"ringwall/internal/kernel/kerneltest"
	"ringwall/internal/kernel/namespace"
	"ringwall/internal/plan"
)

// TestSuiteBeside is the whole suite again, with the agent under an account
// beside the project's owner.
func TestSuiteBeside(t *testing.T) { backendtest.Suite(t, besideTarget(t)) }

// besideTarget takes the first number that is delegated to this user for the
// account.
func besideTarget(t *testing.T) backendtest.Target {
	t.Helper()
	uid, gid := kerneltest.Delegated(t)
	newUIDMap, newGIDMap, err := namespace.FindMappers()
	if err != nil {
		t.Fatal(err)
	}
	tgt := target(t)
	tgt.Host.Account = &host.Account{Name: "test", UID: uid, GID: gid}
	tgt.Host.Mappers = host.Mappers{UID: newUIDMap, GID: newGIDMap}
	tgt.Host.Beside, tgt.Host.Shared = host.Ability{OK: true}, host.Ability{OK: true}
	return tgt
}

// TestBesideForTheHost: the kernel knows the agent's processes as the
// account's, in all four roles and with no group of the owner's, and the first
// process too.
func TestBesideForTheHost(t *testing.T) {
	tgt := besideTarget(t)
	b := backendtest.NewBox(t, tgt)
	found := make(chan []string, 1)
	go func() { found <- lookFor("beside-for-the-host") }()
	if r := b.Command("/bin/sh", "-c", "exec -a x sleep 1 & sh -c 'sleep 1; : beside-for-the-host'"); r.Err != nil {
		t.Fatal(r.Err)
	}
	uid, gid := strconv.Itoa(tgt.Host.Account.UID), strconv.Itoa(tgt.Host.Account.GID)
	four := func(id string) string { return strings.TrimSpace(strings.Repeat(id+" ", 4)) }
	got := <-found
	if len(got) != 2 {
		t.Fatalf("a process and the first one: %q", got)
	}
	for _, ids := range got {
		if want := four(uid) + "; " + four(gid) + "; "; ids != want {
			t.Errorf("for the host it is %q, not %q", ids, want)
		}
	}
	// The counterpart: with the owner's form it is the owner.
	tgt.Host.Beside = host.Ability{}
	go func() { found <- lookFor("beside-as-the-owner") }()
	backendtest.NewBox(t, tgt).Command("/bin/sh", "-c", "sh -c 'sleep 1; : beside-as-the-owner'")
	if got := <-found; len(got) == 0 || !strings.HasPrefix(got[0], four(strconv.Itoa(os.Getuid()))) {
		t.Errorf("with the owner's form: %q", got)
	}
}

// lookFor waits for a process of that command line and gives the ids of it and
// of the first process of its namespace, as the host has them.
func lookFor(mark string) []string {
	for range 100 {
		time.Sleep(10 * time.Millisecond)
		pids, _ := filepath.Glob("/proc/[0-9]*/cmdline")
		for _, p := range pids {
			line, _ := os.ReadFile(p)
			dir := filepath.Dir(p)
			if !strings.Contains(string(line), ": "+mark) || strings.Count(status(dir, "NSpid:"), " ") != 1 {
				continue
			}
			out := []string{idsOf(dir)}
			for up := dir; ; {
				up = "/proc/" + status(up, "PPid:")
				if ns := strings.Fields(status(up, "NSpid:")); len(ns) == 2 && ns[1] == "1" {
					return append(out, idsOf(up))
				} else if len(ns) < 2 {
					break
				}
			}
		}
	}
	return nil
}

func idsOf(dir string) string {
	return status(dir, "Uid:") + "; " + status(dir, "Gid:") + "; " + status(dir, "Groups:")
}

func status(dir, key string) string {
	text, _ := os.ReadFile(filepath.Join(dir, "status"))
	for line := range strings.Lines(string(text)) {
		if v, ok := strings.CutPrefix(line, key); ok {
			return strings.Join(strings.Fields(v), " ")
		}
	}
	return ""
}

// TestBesideComesBack: what the agent made and changed is the owner's after the
// run, however the agent closed it; what it had is its own again in the next.
func TestBesideComesBack(t *testing.T) {
	b := backendtest.NewBox(t, besideTarget(t))
	b.File("sub/owners", "old\n")
	r := b.Command("/bin/sh", "-ec", `echo new >>sub/owners; umask 077; echo 1 >made; mkdir -p closed/deep; echo 1 >closed/deep/file; chmod 0 closed
		cp /bin/true tool; chmod 6755 tool; echo out >/dev/stdout; echo err >/dev/stderr; test "$(stat -c %u made)" = 1000`)
	if r.Err != nil || r.ExitCode != 0 || r.Stderr != "err\n" {
		t.Fatalf("%+v, %v, %s", r.Result, r.Err, r.Stderr)
	}
	upper := filepath.Join(b.IterDir, "upper")
	if err := os.Chmod(filepath.Join(upper, "closed"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"sub/owners": "old\nnew\n", "made": "1\n", "closed/deep/file": "1\n"} {
		path := filepath.Join(upper, name)
		text, err := os.ReadFile(path)
		if err != nil || string(text) != want {
			t.Errorf("%s: %q, %v", name, text, err)
		}
		if info, err := os.Stat(path); err != nil || int(info.Sys().(*syscall.Stat_t).Uid) != os.Getuid() {
			t.Errorf("%s is not the owner's: %v", name, err)
		}
	}
	if info, err := os.Stat(filepath.Join(upper, "tool")); err != nil || info.Mode()&(os.ModeSetuid|os.ModeSetgid) != 0 {
		t.Errorf("a program that would run as its owner: %v, %v", info.Mode(), err)
	}
	next := backendtest.NewBox(t, b.Target)
	if err := exec.Command("cp", "-a", upper+"/.", next.Project).Run(); err != nil {
		t.Fatal(err)
	}
	if r := next.Command("/bin/sh", "-ec", "echo 2 >>made; echo 2 >>closed/deep/file; rm sub/owners"); r.Err != nil || r.ExitCode != 0 {
		t.Errorf("the next one: %+v, %v, %s", r.Result, r.Err, r.Stderr)
	}
}

// TestBesideNothingHides: the disk is watched where the account closed it to
// its owner, and in files without a name.
func TestBesideNothingHides(t *testing.T) {
	for name, script := range map[string]string{
		"closed":    "mkdir -m 700 c; cd c; dd if=/dev/zero of=f bs=1M count=64; sleep 20",
		"nameless":  "exec 3>f; rm f; dd if=/dev/zero bs=1M count=64 >&3; sleep 20",
		"permitted": "mkdir c; dd if=/dev/zero of=c/f bs=1M count=64; sleep 20",
	} {
		b := backendtest.NewBox(t, besideTarget(t)).Limit("disk", 16<<20)
		r := b.Command("/bin/sh", "-c", script)
		if r.Err != nil || r.Reason != backend.OverDisk {
			t.Errorf("%s: %+v, %v, %s", name, r.Result, r.Err, r.Stderr)
		}
	}
	// Somebody else fills the file system meanwhile. What the account closed is
	// not taken for the reason, since it can be looked at all the same.
	b := backendtest.NewBox(t, besideTarget(t)).Limit("disk", 16<<20)
	in, filled, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	b.Stdin = in
	other := filepath.Join(t.TempDir(), "other")
	go func() {
		defer filled.Close() // ends the command
		time.Sleep(300 * time.Millisecond)
		if err := os.WriteFile(other, make([]byte, 64<<20), 0o600); err != nil {
			t.Error(err)
		}
		time.Sleep(700 * time.Millisecond) // the watch looks
	}()
	r := b.Command("/bin/sh", "-c", "mkdir -m 700 c; cd c; dd if=/dev/zero of=f bs=1M count=1; cat; exit 3")
	if r.Err != nil || r.Reason != backend.Exited || r.ExitCode != 3 {
		t.Errorf("within the limit: %+v, %v, %s", r.Result, r.Err, r.Stderr)
	}
}

// TestBesideOwnersPrograms: a set-user-ID program of the owner's in the project
// does not lead back to the owner, who is 0 of the same user namespace. Package
// namespace has the counterpart.
func TestBesideOwnersPrograms(t *testing.T) {
	b := backendtest.NewBox(t, besideTarget(t))
	text, err := os.ReadFile("/usr/bin/id")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(b.File("id", string(text)), os.ModeSetuid|os.ModeSetgid|0o755); err != nil {
		t.Fatal(err)
	}
	r := b.Command("/bin/sh", "-c", "stat -c %a,%u id >&2; ./id -u >&2; ./id -g >&2")
	if r.Err != nil || r.Stderr != "6775,0\n1000\n1000\n" {
		t.Errorf("%q, %v", r.Stderr, r.Err)
	}
}

// TestOpenFilesOfAnotherAccount: the way around the closed folder finds what
// the folder itself would show.
func TestOpenFilesOfAnotherAccount(t *testing.T) {
	cmd := exec.Command("/bin/sleep", "100")
	cmd.ExtraFiles = []*os.File{os.Stdin, os.Stdout, os.Stderr}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	direct, release, err := openFiles(cmd.Process.Pid)
	release()
	borrowed, release, err2 := borrow(cmd.Process.Pid)
	defer release()
	if err != nil || err2 != nil || len(direct) < 6 || len(borrowed) != len(direct) {
		t.Errorf("%q and %q, %v, %v", direct, borrowed, err, err2)
	}
}

// TestIdentityOfAPlan: a plan is carried out as it says or not at all.
func TestIdentityOfAPlan(t *testing.T) {
	h := host.Facts{UID: 1001, GID: 1001, Account: &host.Account{UID: 998, GID: 997}}
	for _, c := range []struct {
		form      string
		uid       int
		ok        bool
		drop, two bool
	}{
		{"owner", 1001, true, false, false}, {"account-root", 998, true, true, false}, {"account", 998, true, false, true},
		{"account", 999, false, false, false}, {"", 1001, false, false, false}, {"accounts", 998, false, false, false},
	} {
		got, err := identity(h, &plan.User{Form: c.form, HostUID: c.uid, HostGID: 997})
		if (err == nil) != c.ok || c.ok && (got.DropGroups != c.drop || (got.Delegated != nil) != c.two) {
			t.Errorf("%q: %+v, %v", c.form, got, err)
		}
	}
	if _, err := identity(host.Facts{}, &plan.User{Form: "account", HostUID: 998}); err == nil {
		t.Error("an account that was not set up")
	}
}
