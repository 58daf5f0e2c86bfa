package egress

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"ringwall/internal/plan"
)

func tableOf(t testing.TB, p Policy) *nameTable {
	t.Helper()
	table, err := newNameTable(p.names())
	if err != nil {
		t.Fatal(err)
	}
	table.admit = p.admit
	return table
}

func askTable(t testing.TB, table *nameTable, name string) (dnsmessage.Message, miss) {
	t.Helper()
	resp, m, err := table.answer(packed(t, question(name+".", dnsmessage.TypeA)))
	var got dnsmessage.Message
	if err != nil || got.Unpack(resp) != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return got, m
}

// TestNamesBelowAPattern: a name that a service would have gets an address,
// the same each time; one that looks like data does not (NET-04). Written out,
// it does.
func TestNamesBelowAPattern(t *testing.T) {
	const data = "mfrggzdfmztwq2lknnwg23tpobyxe43u.example.com"
	p := mustPolicy(t, allow("*.example.com", 443), allow("*.example.com", 8443), deny("bad.example.com", 0), deny("half.example.com", 443))
	table := tableOf(t, p)
	for _, c := range []struct {
		name string
		want bool
		why  string
	}{
		{"www.example.com", true, ""},
		{"WWW.example.com", true, ""},
		{"a.b.c.example.com", true, ""},
		{"my-service-production-eu-west-1.example.com", true, ""},
		{"prod-registry-frontend-europe.example.com", true, ""},
		{"k8s-production-frontend-eu-1.example.com", true, ""},
		{"a1b-c2d-e3f-a4b-c5d-e6f-a7b.example.com", false, "looks like data"},
		{"half.example.com", true, ""}, // on 8443
		{"example.com", false, ""},
		{"wwwexample.com", false, ""},
		{"bad.example.com", false, "denies"},
		{data, false, "looks like data"},
		{"aGVsbG8gd29ybGQgdGhpcyBpcyBkYXRh.example.com", false, "looks like data"},
		{"0123456789abcdef0123456789abcdef.example.com", false, "looks like data"},
		{"af1b2c3-d4e5f6a7-b8c9d0e1-f2a3b4.example.com", false, "looks like data"},
		{"x.mfrggzdfmztwq2lknnwg23tpo.example.com", false, "looks like data"},
		{strings.Repeat("word-", 8) + "w.example.com", false, "too long"},
		{"a.b.c.d.e.f.example.com", false, "labels"},
		{strings.Repeat("seventeen-letters.", 5)[:85] + ".example.com", false, "characters"},
	} {
		got, m := askTable(t, table, c.name)
		if (len(got.Answers) == 1) != c.want || (m.name == "") != c.want || !strings.Contains(m.why, c.why) {
			t.Errorf("%s: %d answers, %+v", c.name, len(got.Answers), m)
		}
		if ok, why := p.Resolves(strings.ToLower(c.name)); ok != c.want || !strings.Contains(why, c.why) {
			t.Errorf("%s: Resolves says %v, %s", c.name, ok, why)
		}
	}
	first, _, _, _ := table.addrs("www.example.com")
	if back, ok := table.name(first); !ok || back != "www.example.com" {
		t.Errorf("%s leads back to %q", first, back)
	}
	if got, _ := askTable(t, tableOf(t, mustPolicy(t, allow(data, 443))), data); len(got.Answers) != 1 {
		t.Error("a name that is written out has no address: the test proves nothing")
	}
}

// TestLikeData: of labels made of words none is taken for data, of random ones
// nearly all are, also when dashes are put between them.
func TestLikeData(t *testing.T) {
	words := strings.Fields("production staging frontend backend service gateway registry mirror europe central customer invoice metrics prometheus kafka postgresql " +
		"database cluster worker build artifact static images content delivery internal platform branch auth session account mobile analytics queue jenkins nginx kubectl")
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		label := words[r.IntN(len(words))]
		for len(label) <= plainLabel {
			label += "-" + words[r.IntN(len(words))]
		}
		if len(label) <= maxBelowLabel-2 && likeData(label+"-7") {
			t.Errorf("%s-7 is taken for data", label)
		}
	}
	for _, letters := range []string{"0123456789abcdef", "abcdefghijklmnopqrstuvwxyz234567", "abcdefghijklmnopqrstuvwxyz"} {
		missed := 0
		for range 2000 {
			b := make([]byte, 35)
			for i := range b {
				if b[i] = letters[r.IntN(len(letters))]; i%9 == 8 {
					b[i] = '-'
				}
			}
			if !likeData(string(b)) {
				missed++
			}
		}
		if missed > 300 {
			t.Errorf("of 2000 random labels of %q, %d pass", letters, missed)
		}
	}
}

// TestNamesBelowAPatternAreCounted: each pattern has a number of names, and
// those that were given stay.
func TestNamesBelowAPatternAreCounted(t *testing.T) {
	table := tableOf(t, mustPolicy(t, allow("*.example.com", 443), allow("*.example.org", 443)))
	for i := range maxBelow {
		if got, _ := askTable(t, table, fmt.Sprintf("n%d.example.com", i)); len(got.Answers) != 1 {
			t.Fatalf("name %d has no address", i)
		}
	}
	got, m := askTable(t, table, "one-more.example.com")
	if len(got.Answers) != 0 || !strings.Contains(m.why, "200 different names") {
		t.Errorf("one more: %+v, %+v", got.Answers, m)
	}
	for _, name := range []string{"n0.example.com", "n199.example.com", "one-more.example.org"} {
		if got, _ := askTable(t, table, name); len(got.Answers) != 1 {
			t.Errorf("%s has no address", name)
		}
	}
}

// TestLearnAnswersEveryName, up to a bound; what is denied stays denied, and
// nothing of it is allowed.
func TestLearnAnswersEveryName(t *testing.T) {
	gateway := gatewayControl(80, 443)
	gateway.Want.Gateway.Learn = true
	p, err := FromPlan(planOf(gateway, deny("bad.example", 0)))
	if err != nil {
		t.Fatal(err)
	}
	table := tableOf(t, p)
	for name, want := range map[string]int{"any.example": 1, "localhost": 1, "bad.example": 0, "sec ret.example": 0, "127.1": 0} {
		if got, _ := askTable(t, table, name); len(got.Answers) != want {
			t.Errorf("%s: %v", name, got.Answers)
		}
	}
	if p.Decide("any.example", 443).Allowed {
		t.Error("a run that learns allows")
	}
	for i := range maxLearned {
		askTable(t, table, fmt.Sprintf("n%d.example", i))
	}
	if got, _ := askTable(t, table, "more.example"); len(got.Answers) != 0 || len(table.byAddr) != maxLearned {
		t.Errorf("%d names", len(table.byAddr))
	}
	if got, _ := askTable(t, tableOf(t, mustPolicy(t)), "any.example"); len(got.Answers) != 0 {
		t.Error("without learn it is answered too: the test proves nothing")
	}
}

// TestRawNames: that a synthetic address belongs to nobody yet allows nothing.
func TestRawNames(t *testing.T) {
	p := mustPolicy(t, allow("*.example.com", 443), allow("198.0.0.0/8", 443))
	if d := p.Decide(plan.Synthetic()[0].Addr().Next().String(), 443); d.Allowed {
		t.Errorf("%+v", d)
	}
}
