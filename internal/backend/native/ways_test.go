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
)

// wayOut is one known way out of a sandbox. What was attempted inside has to
// fail with the errno of the control that answers, and the same attempts have
// to succeed with exactly that control off: else they show nothing.
type wayOut struct {
	id string
	// try prepares the host and the project, gives the attempts in order, and
	// the control that is to stop them.
	try func(*testing.T, *backendtest.Box) ([]attempt, control)
	// also is for what an errno does not tell.
	also func(*testing.T, backendtest.Target)
	// shown names tests elsewhere; reason says why there is none.
	shown  []string
	reason string
}

// attempt is one thing that is tried inside.
type attempt struct {
	what  string
	errno string // inside; several are separated by blanks
	free  string // with the control off; empty: ok
}

// control says what is left out, and how.
type control struct {
	name string
	spec func(*launch.Spec)     // of what the first process is told
	plan func(*backendtest.Box) // of the plan
	no   bool                   // sandbox at all
}

var noSandbox = control{name: "the sandbox", no: true}

func leaveOut(name string, spec func(*launch.Spec)) control { return control{name: name, spec: spec} }

// shown grants what the view does not have.
func shown(paths ...string) control {
	return control{name: "its absence from the view", plan: func(b *backendtest.Box) {
		for _, p := range paths {
			b.Show(p, p, true)
		}
		b.Drop("isolation.landlock")
	}}
}

// waysOut are all of them, in the order of the pages that they are known from.
func waysOut() []wayOut {
	return slices.Concat(waysOfConfiguration, waysOfCommands, waysOfFiles, waysOfGit, waysOfIPC,
		waysOfProcesses, waysOfSecrets, lessons)
}

// knownIDs are the rows that this file answers for.
const knownIDs = `CFG-01 CFG-02 CFG-03 CFG-05 CFG-06 CFG-08 CFG-10 CFG-15 CFG-22 CMD-09 CMD-10 CMD-11
	FS-01 FS-02 FS-03 FS-04 FS-05 FS-06 FS-07 FS-08 FS-09 FS-10 FS-12 FS-13 FS-14 FS-18 FS-20 FS-21 FS-22 FS-23
	FS-25 FS-27 FS-28 FS-29 FS-31 FS-33 FS-34 FS-35 FS-36
	GIT-01 GIT-02 GIT-06 GIT-07 GIT-08 GIT-09 GIT-10 GIT-11 GIT-12
	IPC-01 IPC-02 IPC-03 IPC-04 IPC-06 IPC-08 IPC-09 IPC-10 IPC-11 IPC-12 PRC-01 PRC-03 PRC-06
	ENV-02 ENV-03 ENV-04 ENV-05 ENV-07
	CTR-01 CTR-03 CTR-04 CTR-05 CTR-06 CTR-08 CTR-14 CTR-15
	pitfall-1 pitfall-2 pitfall-4 pitfall-5 pitfall-11 pitfall-15 pitfall-16 pitfall-17`

// TestKnownWaysAreAnswered: each row has a test that exists, or a reason.
func TestKnownWaysAreAnswered(t *testing.T) {
	tests := testNames(t)
	rows := map[string]wayOut{}
	for _, w := range waysOut() {
		if _, twice := rows[w.id]; twice {
			t.Errorf("%s is there twice", w.id)
		}
		rows[w.id] = w
	}
	for _, id := range strings.Fields(knownIDs) {
		w, found := rows[id]
		if !found {
			t.Errorf("nothing is said of %s", id)
		}
		if w.try == nil && w.also == nil && len(w.shown) == 0 && w.reason == "" {
			t.Errorf("%s has neither a test nor a reason", id)
		}
		for _, name := range w.shown {
			if !tests[name] {
				t.Errorf("%s: there is no %s", id, name)
			}
		}
		delete(rows, id)
	}
	for id := range rows {
		t.Errorf("%s is not on the list", id)
	}
}

// testNames are the tests of the whole module.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	names := map[string]bool{}
	err := filepath.WalkDir("../../..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		for _, m := range declared.FindAllSubmatch(data, -1) {
			names[string(m[1])] = true
		}
		return err
	})
	if err != nil || len(names) == 0 {
		t.Fatalf("no tests were found: %v", err)
	}
	return names
}

// TestKnownWaysOut tries them all, in whatever identity this user's sandboxes
// have.
func TestKnownWaysOut(t *testing.T) {
	tg := target(t)
	tried, elsewhere, untested := 0, 0, 0
	for _, w := range waysOut() {
		switch {
		case w.try != nil || w.also != nil:
			tried++
			t.Run(w.id, func(t *testing.T) { w.run(t, tg) })
		case len(w.shown) > 0:
			elsewhere++
		default:
			untested++
			t.Logf("%s is not tested: %s", w.id, w.reason)
		}
	}
	t.Logf("identity %s: %d ways tried here, %d shown by other tests, %d not tested",
		form(tg), tried, elsewhere, untested)
}

// form is the identity that the target's sandboxes have.
func form(tg backendtest.Target) string {
	if tg.Host.Account != nil {
		return "account"
	}
	return ownerForm
}

func (w wayOut) run(t *testing.T, tg backendtest.Target) {
	if w.also != nil {
		w.also(t, tg)
	}
	if w.try == nil {
		return
	}
	b := backendtest.NewBox(t, tg)
	attempts, off := w.try(t, b)
	if len(attempts) == 0 || off.spec == nil && off.plan == nil && !off.no {
		t.Fatal("there is nothing to try, or nothing that could be taken away")
	}
	want := map[string]string{}
	for _, a := range attempts {
		want[a.what] = a.errno
	}
	b.Expect(b.Attack(names(attempts)...), want)
	w.free(t, tg)
}

// free makes each attempt with the control off, in a sandbox of its own: one
// that succeeds must not be in the way of the next.
func (w wayOut) free(t *testing.T, tg backendtest.Target) {
	for i := 0; ; i++ {
		b := backendtest.NewBox(t, tg)
		attempts, off := w.try(t, b)
		if i == len(attempts) {
			return
		}
		a := attempts[i]
		r := off.attack(t, b, a.what)
		if got := r.Report(a.what); r.Err != nil || !slices.Contains(strings.Fields(or(a.free, "ok")), got.Errno) {
			t.Errorf("without %s, %s: %s %.100q %v, want %s", off.name, a.what, got.Errno, got.Value, r.Err, or(a.free, "ok"))
		}
	}
}

// attack makes one attempt with the control off.
func (c control) attack(t *testing.T, b *backendtest.Box, what string) backendtest.Ran {
	switch {
	case c.no:
		return backendtest.Outside(t, b.Target, what)
	case c.spec != nil:
		b.Target = weaker(b.Target, c.spec)
	default:
		c.plan(b)
	}
	return b.Attack(what)
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func names(attempts []attempt) []string {
	var out []string
	for _, a := range attempts {
		out = append(out, a.what)
	}
	return out
}

// each makes attempts with one errno.
func each(errno string, what ...string) []attempt {
	var out []attempt
	for _, w := range what {
		out = append(out, attempt{what: w, errno: errno})
	}
	return out
}
