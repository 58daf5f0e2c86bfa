package review

import (
	"fmt"
	"strings"
	"testing"
)

// night is a run with something of everything.
func night() Run {
	r := Run{Format: Format, Run: "20261122-181051-77be84", Outcome: "tampered", Iterations: []Iteration{
		{Number: 1, State: "applied", Changes: []Change{
			{Iteration: 1, State: Held, Path: "deep", Action: "added", Class: "guardrail", Type: "dir", Why: "all that it holds was kept back"},
			{Iteration: 1, State: Held, Path: "deep/AGENTS.md", Action: "added", Class: "guardrail", Type: "file", Size: 31, Mode: "0644"},
			{Iteration: 1, State: Held, Path: "deep/CLAUDE.md", Action: "added", Class: "guardrail", Type: "file", Size: 31, Mode: "0644"},
			{Iteration: 1, State: Held, Path: `out\n\x1b[31m` + strings.Repeat("x", 200), Action: "added", Class: "escape", Type: "symlink", Target: "/etc/passwd"},
			{Iteration: 1, State: Applied, Path: ".git/index", Action: "modified", Class: "ordinary", Type: "file"},
			{Iteration: 1, State: Applied, Path: "main.go", Action: "modified", Class: "ordinary", Type: "file", Size: 98},
		}},
		{Number: 2, State: "kept", Why: "a layer was lost", Changes: []Change{{Iteration: 2, State: Kept, Class: "kept", Why: "a layer was lost"}}},
	}}
	r.Count()
	return r
}

func load(c Change) *Diff {
	return Compare(c, nil, &Side{Text: []byte("one\x1b[2J\n" + strings.Repeat("long ", 100) + "\n" + strings.Repeat("x\n", 100)), Size: 700})
}

func text(v *View) string {
	var b strings.Builder
	for _, row := range v.Screen() {
		b.WriteString(plain(row) + "\n")
	}
	return b.String()
}

func press(v *View, keys ...Key) {
	for _, k := range keys {
		v.Key(k)
	}
}

// TestScreenFits: in every mode and size there are as many rows as the screen
// has, none wider, and nothing on them acts on a terminal.
func TestScreenFits(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {40, 10}, {200, 60}, {39, 24}, {80, 9}, {1, 1}, {0, 0}} {
		for _, keys := range [][]Key{nil, {"?"}, {Enter, "j", "j"}, {"a", "q"}, {"G"}, {"j", "j", "j", " ", " "}, {"K"}, {"G", "a"}} {
			v := NewView(night(), load)
			v.Resize(size[0], size[1])
			press(v, keys...)
			rows := v.Screen()
			if want := max(size[1], 1); len(rows) != want {
				t.Errorf("%v %v: %d rows", size, keys, len(rows))
			}
			for _, row := range rows {
				if got := width(plain(row)); got > max(size[0], 8) {
					t.Errorf("%v %v: %d columns: %q", size, keys, got, plain(row))
				}
				if s := plain(row); Visible(s) != s || strings.Contains(s, "\t") {
					t.Errorf("%v %v: %q is on the screen", size, keys, s)
				}
			}
		}
	}
}

// TestViewDecides: what was pressed is what comes out, and only after the one
// confirmation.
func TestViewDecides(t *testing.T) {
	v := NewView(night(), load)
	press(v, "j", "a") // AGENTS.md, and goes on to CLAUDE.md
	press(v, "d")
	if got := decisions(v); got != "deep accept, deep/AGENTS.md accept, deep/CLAUDE.md drop" {
		t.Error(got)
	}
	press(v, "q")
	if done, _ := v.Done(); done {
		t.Error("it is done without a question")
	}
	for _, want := range []string{"accept 2 changes", "guardrail: It steers agents", "drop 1 change", "left as they are: 2 changes"} {
		if got := text(v); !strings.Contains(got, want) {
			t.Errorf("the question does not say %q:\n%s", want, got)
		}
	}
	press(v, "x", Enter)
	if done, _ := v.Done(); done {
		t.Error("any key confirms")
	}
	press(v, "n", "g", "s", "q")
	if done, agreed := v.Done(); !done || agreed || decisions(v) != "" {
		t.Errorf("skipping the folder leaves %q, done %v", decisions(v), done)
	}
	v = NewView(night(), load)
	press(v, "d", "q", "y")
	if done, agreed := v.Done(); !done || !agreed || decisions(v) != "deep drop, deep/AGENTS.md drop, deep/CLAUDE.md drop" {
		t.Errorf("%q, %v, %v", decisions(v), done, agreed)
	}
	v = NewView(night(), load)
	press(v, "a", Ctrl+"c")
	if done, agreed := v.Done(); !done || agreed {
		t.Error("ctrl-c does not leave, or agrees")
	}
}

func decisions(v *View) string {
	var out []string
	for _, c := range v.Decisions() {
		out = append(out, fmt.Sprintf("%s %s", c.Name(), c.Decision))
	}
	return strings.Join(out, ", ")
}

// TestAppliedIsForReading: what is in the project cannot be decided.
func TestAppliedIsForReading(t *testing.T) {
	v := NewView(night(), load)
	press(v, "G", "a")
	if got := text(v); decisions(v) != "" || !strings.Contains(got, "ringwall rollback") || !strings.Contains(got, "> applied ordinary  modified .git/index") {
		t.Errorf("%q\n%s", decisions(v), got)
	}
}

// TestScrolling: a diff is read to its end and no further.
func TestScrolling(t *testing.T) {
	v := NewView(night(), load)
	press(v, "j", Enter)
	for range 50 {
		press(v, " ")
	}
	if got := text(v); !strings.Contains(got, "+x\na accept") {
		t.Errorf("the end is not on the screen:\n%s", got)
	}
	press(v, "n", "p", "g")
	for range 50 {
		press(v, PageUp)
	}
	if got := text(v); !strings.Contains(got, "\ndeep\n") {
		t.Errorf("the start is not on the screen:\n%s", got)
	}
}

func TestNothingToView(t *testing.T) {
	v := NewView(Run{Run: "x"}, load)
	press(v, "a", "d", "s", "j", "G", Enter, " ", "q")
	if done, agreed := v.Done(); !done || agreed {
		t.Error("it does not end")
	}
}

func TestKeys(t *testing.T) {
	for in, want := range map[string]string{
		"aq": "a q", "\x1b[A\x1b[B": "up down", "\x1bOA": "up", "\x1b[5~\x1b[6~": "pgup pgdn", "\r": "enter", "\n": "enter",
		"\x03": "ctrl-c", "\x1b": "esc", "\x1bq": "esc q", "\x1b[1;5Aq": "q", "\x1b[200~x\x1b[201~": "x", "\u4e16": "\u4e16", "\xff": "\xff",
		"\x7f": "backspace", "\x1b[": "", "\x1b[12": "", "\x1bO": "",
	} {
		keys, rest := Keys(in, true)
		var got []string
		for _, k := range keys {
			got = append(got, string(k))
		}
		if strings.Join(got, " ") != want || rest != "" {
			t.Errorf("%q is %q and %q, want %q", in, got, rest, want)
		}
	}
	for _, in := range []string{"\x1b", "\x1b[", "\x1b[1;5", "\x1bO", "\xe4\xb8"} {
		if keys, rest := Keys("j"+in, false); len(keys) != 1 || rest != in {
			t.Errorf("%q is taken for whole: %q, %q", in, keys, rest)
		}
	}
}

// TestAgree: decisions about files carry the new folders that they lie in.
func TestAgree(t *testing.T) {
	for name, test := range map[string]struct{ in, want string }{
		"a file carries its folders":         {"accept deep/AGENTS.md", "accept deep|accept deep/AGENTS.md"},
		"all dropped, the folder too":        {"drop deep/AGENTS.md|drop deep/CLAUDE.md", "drop deep|drop deep/AGENTS.md|drop deep/CLAUDE.md"},
		"something is left in it":            {"drop deep/AGENTS.md", "drop deep/AGENTS.md"},
		"accepted in spite of its folder":    {"drop deep|accept deep/AGENTS.md|drop deep/CLAUDE.md", "accept deep|accept deep/AGENTS.md|drop deep/CLAUDE.md"},
		"a folder alone is nothing":          {"accept deep", ""},
		"less than the folder holds":         {"drop deep|drop deep/AGENTS.md", "drop deep/AGENTS.md"},
		"nothing is said, nothing is done":   {"", ""},
		"a whole iteration stands by itself": {"accept ", "accept "},
	} {
		var all []Decided
		for _, c := range night().Changes() {
			d := Decided{Change: c}
			for _, said := range strings.Split(test.in, "|") {
				if what, path, ok := strings.Cut(said, " "); ok && path == c.Path {
					d.Decision = Decision(what)
				}
			}
			all = append(all, d)
		}
		var got []string
		for _, c := range Agree(all) {
			if c.Decision != None {
				got = append(got, string(c.Decision)+" "+c.Path)
			}
		}
		if s := strings.Join(got, "|"); s != test.want {
			t.Errorf("%s: %q, want %q", name, s, test.want)
		}
	}
}

// TestListFits: the list has at most 80 columns, commands aside, names a long
// name whole, and nothing in it acts on a terminal.
func TestListFits(t *testing.T) {
	all := ""
	for _, row := range List(night()) {
		s := plain(row)
		if width(s) > columns || Visible(s) != s {
			t.Errorf("%d columns: %q", width(s), s)
		}
		all += strings.TrimSpace(s) + "\n"
	}
	joined := strings.ReplaceAll(all, "\n", "")
	for _, want := range []string{"kept whole, not applied: a layer was lost", "1 change inside .git", strings.Repeat("x", 200), "tampered, 5 held, 2 applied"} {
		if !strings.Contains(joined, want) {
			t.Errorf("the list does not say %q:\n%s", want, all)
		}
	}
}

// TestListTellsWhatMatters: what lies in a folder that stands for it is told with
// the folder, unless there is something to be said; and that comes first.
func TestListTellsWhatMatters(t *testing.T) {
	ordinary := func(path string) Change {
		return Change{Iteration: 1, State: Applied, Path: path, Action: "added", Class: "ordinary", Type: "file"}
	}
	folder, script := ordinary("docs"), ordinary("docs/run.sh")
	folder.Type, folder.Below, script.Runs = "dir", 61, "runs on the host: new executable"
	changes := []Change{ordinary("a"), folder, script}
	for i := range 60 {
		changes = append(changes, ordinary(fmt.Sprint("docs/page", i)))
	}
	var got []string
	for _, row := range List(Run{Iterations: []Iteration{{Number: 1, Changes: append(changes, ordinary("docsx"))}}})[3:] {
		got = append(got, strings.Join(strings.Fields(strings.TrimPrefix(plain(row), "  applied ordinary  added")), " "))
	}
	want := "docs/run.sh 0 B|runs on the host: new executable|a 0 B|docs|stands for the 61 entries in it|docsx 0 B"
	if s := strings.Join(got, "|"); s != want {
		t.Errorf("%s\nwant %s", s, want)
	}
}

// TestPrint: with colour there is nothing more than styles of our own.
func TestPrint(t *testing.T) {
	var plain, colour strings.Builder
	c := night().Changes()[1]
	if err := Print(&plain, c, load(c), false); err != nil {
		t.Fatal(err)
	}
	if err := Print(&colour, c, load(c), true); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(plain.String(), "\x1b") || !strings.Contains(plain.String(), "+one<U+001B>[2J\n") {
		t.Errorf("%q", plain.String())
	}
	got := colour.String()
	for _, s := range []string{"1", "2", "31", "32", "33", "1;7;31", "0"} {
		got = strings.ReplaceAll(got, "\x1b["+s+"m", "")
	}
	if got != plain.String() {
		t.Errorf("colour changes the text: %q", got)
	}
}

func TestSummary(t *testing.T) {
	var all []Decided
	for i := range 30 {
		all = append(all, Decided{Change{Iteration: 1, Path: fmt.Sprint("f", i), Class: "conflict", Action: "modified", Type: "file"}, Accept})
	}
	all = append(all, Decided{Change{Iteration: 2, Path: "AGENTS.md", Class: "guardrail", Action: "added", Type: "file"}, Accept})
	got := strings.Join(Summary(all, 5), "\n")
	if !strings.Contains(got, "accept 31 changes") || strings.Index(got, "guardrail:") > strings.Index(got, "conflict:") ||
		!strings.Contains(got, "AGENTS.md  (added file, iteration 2)") || !strings.Contains(got, "and 26 more") {
		t.Error(got)
	}
}
