package project

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// later is a clock that is far from all times of the files.
func later() time.Time { return time.Now().Add(time.Hour) }

// secretKey is what no other content is like.
const secretKey = "key: ghp_q9W2k7Zr4Tn8Vb3Mx6Lc1Yd5Hf0Js2Pa7Gu4\n"

// indexedProject has one file of each kind that the index knows, in settled
// folders, and was looked at once.
func indexedProject(t *testing.T) (dir string, opts Options) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the index is kept on Linux alone")
	}
	dir = repository(t, map[string]string{
		"a/config.yml": "key: none\n", "a/main.go": "package a\n", "b/c/ca.pem": "-----BEGIN CERTIFICATE-----\n",
		"b/.npmrc": "registry=https://r.example/\n", "b/link.pem": "-> c/ca.pem",
	})
	opts = Options{Path: dir, Index: filepath.Join(t.TempDir(), "place", "index"), now: later}
	if facts := inspect(t, opts); len(facts.Secrets) != 0 {
		t.Fatalf("%+v", facts.Secrets)
	}
	return dir, opts
}

// TestIndexHidesNothing: after each kind of change the search with an index
// finds what one without it does.
func TestIndexHidesNothing(t *testing.T) {
	must := func(errs ...error) {
		if err := errors.Join(errs...); err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	// put writes in place, so that the folder is not touched.
	put := func(path, text string) error {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteString(text)
		return errors.Join(err, f.Close())
	}
	same := func(path, text string) error { // size and mtime as before
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		text += strings.Repeat("#", max(0, int(info.Size())-len(text)))
		return errors.Join(put(path, text), os.Truncate(path, info.Size()), os.Chtimes(path, info.ModTime(), info.ModTime()))
	}
	for what, c := range map[string]struct {
		change func(dir string)
		secret string // found then
		rail   string
	}{
		"content": {func(d string) { must(put(d+"/a/config.yml", secretKey)) }, "a/config.yml", ""},
		"content, times set back": {func(d string) {
			info, err := os.Stat(d + "/a/config.yml")
			must(err, put(d+"/a/config.yml", secretKey), os.Chtimes(d+"/a/config.yml", info.ModTime(), info.ModTime()))
		}, "a/config.yml", ""},
		"content of the same size": {func(d string) { must(same(d+"/b/c/ca.pem", "x PRIVATE KEY x")) }, "b/c/ca.pem", ""},
		"another file in its place": {func(d string) {
			must(os.WriteFile(d+"/n", []byte(secretKey), 0o600), os.Rename(d+"/n", d+"/a/config.yml"))
		}, "a/config.yml", ""},
		"new file": {func(d string) { must(os.WriteFile(d+"/b/c/.env", nil, 0o600)) }, "b/c/.env", ""},
		"new file, folder's time set back": {func(d string) {
			info, err := os.Stat(d + "/b/c")
			must(err, os.WriteFile(d+"/b/c/.env", nil, 0o600), os.Chtimes(d+"/b/c", info.ModTime(), info.ModTime()))
		}, "b/c/.env", ""},
		"renamed":    {func(d string) { must(os.Rename(d+"/a/main.go", d+"/a/id_rsa")) }, "a/id_rsa", ""},
		"new folder": {func(d string) { write(t, d, "b/c/d/.env", "x") }, "b/c/d/.env", ""},
		"folder swapped": {func(d string) {
			write(t, d, "other/.env", "x")
			must(os.Rename(d+"/b", d+"/old"), os.Rename(d+"/other", d+"/b"))
		}, "b/.env", ""},
		"guardrail in a folder": {func(d string) { write(t, d, "b/c/CLAUDE.md", "x") }, "", "b/c/CLAUDE.md"},
		"a repository":          {func(d string) { write(t, d, "b/c/.git/config", "x") }, "", "b/c/.git/config"},
		"a repository by its parts": {func(d string) {
			write(t, d, "b/c/HEAD", "x")
			write(t, d, "b/c/config", "x")
			write(t, d, "b/c/objects/", "")
			write(t, d, "b/c/refs/", "")
		}, "", "b/c/config"},
		"a link to another": {func(d string) {
			must(os.WriteFile(d+"/a/key.txt", []byte("PRIVATE KEY"), 0o600), os.Remove(d+"/b/link.pem"), os.Symlink("../a/key.txt", d+"/b/link.pem"))
		}, "a/key.txt", ""},
		"what a link leads to": {func(d string) { must(put(d+"/b/c/ca.pem", "PRIVATE KEY")) }, "b/c/ca.pem", ""},
	} {
		t.Run(what, func(t *testing.T) {
			dir, opts := indexedProject(t)
			c.change(dir)
			warm := inspect(t, opts)
			cold := inspect(t, Options{Path: dir, now: later})
			if fmt.Sprint(warm.Secrets, warm.Guardrails) != fmt.Sprint(cold.Secrets, cold.Guardrails) {
				t.Errorf("with the index %v\nwithout %v", warm.Secrets, cold.Secrets)
			}
			if c.secret != "" && secrets(warm)[c.secret] == "" {
				t.Errorf("%s is not found: %v", c.secret, warm.Secrets)
			}
			if _, ok := guardrail(warm, c.rail); c.rail != "" && !ok {
				t.Errorf("%s is not found", c.rail)
			}
			// A secret stays one at the start after.
			if c.secret != "" && secrets(inspect(t, opts))[c.secret] == "" {
				t.Errorf("%s is lost the next time", c.secret)
			}
		})
	}
}

// TestIndexIsBelievedWhereItIsSettled: what was written within the clock's grain
// is looked at again, and so is all when the clock was set back. The
// counterpart shows that the index is believed at all.
func TestIndexIsBelievedWhereItIsSettled(t *testing.T) {
	listed := func(t *testing.T, opts Options) int {
		x, ok := decodeIndex(load(t, opts.Index))
		if !ok {
			t.Fatal("the index cannot be read")
		}
		n := 0
		for _, f := range x.folders {
			if f.stamp.ino != 0 {
				n++
			}
		}
		return n
	}
	_, opts := indexedProject(t)
	if listed(t, opts) == 0 {
		t.Error("nothing is settled an hour later")
	}
	opts.now = time.Now
	os.Remove(opts.Index)
	inspect(t, opts)
	if n := listed(t, opts); n != 0 {
		t.Errorf("%d folders are settled at once", n)
	}
}

// TestForgedIndexShowsThatItIsRead: the index spares the listing of a folder.
// This one says that a folder with a secret is empty, at the right stamp: who
// can write into the state directory owns the search.
func TestForgedIndexShowsThatItIsRead(t *testing.T) {
	dir, opts := indexedProject(t)
	write(t, dir, "a/.env", "x")
	inspect(t, opts)
	x, _ := decodeIndex(load(t, opts.Index))
	x.folders["a"].files = nil
	if err := os.WriteFile(opts.Index, x.encode(), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := secrets(inspect(t, opts)); got["a/.env"] != "" {
		t.Error("the folder was listed although its stamp is known")
	}
}

func load(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestIndexOfAnotherKindIsIgnored: damaged, cut, of another policy, or no file
// at all: the search is whole.
func TestIndexOfAnotherKindIsIgnored(t *testing.T) {
	dir, opts := indexedProject(t)
	write(t, dir, "a/.env", "x")
	inspect(t, opts)
	x, _ := decodeIndex(load(t, opts.Index))
	x.folders["a"].files = nil
	forged := x.encode()
	x.rules[0] ^= 1
	other := x.encode()
	x.rules[0] ^= 1
	x.began = later().Add(time.Hour).UnixNano()
	future := x.encode()
	for what, data := range map[string][]byte{
		"a bit": append(bytes.Clone(forged[:50]), append([]byte{forged[50] ^ 1}, forged[51:]...)...), "cut": forged[:len(forged)-1],
		"longer": append(bytes.Clone(forged), 0), "empty": {}, "other rules": other, "from the future": future, "noise": []byte(strings.Repeat("x", 1000)),
	} {
		if err := os.WriteFile(opts.Index, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := secrets(inspect(t, opts)); got["a/.env"] == "" {
			t.Errorf("%s: the index was believed", what)
		}
	}
	if err := os.WriteFile(opts.Index, forged, 0o600); err != nil {
		t.Fatal(err)
	}
	hide := opts
	hide.Hide = []string{"*.go"}
	if got := secrets(inspect(t, hide)); got["a/.env"] == "" || got["a/main.go"] == "" {
		t.Errorf("with another policy: %v", got)
	}
	os.Remove(opts.Index)
	if err := os.Mkdir(opts.Index, 0o700); err != nil {
		t.Fatal(err)
	}
	if got := secrets(inspect(t, opts)); got["a/.env"] == "" {
		t.Error("a folder in the index's place")
	}
}

func FuzzIndex(f *testing.F) {
	x := &index{began: 1, folders: map[string]*indexed{".": {stamp: stamp{1, 2, 3, 4, 5}, subs: []string{"a"}, files: []indexedFile{{name: "b", link: true}}}}}
	f.Add(x.encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		if x, ok := decodeIndex(b); ok {
			if y, ok := decodeIndex(x.encode()); !ok || len(y.folders) != len(x.folders) {
				t.Error("what was read cannot be written")
			}
		}
	})
}
