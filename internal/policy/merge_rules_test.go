package policy

import (
	"slices"
	"testing"
)

// TestMergeSeveralRules: of several rules on both sides each is bounded by each,
// in the project's order, and only what is really lost is told.
func TestMergeSeveralRules(t *testing.T) {
	const host = "[[network.rule]]\nhost = \"a.example\"\n"
	const get, post, messages = "methods = [\"GET\"]\n", "methods = [\"POST\"]\n", "paths = [\"/v1/messages\"]\n"
	both := host + get + host + post + messages + "max_requests = 9\n"
	for _, c := range []struct {
		machine, project string
		want             []string // methods and paths
		notes            []string
	}{
		{both, both, []string{"GET ", "POST /v1/messages"}, nil},
		{"network.allow = [\"a.example\"]\n", both, []string{"GET ", "POST /v1/messages"}, nil},
		{both, "network.allow = [\"a.example\"]\n", []string{"GET ", "POST /v1/messages"}, []string{"network.rule: the machine allows fewer methods to"}},
		{both, host + "methods = [\"GET\", \"POST\"]\n" + messages, []string{"GET /v1/messages", "POST /v1/messages"}, nil},
		{both, host + "methods = [\"GET\", \"POST\"]\n", []string{"GET ", "POST /v1/messages"}, []string{"network.rule: the machine allows fewer methods on some paths to"}},
		{host + get + host + post, host + messages, []string{"GET /v1/messages", "POST /v1/messages"}, []string{"network.rule: the machine allows fewer methods to"}},
		{both, host + "methods = [\"PUT\"]\n" + host + get, []string{"GET "}, []string{"network.rule: the machine allows fewer methods to"}},
	} {
		got, notes, err := Merge(parseMachine(t, c.machine), parse(t, c.project))
		if err != nil {
			t.Fatal(err)
		}
		var rules []string
		for _, r := range got.Network.Rules {
			path := ""
			if r.Paths != nil {
				path = r.Paths[0]
			}
			rules = append(rules, r.Methods[0]+" "+path)
		}
		if !slices.Equal(rules, c.want) || len(got.Network.Allow) > 0 {
			t.Errorf("%q under %q: %q", c.project, c.machine, rules)
		}
		checkNotes(t, notes, c.notes)
	}
}

// TestMergeShutsOnlyWhatIsEmpty: a wider entry is shut out of a place for which
// no two rules have anything in common, and not where some have.
func TestMergeShutsOnlyWhatIsEmpty(t *testing.T) {
	const host = "[[network.rule]]\nhost = \"x.a.example\"\n"
	project := "network.allow = [\"*.a.example\"]\n" + host + "methods = [\"GET\"]\n" + host + "methods = [\"POST\"]\n"
	for methods, denied := range map[string]bool{"PUT": true, "POST": false} {
		got, _, err := Merge(parseMachine(t, "network.allow = [\"*.a.example\"]\n"+host+"methods = [\""+methods+"\"]\n"+host+"methods = [\"DELETE\"]\n"), parse(t, project))
		if err != nil || (len(got.Network.Deny) > 0) != denied || allows(got, "x.a.example", "POST", "/") == denied || allows(got, "x.a.example", "GET", "/") {
			t.Errorf("%s: %+v, %v", methods, got.Network, err)
		}
	}
}
