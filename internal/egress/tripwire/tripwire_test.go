package tripwire_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"ringwall/internal/egress/tripwire"
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// randomText is the same at each run of the tests, or a failure could not be
// looked at again.
func randomText(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

// core is the value of most tests.
func core() string { return randomText(rand.New(rand.NewPCG(1, 2)), 40) }

const home = "api.example.com:443"

// set has a decoy and a placeholder.
func set(t testing.TB) *tripwire.Set {
	t.Helper()
	s, err := tripwire.New([]tripwire.Value{
		{Name: "~/.aws/credentials", Kind: tripwire.Decoy, Cores: []string{core()}},
		{Name: "api", Kind: tripwire.Placeholder, Home: home, Cores: []string{randomText(rand.New(rand.NewPCG(3, 4)), 40)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPlaceholderMayGoHome(t *testing.T) {
	s, key := set(t), []byte(randomText(rand.New(rand.NewPCG(3, 4)), 40))
	if hit, ok := s.Find(home, key); ok {
		t.Errorf("on its way home: %+v", hit)
	}
	for _, to := range []string{"", "api.example.com:80", "evil.example:443", "api.example.com.:443"} {
		hit, ok := s.Find(to, key)
		if want := (tripwire.Hit{Value: "api", Kind: tripwire.Placeholder, Spelling: "plain"}); !ok || hit != want {
			t.Errorf("to %q: %+v, %v", to, hit, ok)
		}
	}
	if _, ok := s.Find(home, []byte(core())); !ok {
		t.Error("a decoy has no home")
	}
}

func TestNew(t *testing.T) {
	if s, err := tripwire.New(nil); s != nil || err != nil {
		t.Errorf("without values: %v, %v", s, err)
	}
	var none *tripwire.Set
	if _, ok := none.Find("", []byte(core())); ok {
		t.Error("nothing finds something")
	}
	for _, cores := range [][]string{nil, {""}, {"short"}, {core(), "abc-def-ghi-jkl"}} {
		_, err := tripwire.New([]tripwire.Value{{Name: "it", Cores: cores}})
		if err == nil || !strings.HasPrefix(err.Error(), "it: ") || strings.Contains(err.Error(), "abc") {
			t.Errorf("%q: %v", cores, err)
		}
	}
}

// TestPieces: 16 characters in a row are enough, 15 are not, wherever they lie
// in the value and in the text, in however many writes.
func TestPieces(t *testing.T) {
	s, c := set(t), core()
	for at := range len(c) - 16 + 1 {
		for before := range 20 {
			text := strings.Repeat("-", before/2) + strings.Repeat("z", before-before/2) + c[at:at+16] + "zz"
			if _, ok := s.Find("x:1", []byte(text)); !ok {
				t.Fatalf("not found: %q", text)
			}
			less := strings.Replace(text, c[at:at+16], c[at:at+15]+"\x01~", 1)
			less = strings.TrimSuffix(less, "zz")
			if _, ok := s.Find("x:1", []byte(less)); ok {
				t.Fatalf("found: %q", less)
			}
		}
	}
}

// TestCutAnywhere: how a text is cut into writes does not matter.
func TestCutAnywhere(t *testing.T) {
	s, c := set(t), core()
	for name, text := range texts(t, c) {
		r := rand.New(rand.NewPCG(5, 6))
		for range 50 {
			st := s.Stream("x:1")
			found := false
			for rest := text; len(rest) > 0; {
				n := 1 + r.IntN(min(len(rest), 1+r.IntN(60)))
				if _, ok := st.Look([]byte(rest[:n])); ok {
					found = true
				}
				rest = rest[n:]
			}
			if _, ok := st.End(); !ok {
				t.Fatalf("%s: not found in pieces (%v)", name, found)
			}
			st.Close()
		}
	}
}

// TestNothingMuchLeaves: when a value comes byte by byte, the alarm is there
// before its sixteenth character.
func TestNothingMuchLeaves(t *testing.T) {
	s, c := set(t), core()
	st := s.Stream("x:1")
	defer st.Close()
	for i := range len(c) {
		if _, ok := st.Look([]byte{c[i]}); ok {
			if i != 15 {
				t.Errorf("found at character %d", i+1)
			}
			return
		}
	}
	t.Error("not found")
}

// TestWeakLetters: a core that is written with fewer letters needs a longer
// piece to be as much of a proof.
func TestWeakLetters(t *testing.T) {
	for core, need := range map[string]int{
		"0f3a9b27c4d81e65a0b9c8d7e6f51423": 20, "482910573628194057261839": 24, "Zq3vR8kLm2Xw7TbYp5Nd": 16,
	} {
		s, err := tripwire.New([]tripwire.Value{{Name: "it", Cores: []string{core}}})
		if err != nil {
			t.Fatal(err)
		}
		for n := range len(core) + 1 {
			if _, ok := s.Find("", []byte(core[:n]+"~")); ok != (n >= need) {
				t.Errorf("%d characters of %q: %v", n, core, ok)
			}
		}
		if tripwire.Proof(core[:need-1]) || !tripwire.Proof(core[:need]) {
			t.Errorf("%q: another length is a proof", core)
		}
	}
}
