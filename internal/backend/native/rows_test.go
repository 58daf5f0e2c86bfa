package native

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ringwall/internal/backend/backendtest"
	"ringwall/internal/kernel/launch"
	"ringwall/internal/kernel/seccomp"
	"ringwall/internal/plan"
)

// row is one known way out. What is tried inside has to end with that errno,
// and the same attempt with the control left out has to succeed, or to end with
// the kernel's own, other answer.
type row struct {
	id, what string
	inside   map[string]string // attempt -> errno
	prepare  func(*backendtest.Box)
	without  func(*launch.Spec) // leaves the control out
	open     map[string]string  // how the attempts end then
	outside  map[string]string  // or with no sandbox at all
	calls    []string           // refused by the filter: see provesFilter
	test     func(*testing.T, backendtest.Target)
	by       []string // what shows it elsewhere: tests, "script x", "suite: x"
	not      string   // what of it cannot be tested here, and why
}

// tryRows makes every attempt of a table against one target.
func tryRows(t *testing.T, tg backendtest.Target, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.id, func(t *testing.T) { r.try(t, tg) })
	}
}

func (r row) try(t *testing.T, tg backendtest.Target) {
	if len(r.inside) > 0 {
		b := r.box(t, tg)
		b.Expect(b.Attack(sorted(r.inside)...), r.inside)
	}
	if len(r.open) > 0 {
		b := r.box(t, weaker(tg, r.without))
		b.Expect(b.Attack(sorted(r.open)...), r.open)
	}
	if len(r.outside) > 0 {
		b := r.box(t, tg)
		b.Expect(backendtest.Outside(t, tg, sorted(r.outside)...), r.outside)
	}
	if len(r.calls) > 0 {
		provesFilter(t, tg, r.calls...)
	}
	if r.test != nil {
		r.test(t, tg)
	}
	for _, by := range r.by {
		t.Logf("shown by %s", by)
	}
	switch {
	case r.not == "":
	case len(r.inside)+len(r.calls)+len(r.by) == 0 && r.test == nil:
		t.Skip(r.not) // nothing was shown: that is no pass
	default:
		t.Logf("not tested here: %s", r.not)
	}
}

func (r row) box(t *testing.T, tg backendtest.Target) *backendtest.Box {
	t.Helper()
	b := backendtest.NewBox(t, tg)
	if r.prepare != nil {
		r.prepare(b)
	}
	return b
}

// provesFilter shows for each call that the filter refuses it: with the filter
// it gives the row's errno, with other words of the filter those words, and
// without it something else, unless the kernel refuses it as well.
func provesFilter(t *testing.T, tg backendtest.Target, names ...string) {
	t.Helper()
	want, words, calls := map[string]string{}, map[string]string{}, map[string]backendtest.Call{}
	for _, c := range backendtest.Calls() {
		if slices.Contains(names, c.Name) {
			calls["call:"+c.Name], want["call:"+c.Name], words["call:"+c.Name] = c, answers[filterRow(c).Action], mark
		}
	}
	for _, n := range names {
		if _, tried := calls["call:"+n]; !tried {
			t.Errorf("nobody tries %s", n)
		}
	}
	delete(words, "call:clone3") // see marked
	b := backendtest.NewBox(t, tg)
	b.Expect(b.Attack(sorted(want)...), want)
	other := backendtest.NewBox(t, weaker(tg, marked)).Add("isolation.syscalls", quietly)
	other.Expect(other.Attack(sorted(words)...), words)
	r := backendtest.NewBox(t, weaker(tg, noFilter)).Attack(sorted(want)...)
	for a, errno := range want {
		got := r.Report(a).Errno
		if got == "not reported" || got == errno && !calls[a].Same && got != "ENOSYS" {
			t.Errorf("without the filter %s gives %s too", a, got)
		}
	}
}

// quietly answers refused calls in the kernel alone.
var quietly = plan.Op{Syscalls: &plan.Syscalls{Profile: "default"}}

// filterRow is the row of the filter's table for a call.
func filterRow(c backendtest.Call) seccomp.Rule {
	var args [6]uint64
	for i, a := range c.Args {
		args[i] = uint64(a)
	}
	r, _ := seccomp.Match(seccomp.Default(), int(c.Nr), args)
	return r
}

// specified is the list of ways out that the tables have to cover.
var specified = strings.Fields("SYS-01 SYS-02 SYS-04 SYS-06 SYS-07 SYS-09 SYS-10 SYS-11 SYS-12 SYS-16 SYS-17 SYS-18 SYS-19 " +
	"SYS-20 SYS-21 SYS-22 SYS-23 TTY-02 SUP-02 SUP-03 SUP-04 SUP-06 SUP-07 NET-05 NET-13 IPC-04 LIF-07 CTR-11 CTR-13 CTR-14 " +
	"CTR-15 pitfall-4 pitfall-11 pitfall-12 pitfall-20")

// TestRowsAreComplete: each way out has one row, each row is more than words,
// and what it names as its proof is there.
func TestRowsAreComplete(t *testing.T) {
	seen := map[string]int{}
	source := sources(t)
	for _, r := range slices.Concat(kernelRows(), terminalRows(), supervisorRows()) {
		seen[r.id]++
		if r.what == "" || len(r.inside) == 0 && len(r.calls) == 0 && r.test == nil && len(r.by) == 0 && r.not == "" {
			t.Errorf("%s is an empty row", r.id)
		}
		if len(r.inside) > 0 && len(r.open) == 0 && len(r.outside) == 0 && len(r.calls) == 0 && r.test == nil {
			t.Errorf("%s has no counterpart", r.id)
		}
		for _, by := range r.by {
			if !source[by] {
				t.Errorf("%s names %s, which is not there", r.id, by)
			}
		}
	}
	for _, id := range specified {
		if seen[id] != 1 {
			t.Errorf("%s has %d rows", id, seen[id])
		}
		delete(seen, id)
	}
	for id := range seen {
		t.Errorf("%s is not one of the known ways out", id)
	}
}

var testName = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(|\{"([a-z -]+)", test\w+\},`)

// sources lists what the tree has of tests, scripts and parts of the suite.
func sources(t *testing.T) map[string]bool {
	t.Helper()
	const root = "../../.."
	found := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // a folder that cannot be read holds no sources
		}
		if name, ok := strings.CutSuffix(d.Name(), ".txtar"); ok {
			found["script "+name] = true
		}
		if !strings.HasSuffix(path, "_test.go") && !strings.HasSuffix(path, "suite_linux.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		for _, m := range testName.FindAllStringSubmatch(string(text), -1) {
			found[m[1]], found["suite: "+m[2]] = true, true
		}
		return err
	})
	if err != nil || !found["TestRowsAreComplete"] || !found["suite: network"] {
		t.Fatalf("the sources are not where they should be: %v", err)
	}
	return found
}
