package setup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ringwall/internal/host"
)

// rig is a machine in a folder: nothing of the real one is read or changed.
type rig struct {
	*testing.T
	root string
	ran  []string
	fail error // of the next command
}

const (
	passwd = "root:x:0:0:root:/root:/bin/bash\nalice:x:1001:1001::/home/alice:/bin/bash\nbob:x:1002:1002::/home/bob:/bin/sh\n"
	group  = "root:x:0:\nalice:x:1001:\nbob:x:1002:\n"
	shadow = "root:*:1::::::\nalice:$6$x:1::::::\nbob:!:1::::::\n"
	subs   = "# numbers\nalice:100000:65536\nbob:165536:65536\n"
)

func machineOf(t *testing.T) *rig {
	r := &rig{T: t, root: t.TempDir()}
	if err := os.Mkdir(filepath.Join(r.root, "etc"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"passwd": passwd, "group": group, "shadow": shadow, "subuid": subs, "subgid": subs} {
		r.write("/etc/"+name, text)
	}
	return r
}

func (r *rig) write(name, text string) {
	r.Helper()
	if err := os.WriteFile(filepath.Join(r.root, name), []byte(text), 0o640); err != nil {
		r.Fatal(err)
	}
}

func (r *rig) read(name string) string {
	r.Helper()
	text, err := os.ReadFile(filepath.Join(r.root, name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		r.Fatal(err)
	}
	return string(text)
}

func (r *rig) options(name, owner string) Options {
	return Options{Root: r.root, Name: name, Owner: owner, Run: r.run, Mappers: func() error { return nil }}
}

// run stands for the shadow suite.
func (r *rig) run(argv []string) error {
	r.ran = append(r.ran, argv[0])
	if err := r.fail; err != nil {
		r.fail = nil
		return err
	}
	name := argv[len(argv)-1]
	switch argv[0] {
	case "useradd":
		r.write("/etc/passwd", r.read("/etc/passwd")+name+":x:998:997::/nonexistent:/usr/sbin/nologin\n")
		r.write("/etc/group", r.read("/etc/group")+name+":x:997:\n")
		r.write("/etc/shadow", r.read("/etc/shadow")+name+":!:1::::::\n")
	case "userdel":
		for _, file := range []string{"/etc/passwd", "/etc/shadow", "/etc/group"} {
			r.write(file, without(r.read(file), name+":"))
		}
	}
	return nil
}

func without(text, prefix string) (out string) {
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, prefix) {
			out += line
		}
	}
	return out
}

// do carries out all steps and gives what they were.
func (r *rig) do(steps []Step, err error) []string {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
	var what []string
	for _, s := range steps {
		if s.What == "" || s.Why == "" || s.How == "" {
			r.Errorf("a step that does not say what it is: %+v", s)
		}
		what = append(what, s.What)
		if err := s.Do(); err != nil {
			r.Fatalf("%s: %v", s.What, err)
		}
	}
	return what
}

// files is all that can be changed.
func (r *rig) files() map[string]string {
	all := map[string]string{}
	err := filepath.WalkDir(r.root, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && d.Name() != ".pwd.lock" {
			rel := strings.TrimPrefix(path, r.root)
			info, _ := d.Info()
			all[rel] = info.Mode().String() + "\n" + r.read(rel)
		} else if err == nil && d.IsDir() {
			all[strings.TrimPrefix(path, r.root)] = "folder"
		}
		return err
	})
	if err != nil {
		r.Fatal(err)
	}
	return all
}

func (r *rig) same(want map[string]string) {
	r.Helper()
	got := r.files()
	for name := range got {
		if _, ok := want[name]; !ok {
			r.Errorf("%s is left", name)
		}
	}
	for name, text := range want {
		if got[name] != text {
			r.Errorf("%s was\n%s\nand is\n%s", name, text, got[name])
		}
	}
}

func TestUserAndUndo(t *testing.T) {
	for _, before := range []string{subs, strings.TrimSuffix(subs, "\n"), "", "alice:998:1"} {
		r := machineOf(t)
		r.write("/etc/subuid", before)
		r.write("/etc/subgid", before)
		was := r.files()
		first := r.do(User(r.options("ringwall", "alice")))
		if want := "alice:998:1"; !slices.Contains(strings.Split(r.read("/etc/subuid"), "\n"), want) || strings.Count(r.read("/etc/subuid"), want) != 1 {
			t.Errorf("subuid %q", r.read("/etc/subuid"))
		}
		if !strings.HasSuffix(r.read("/etc/subgid"), "alice:997:1\n") || len(first) < 2 {
			t.Errorf("subgid %q after %q", r.read("/etc/subgid"), first)
		}
		if again, err := User(r.options("ringwall", "alice")); len(again) > 0 || err != nil {
			t.Errorf("the second time there is to do: %v, %v", again, err)
		}
		record, err := host.ReadSetup(filepath.Join(r.root, host.SetupFile))
		if a := record.Of("alice"); err != nil || a == nil || a.UID != 998 || a.GID != 997 || !a.Made {
			t.Errorf("the record: %+v, %v", record, err)
		}
		r.do(Undo(r.options("", "")))
		r.same(was)
		if again, err := Undo(r.options("", "")); len(again) > 0 || err != nil {
			t.Errorf("the second time there is to undo: %v, %v", again, err)
		}
	}
}

// TestFilesThatAreNotThere: they are made, and go again.
func TestFilesThatAreNotThere(t *testing.T) {
	r := machineOf(t)
	os.Remove(filepath.Join(r.root, subUID))
	os.Remove(filepath.Join(r.root, subGID))
	was := r.files()
	r.do(User(r.options("ringwall", "alice")))
	if r.read(subUID) != "alice:998:1\n" {
		t.Errorf("%q", r.read(subUID))
	}
	r.do(Undo(r.options("", "")))
	r.same(was)
}

// TestOthersLinesStay: what was added in between by somebody else stays byte
// for byte.
func TestOthersLinesStay(t *testing.T) {
	r := machineOf(t)
	r.write(subUID, "alice:100000:65536")
	r.do(User(r.options("ringwall", "alice")))
	r.write(subUID, r.read(subUID)+"carol:300000:65536  \n\n# end")
	r.do(Undo(r.options("", "")))
	if got := r.read(subUID); got != "alice:100000:65536\ncarol:300000:65536  \n\n# end" {
		t.Errorf("%q", got)
	}
}

// TestAccountThatWasThere is used when it is closed, and stays.
func TestAccountThatWasThere(t *testing.T) {
	r := machineOf(t)
	r.run([]string{"useradd", "ringwall"})
	was := r.files()
	r.do(User(r.options("ringwall", "alice")))
	r.do(Undo(r.options("", "")))
	r.same(was)
	if slices.Contains(r.ran[1:], "useradd") || slices.Contains(r.ran, "userdel") {
		t.Errorf("ran %q", r.ran)
	}
	// All was there: only the record is ringwall's.
	r.write(subUID, "alice:998:1\n")
	r.write(subGID, "alice:997:1\n")
	was = r.files()
	if what := r.do(User(r.options("ringwall", "alice"))); len(what) != 1 {
		t.Errorf("%q", what)
	}
	r.do(Undo(r.options("", "")))
	r.same(was)
}

func TestUserRefuses(t *testing.T) {
	const closed = ":x:900:900::/nonexistent:/usr/sbin/nologin\n"
	for _, c := range []struct {
		name, account, owner string
		change               func(*rig)
		says                 string
	}{
		{"a person's account", "bob", "alice", nil, "bob exists"},
		{"a service's account", "www-data", "alice", func(r *rig) {
			r.write("/etc/passwd", passwd+"www-data"+closed)
			r.write("/etc/shadow", shadow+"www-data:*:\n")
		}, "www-data exists"},
		{"an account with a password", "ringwall", "alice", func(r *rig) {
			r.write("/etc/passwd", passwd+"ringwall"+closed)
			r.write("/etc/shadow", shadow+"ringwall:$6$x:\n")
		}, "has a password"},
		{"an account without one at all", "ringwall", "alice", func(r *rig) {
			r.write("/etc/passwd", passwd+"ringwall"+closed)
			r.write("/etc/shadow", shadow+"ringwall::\n")
		}, "has a password"},
		{"an account with a shell", "ringwall", "alice", func(r *rig) {
			r.write("/etc/passwd", passwd+"ringwall:x:900:900::/nonexistent:/bin/sh\n")
			r.write("/etc/shadow", shadow+"ringwall:!:\n")
		}, "has the shell"},
		{"an account with a home", "ringwall", "alice", func(r *rig) {
			r.write("/etc/passwd", passwd+"ringwall:x:900:900::/etc:/usr/sbin/nologin\n")
			r.write("/etc/shadow", shadow+"ringwall:!:\n")
		}, "has the home"},
		{"root by another name", "ringwall", "alice", func(r *rig) {
			r.write("/etc/passwd", passwd+"ringwall:x:0:0::/nonexistent:/usr/sbin/nologin\n")
			r.write("/etc/shadow", shadow+"ringwall:!:\n")
		}, "is root's"},
		{"a number that somebody else has", "ringwall", "alice", func(r *rig) {
			r.run([]string{"useradd", "ringwall"})
			r.write(subUID, subs+"bob:990:100\n")
		}, "gives the number 998 to bob"},
		{"a second owner", "ringwall", "bob", func(r *rig) { r.do(User(r.options("ringwall", "alice"))) }, "for the agents of alice"},
		{"a second account", "ringwall-2", "alice", func(r *rig) { r.do(User(r.options("ringwall", "alice"))) }, "has the account ringwall already"},
		{"an account that was changed", "ringwall", "alice", func(r *rig) {
			r.do(User(r.options("ringwall", "alice")))
			r.write("/etc/passwd", passwd+"ringwall"+closed)
		}, "not the one that was set up"},
		{"root as the owner", "ringwall", "root", nil, "cannot be the owner"},
		{"nobody as the owner", "ringwall", "carol", nil, "no user"},
		{"a name that is none", "ring:wall", "alice", nil, "a name has"},
		{"an option for a name", "-r", "alice", nil, "a name has"},
		{"a link for a file", "ringwall", "alice", func(r *rig) {
			r.run([]string{"useradd", "ringwall"})
			os.Remove(filepath.Join(r.root, subUID))
			os.Symlink("passwd", filepath.Join(r.root, subUID))
		}, "is a link"},
		{"a record that others wrote", "ringwall", "alice", func(r *rig) {
			os.Mkdir(filepath.Join(r.root, "etc/ringwall"), 0o755)
			r.write(host.SetupFile, "{}")
			os.Chmod(filepath.Join(r.root, host.SetupFile), 0o666)
		}, "not root's alone"},
	} {
		r := machineOf(t)
		if c.change != nil {
			c.change(r)
		}
		was := r.files()
		steps, err := User(r.options(c.account, c.owner))
		if err == nil || !strings.Contains(err.Error(), c.says) || len(steps) > 0 {
			t.Errorf("%s: %v, %d steps", c.name, err, len(steps))
		}
		r.same(was)
	}
}

// TestMappersFirst: without newuidmap nothing is changed.
func TestMappersFirst(t *testing.T) {
	r := machineOf(t)
	o := r.options("ringwall", "alice")
	o.Mappers = func() error { return errors.New("there is no newuidmap") }
	was := r.files()
	if steps, err := User(o); err == nil || len(steps) > 0 {
		t.Errorf("%v, %v", steps, err)
	}
	r.same(was)
}

// TestAStepThatFails: what was done is in the record, what was not is not.
func TestAStepThatFails(t *testing.T) {
	r := machineOf(t)
	was := r.files()
	steps, err := User(r.options("ringwall", "alice"))
	if err != nil {
		t.Fatal(err)
	}
	r.fail = errors.New("no")
	if err := steps[0].Do(); err == nil {
		t.Error("useradd failed and nobody said so")
	}
	r.same(was)
	r.do(steps[:2], nil) // and then the machine stops
	if what := r.do(User(r.options("ringwall", "alice"))); len(what) != 1 {
		t.Errorf("what is left to do: %q", what)
	}
	undo, err := Undo(r.options("ringwall", ""))
	if err != nil || len(undo) != 4 {
		t.Fatalf("%v, %v", undo, err)
	}
	r.do(undo[:1], nil) // the machine stops again
	r.do(Undo(r.options("ringwall", "")))
	r.same(was)
}

// TestUndoLeavesAnotherOfThatName: somebody removed the account and made one
// with another number.
func TestUndoLeavesAnotherOfThatName(t *testing.T) {
	r := machineOf(t)
	r.do(User(r.options("ringwall", "alice")))
	r.write("/etc/passwd", strings.Replace(r.read("/etc/passwd"), ":998:", ":899:", 1))
	steps, err := Undo(r.options("", ""))
	if err != nil {
		t.Fatal(err)
	}
	var failed error
	for _, s := range steps {
		if failed = s.Do(); failed != nil {
			break
		}
	}
	if failed == nil || !strings.Contains(failed.Error(), "not the one") || slices.Contains(r.ran, "userdel") {
		t.Errorf("%v, ran %q", failed, r.ran)
	}
}

func TestUndoOfWhatWasNotSetUp(t *testing.T) {
	r := machineOf(t)
	if steps, err := Undo(r.options("bob", "")); !errors.Is(err, errNoRecord) || len(steps) > 0 {
		t.Errorf("%v, %v", steps, err)
	}
}

func TestLines(t *testing.T) {
	for _, text := range []string{"", "a", "a\n", "\n", "\n\n", "x:1:1\na", "x:1:1\n", "x:1:1"} {
		out, joined := appendLine([]byte(text), "x:1:1")
		back, found := removeLine(out, "x:1:1", joined)
		if !found || string(back) != text {
			t.Errorf("%q became %q and %q", text, out, back)
		}
	}
	if out, found := removeLine([]byte("ax:1:1\nx:1:10\n"), "x:1:1", false); found {
		t.Errorf("removed from %q", out)
	}
}

func FuzzLines(f *testing.F) {
	f.Add("a:1:2\n", "b:3:1")
	f.Fuzz(func(t *testing.T, text, line string) {
		if line == "" || strings.ContainsAny(line, "\n") {
			return
		}
		out, joined := appendLine([]byte(text), line)
		if back, found := removeLine(out, line, joined); !found || string(back) != text {
			t.Errorf("%q became %q", text, back)
		}
	})
}

func TestDelegated(t *testing.T) {
	text := []byte("alice:100:10\n1001:500:1\nbob:105:1\n:1:1\nbad\nx:y:1\n# alice:7:1\nalice:7:-1\nalice:4294967290:100\n")
	for id, want := range map[int]string{
		99: "false []", 100: "true []", 105: "true [bob]", 110: "false []", 500: "true []", 7: "false []", 1: "false []",
	} {
		already, others := delegated(text, "alice", 1001, id)
		if got := fmt.Sprint(already, " ", others); got != want {
			t.Errorf("%d: %s, want %s", id, got, want)
		}
	}
}
