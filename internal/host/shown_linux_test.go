package host

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"ringwall/internal/kernel/seen"
)

// workshop is a home with tools of several kinds, and the facts of a user who
// lives there.
func workshop(t *testing.T) (home string, f Facts) {
	t.Helper()
	home = planted(t, "sdk/bin/tool", "sdk/lib/sub/ok",
		"sdk2/bin/tool", ".cargo/bin/cargo", ".rustup/toolchains/stable/bin/rustc", ".pyenv/versions/3.1/bin/python", ".pyenv/versions/3.1/etc/npmrc=registry=https://mirror.example/\n",
		".pyenv/versions/3.1/etc/pip.conf=index-url = x\n", ".pyenv/versions/3.1/share/x", ".pyenv/shims/python",
		"go1/bin/go", "go1/src/runtime/x.go", "project/bin/x", "project/.git/HEAD", "late/bin/x")
	if err := os.Symlink("sdk", home+"/current"); err != nil {
		t.Fatal(err)
	}
	var path []string
	for _, dir := range []string{"current/bin", ".cargo/bin", ".pyenv/shims", "go1/bin", "project/bin", "absent/bin"} {
		path = append(path, filepath.Join(home, dir))
	}
	env := map[string]string{"PATH": strings.Join(append(path, "/usr/bin", "/bin"), ":"), "HOME": home, "XDG_STATE_HOME": t.TempDir()}
	f = Facts{Home: home, Env: env, UID: os.Getuid(), GID: os.Getgid(), Kernel: "x"}
	if f.StateDir = stateDir(f); os.Mkdir(f.StateDir, 0o700) != nil {
		t.Fatal(f.StateDir)
	}
	return home, f
}

// foundLongAgo looks, as if all there is had been there for long, and keeps it.
func foundLongAgo(t *testing.T, f Facts) Facts {
	t.Helper()
	eyes := seen.New(f.Env, time.Now().Add(time.Hour))
	trees := f.find(eyes)
	if err := f.rememberShown(eyes, f.baseKey(), trees); err != nil {
		t.Fatal(err)
	}
	return f
}

// TestShownIsRemembered: where nothing changed, what is remembered is what would
// be found.
func TestShownIsRemembered(t *testing.T) {
	_, f := workshop(t)
	found, again, remembered := foundLongAgo(t, f), f, f
	trees := again.find(seen.New(f.Env, time.Now()))
	kept, err := remembered.recallShown(f.baseKey())
	if err != nil || !reflect.DeepEqual(remembered, found) || !reflect.DeepEqual(remembered, again) || !slices.Equal(kept, trees) {
		t.Errorf("%v\n%+v\n%+v", err, remembered, again)
	}
	if len(found.Tools) < 6 || len(found.ToolVars) != 2 {
		t.Errorf("there is little to remember: %+v", found)
	}
	shown := f
	if shown.show(f.baseKey()); !reflect.DeepEqual(shown.Tools, found.Tools) || !reflect.DeepEqual(shown.Etc, found.Etc) {
		t.Errorf("%+v", shown)
	}
}

// changes are one for each kind of thing that the facts were found by.
var changes = []struct {
	name  string
	apply func(home string, f *Facts) error
	shows bool // in the facts; the others are just looked at again
}{
	{"a tool beside others", write("sdk/share/x", ""), true},
	{"a version of a toolchain, with settings", write(".pyenv/versions/3.2/etc/npmrc", "_auth=x"), true},
	{"settings with a secret in as many bytes", write(".pyenv/versions/3.1/etc/npmrc", "//mirror.example/:_auth=hunter2.\n"), true},
	{"settings that only their owner may read", func(home string, _ *Facts) error { return os.Chmod(home+"/.pyenv/versions/3.1/etc/npmrc", 0o600) }, true},
	{"settings that were not there", write(".pyenv/versions/3.1/etc/curlrc", "token"), true},
	{"settings gone", func(home string, _ *Facts) error { return os.Remove(home + "/.pyenv/versions/3.1/etc/pip.conf") }, false},
	{"a folder of PATH that was not there", write("absent/bin/x", ""), true},
	{"a folder of PATH gone", func(home string, _ *Facts) error { return os.Rename(home+"/go1", home+"/go2") }, true},
	{"a part of a toolchain that was not there", write(".pyenv/versions/3.1/share/maven/conf/settings.xml", "password"), true},
	{"a link that leads elsewhere", func(home string, _ *Facts) error {
		return first(os.Remove(home+"/current"), os.Symlink("sdk2", home+"/current"))
	}, true},
	{"a project that is none any more", func(home string, _ *Facts) error { return os.RemoveAll(home + "/project/.git") }, false},
	{"a tool's folder that is a project now", write("sdk/ringwall.toml", ""), true},
	{"PATH", func(home string, f *Facts) error { f.Env["PATH"] += ":" + home + "/late/bin"; return nil }, true},
	{"a toolchain's variable", func(home string, f *Facts) error { f.Env["GOPATH"] = home + "/late"; return nil }, true},
	{"the home", func(home string, f *Facts) error { f.Home = home + "/late"; return nil }, false},
	{"the account for agents", func(_ string, f *Facts) error { f.Account = &Account{UID: spareID, GID: spareID}; return nil }, false},
	{"a group", func(_ string, f *Facts) error { f.Groups = append(f.Groups, 4711); return nil }, false},
	{"the kernel", func(_ string, f *Facts) error { f.Kernel = "y"; return nil }, false},
	{"the user", func(_ string, f *Facts) error { f.UID++; return nil }, false},
}

func write(name, text string) func(string, *Facts) error {
	return func(home string, _ *Facts) error {
		path := filepath.Join(home, name)
		return first(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644))
	}
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestShownIsFoundAgain: whatever the facts were found by, if it changes they
// are found again, and are what they would be without anything remembered.
func TestShownIsFoundAgain(t *testing.T) {
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			home, f := workshop(t)
			found := foundLongAgo(t, f)
			time.Sleep(20 * time.Millisecond) // the clock of a file system is coarse
			if err := c.apply(home, &f); err != nil {
				t.Fatal(err)
			}
			again := f
			if _, err := again.recallShown(f.baseKey()); err == nil {
				t.Fatal("what was found before is believed")
			}
			fresh, shown := f, f
			trees := fresh.find(seen.New(f.Env, time.Now()))
			fresh.sockets(trees)
			if shown.show(f.baseKey()); !reflect.DeepEqual(shown, fresh) {
				t.Errorf("%+v\nnot %+v", shown, fresh)
			}
			same := reflect.DeepEqual(fresh.Tools, found.Tools) && reflect.DeepEqual(fresh.Private, found.Private) && reflect.DeepEqual(fresh.Path, found.Path)
			if same == c.shows {
				t.Errorf("the facts differ: %v", !same)
			}
		})
	}
}

// TestShownForeign: a record that somebody else could have written, or that is
// damaged, is not read.
func TestShownForeign(t *testing.T) {
	_, f := workshop(t)
	foundLongAgo(t, f)
	good, err := os.ReadFile(f.shownFile())
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(path string) error{
		"others may write it": func(path string) error { return os.Chmod(path, 0o666) },
		"a link": func(path string) error {
			return first(os.Rename(path, path+".real"), os.Symlink(path+".real", path))
		},
		"cut short": func(path string) error { return os.Truncate(path, int64(len(good)-1)) },
		"empty":     func(path string) error { return os.Truncate(path, 0) },
		"gone":      os.Remove,
	} {
		if err := seen.Save(f.shownFile(), good); err != nil {
			t.Fatal(err)
		}
		again := f
		if _, err := again.recallShown(f.baseKey()); err != nil {
			t.Errorf("before it is spoiled: %v", err)
		}
		if err := spoil(f.shownFile()); err != nil {
			t.Fatal(err)
		}
		again = f
		if _, err := again.recallShown(f.baseKey()); err == nil || again.Tools != nil {
			t.Errorf("%s: %v, %+v", name, err, again)
		}
		os.RemoveAll(f.shownFile())
	}
	foundLongAgo(t, f)
	if err := f.Forget(); err != nil {
		t.Error(err)
	}
	if _, err := f.recallShown(f.baseKey()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what was forgotten: %v", err)
	}
	foundLongAgo(t, f)
	if _, err := f.recallShown(""); err == nil {
		t.Error("nothing tells this boot from the next, and the record is believed")
	}
}

// TestShownOfEachPath: two environments in turn do not take each other's record
// away, and there is an end to how many are kept.
func TestShownOfEachPath(t *testing.T) {
	home, f := workshop(t)
	other := f
	for i := 0; other.shownFile() == f.shownFile(); i++ {
		other.Env = map[string]string{"PATH": fmt.Sprint(home, "/late/bin:/", i)}
	}
	foundLongAgo(t, f)
	foundLongAgo(t, other)
	for range 2 {
		for _, again := range []Facts{f, other} {
			if _, err := again.recallShown(f.baseKey()); err != nil {
				t.Errorf("%s: %v", again.Env["PATH"], err)
			}
		}
	}
	for i := range 20 {
		other.Env = map[string]string{"PATH": fmt.Sprint("/", i)}
		foundLongAgo(t, other)
	}
	kept, err := os.ReadDir(f.StateDir)
	if err != nil || len(kept) > slots {
		t.Errorf("%d records are kept, %v", len(kept), err)
	}
	if err := f.Forget(); err != nil {
		t.Error(err)
	}
	if kept, err = os.ReadDir(f.StateDir); err != nil || len(kept) != 0 {
		t.Errorf("%v, %v: not forgotten", kept, err)
	}
}

// TestShownSocketsAreNew: they are looked for at each start, remembered facts or
// not.
func TestShownSocketsAreNew(t *testing.T) {
	home, f := workshop(t)
	socket := home + "/sdk/lib/sub/s.sock"
	has := func() bool {
		again := f
		trees, err := again.recallShown(f.baseKey())
		if err != nil {
			t.Fatalf("the record is not used: %v", err)
		}
		again.sockets(trees)
		return slices.ContainsFunc(again.Private, func(p Private) bool { return strings.HasSuffix(p.Path, "/lib/sub/s.sock") })
	}
	foundLongAgo(t, f)
	if has() {
		t.Error("there is a socket already")
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if !has() {
		t.Error("a new socket is not hidden")
	}
}

// FuzzUnpackShown: no bytes are a danger, and half a record fills in nothing.
func FuzzUnpackShown(f *testing.F) {
	facts := Facts{Root: []Entry{{Path: "/bin", Link: "usr/bin"}}, Path: []string{"/x"}, ToolVars: map[string]string{"A": "b"}, Private: []Private{{Path: "/x/y", Dir: true, Why: "z"}}}
	f.Add(facts.packShown([]tree{{"/x", "/y"}}))
	f.Fuzz(func(t *testing.T, made []byte) {
		var got Facts
		if _, err := got.unpackShown(made); err != nil && !reflect.DeepEqual(got, Facts{}) {
			t.Errorf("%+v", got)
		}
	})
}
