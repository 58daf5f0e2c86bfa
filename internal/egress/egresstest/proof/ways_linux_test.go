package proof

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ringwall/internal/egress/egresstest"
)

func TestMain(m *testing.M) { os.Exit(egresstest.Main(m)) }

// way is one known way out. Inside, each attempt ends as it should and its
// judge outside sees nothing; with the control off the same attempt arrives.
type way struct {
	id, what string
	// try prepares the internet, and gives the policy that closes the way and
	// the attempts.
	try  func(*scene)
	test func(*testing.T) // what an attempt cannot say
	by   []string         // tests elsewhere that show the rest
}

// scene is one network with its attempts.
type scene struct {
	*testing.T
	*egresstest.Net
	policy   string // [network] and what follows
	attempts []attempt
	env      []string // of ringwall
	judges   map[string]*egresstest.Judge
}

// attempt is one thing that is tried inside.
type attempt struct {
	what string
	// came counts what arrived where it must not, as seen from there.
	came func() int
	// ends lists, with blanks between, the errnos with which it may end, and
	// says is in what came back.
	ends, says string
	// How it succeeds: with this policy; with a change outside; or, where there
	// is neither, without a sandbox.
	open   string
	change func()
	// also is tried in its place then, where it could not be the very same.
	also string
}

func (s *scene) add(a ...attempt) { s.attempts = append(s.attempts, a...) }

// ways are all of them.
func ways() []way {
	var out []way
	for _, set := range [][]way{waysOfAddresses(), waysOfNames(), waysOfHosts(), waysOfInside(), waysOfProxies(), waysOfNamesSent(), waysOfRequests(), waysOfLimits()} {
		out = append(out, set...)
	}
	return out
}

// specified is the list that the tables have to cover.
var specified = strings.Fields(`NET-01 NET-02 NET-04 NET-05 NET-07 NET-08 NET-09 NET-10 NET-11 NET-12 NET-13 NET-14
	NET-15 NET-16 NET-17 NET-20 PRX-01 PRX-02 PRX-03 PRX-05 PRX-06 PRX-07 PRX-08 PRX-09 PRX-13 PRX-14 PRX-16 PRX-17
	PRX-18 PRX-20 PRX-21 PRX-22 CTR-02`)

// TestNetworkWaysOut tries them all.
func TestNetworkWaysOut(t *testing.T) {
	for _, w := range ways() {
		t.Run(w.id, w.run)
	}
}

func (w way) run(t *testing.T) {
	if w.try != nil {
		for _, i := range closed(t, w) {
			t.Run("open", func(t *testing.T) { opened(t, w, i) })
		}
	}
	if w.test != nil {
		w.test(t)
	}
	for _, by := range w.by {
		t.Logf("shown by %s too", by)
	}
}

func newScene(t *testing.T, w way) *scene {
	s := &scene{T: t, Net: egresstest.New(t), judges: map[string]*egresstest.Judge{}}
	w.try(s)
	if len(s.attempts) == 0 {
		t.Fatal("there is nothing to try")
	}
	return s
}

// closed makes all attempts inside, in one run. It gives those whose
// counterpart is to be tried: each once, where several share one.
func closed(t *testing.T, w way) (counterparts []int) {
	t.Run("closed", func(t *testing.T) {
		s := newScene(t, w)
		counterparts = s.counterparts()
		b := s.Box(s.policy)
		b.Env = s.env
		r := b.Attack(s.words()...)
		for _, a := range s.attempts {
			got := r.Report(a.what)
			if !a.ended(got.Errno) || !strings.Contains(got.Value, a.says) ||
				strings.Contains(got.Value, egresstest.Reached) {
				t.Errorf("%s: %s %.300q, want %s with %q\n%s", a.what, got.Errno, got.Value, a.ends, a.says, r.Stderr)
			}
			if n := a.came(); n != 0 {
				t.Errorf("%s: %d arrived", a.what, n)
			}
		}
	})
	return counterparts
}

// ended: "remote" stands for an alert of TLS, whose text the errno is then.
func (a attempt) ended(errno string) bool {
	if strings.HasPrefix(errno, "remote error: tls") {
		errno = remoteError
	}
	return slices.Contains(strings.Fields(a.ends), errno)
}

func (s *scene) counterparts() []int {
	var out []int
	known := map[string]bool{}
	for i, a := range s.attempts {
		key := a.open + "\n" + a.then()
		if a.change != nil || !known[key] {
			out = append(out, i)
		}
		known[key] = true
	}
	return out
}

// then is what is tried with the control off.
func (a attempt) then() string {
	if a.also != "" {
		return a.also
	}
	return a.what
}

func (s *scene) words() []string {
	var out []string
	for _, a := range s.attempts {
		out = append(out, a.what)
	}
	return out
}

// opened makes one attempt with the control off, in a network of its own.
func opened(t *testing.T, w way, i int) {
	s := newScene(t, w)
	a := s.attempts[i]
	what := a.then()
	if a.change != nil {
		a.change()
	}
	var r egresstest.Ran
	switch {
	case a.open != "":
		r = s.Box(a.open).Attack(what)
	case a.change != nil:
		r = s.Box(s.policy).Attack(what)
	default:
		r = s.Box(`mode = "none"`).AttackOutside(what)
	}
	if a.came() == 0 {
		t.Errorf("with the control off %s does not arrive: %+v %s", what, r.Reports, r.Stderr)
	}
}

var declared = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)

// TestWaysAreComplete: each known way has one row with an attempt or a test,
// and what it names is there.
func TestWaysAreComplete(t *testing.T) {
	tests := testNames(t)
	seen := map[string]int{}
	for _, w := range ways() {
		seen[w.id]++
		if w.what == "" || w.try == nil && w.test == nil && len(w.by) == 0 {
			t.Errorf("%s is an empty row", w.id)
		}
		for _, by := range w.by {
			if !tests[by] {
				t.Errorf("%s names %s, which is not there", w.id, by)
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
		t.Errorf("%s is not one of the known ways", id)
	}
}

// testNames are the tests of the whole module.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	err := filepath.WalkDir("../../../..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return nil // a folder that cannot be read holds no sources
		}
		text, err := os.ReadFile(path)
		for _, m := range declared.FindAllSubmatch(text, -1) {
			names[string(m[1])] = true
		}
		return err
	})
	if err != nil || !names["TestWaysAreComplete"] {
		t.Fatalf("the sources are not where they should be: %v", err)
	}
	return names
}
