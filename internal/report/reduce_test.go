package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"ringwall/internal/evidence"
)

// rewrite replaces text in the JSON of events.
func rewrite(t *testing.T, events []ev, by *strings.Replacer) []ev {
	t.Helper()
	b, err := json.Marshal(events)
	if err != nil {
		t.Fatal(err)
	}
	var out []ev
	if err := json.Unmarshal([]byte(by.Replace(string(b))), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// stopped is the count of one layer.
func stopped(r Run, layer string) int {
	for _, l := range r.Layers {
		if l.Name == layer {
			return l.Stopped
		}
	}
	return -1
}

func TestReduceLayers(t *testing.T) {
	r := Reduce(rich())
	for layer, want := range map[string]int{"instructions": 0, "permissions": 2, "isolation": 6, "network": 4, "infrastructure": 311} {
		if got := stopped(r, layer); got != want {
			t.Errorf("%s: %d, want %d", layer, got, want)
		}
	}
	if r := Reduce([]ev{refused(0, "moat", "moat.water", "swim", "", 2, "")}); stopped(r, "moat") != 2 || len(r.Layers) != 6 {
		t.Error("a refusal of an unknown layer was lost")
	}
}

// TestClaimsStayApart: the agent cannot add its word to what was observed, and
// a denial that is told twice counts once.
func TestClaimsStayApart(t *testing.T) {
	seen := refused(1, "isolation", "isolation.view", "open /etc/shadow", "ENOENT", 1, "")
	said := refused(1, "isolation", "isolation.view", "open /etc/shadow", "ENOENT", 5, "")
	said.Refused.Source = evidence.Claimed
	if r := Reduce([]ev{seen, said}); len(r.Layers[2].Refusals) != 2 {
		t.Errorf("claimed and observed were added up: %+v", r.Layers[2].Refusals)
	}
	begun := ev{Iteration: 1, IterationStarted: &evidence.IterationStarted{Of: 1}}
	result := ev{Iteration: 1, AgentResult: &evidence.AgentResult{Denied: []string{"Bash(curl)"}}}
	event := ev{Iteration: 1, Refused: &evidence.Refused{Layer: "permissions", What: "Bash(curl)", Source: evidence.Claimed, Count: 1}}
	for name, events := range map[string][]ev{"result only": {begun, result}, "event only": {begun, event}, "both": {begun, event, result}} {
		if n := stopped(Reduce(events), "permissions"); n != 1 {
			t.Errorf("%s: counted %d times", name, n)
		}
	}
}

func TestNetChanges(t *testing.T) {
	run := func(steps ...[2]string) string {
		var events []ev
		for i, s := range steps {
			events = append(events, ev{Iteration: i + 1, IterationStarted: &evidence.IterationStarted{}},
				ev{Iteration: i + 1, Changeset: &evidence.Changeset{Changes: []evidence.Change{change(s[0], s[1], "ordinary", "")}}},
				ev{Iteration: i + 1, Applied: &evidence.Applied{Applied: 1}})
		}
		return byAction(Reduce(events).Applied)
	}
	for _, c := range []struct {
		steps [][2]string
		want  string
	}{
		{[][2]string{{"a", "added"}, {"a", "modified"}}, "1 added"},
		{[][2]string{{"a", "added"}, {"a", "deleted"}}, ""},
		{[][2]string{{"a", "deleted"}, {"a", "added"}}, "1 modified"},
		{[][2]string{{"a", "modified"}, {"a", "deleted"}}, "1 deleted"},
		{[][2]string{{"a", "modified"}, {"a", "mode"}}, "1 modified"},
		{[][2]string{{"a", "modified"}, {"b", "added"}}, "1 modified, 1 added"},
	} {
		if got := run(c.steps...); got != c.want {
			t.Errorf("%v: %q, want %q", c.steps, got, c.want)
		}
	}
}

// TestAppliedIsNotGuessed: where the supervisor counted other than the
// changeset holds, no names are given.
func TestAppliedIsNotGuessed(t *testing.T) {
	cs := &evidence.Changeset{Changes: []evidence.Change{change("a", "added", "ordinary", ""), change("b", "added", "ordinary", "")}}
	for n, names := range map[int]int{1: 0, 2: 2, 3: 0} {
		r := Reduce([]ev{{Iteration: 1, Changeset: cs}, {Iteration: 1, Applied: &evidence.Applied{Applied: n}}})
		if r.AppliedN != n || len(r.Applied) != names {
			t.Errorf("%d applied: %d, names %v", n, r.AppliedN, r.Applied)
		}
	}
}

// TestUnknownIsNotSafe: nothing that is missing is shown as good.
func TestUnknownIsNotSafe(t *testing.T) {
	r := Reduce(nil)
	text := string(forms(t, r)[".txt"])
	for _, want := range []string{"UNFINISHED", "cost unknown", "unknown: the start of the run", "not checked"} {
		if !strings.Contains(text, want) {
			t.Errorf("the text of nothing lacks %q", want)
		}
	}
	if strings.Contains(text, allEnforced) || strings.Contains(text, "0.00 USD") {
		t.Errorf("the text of nothing claims something:\n%s", text)
	}
}

func TestCost(t *testing.T) {
	it := func(n int, c *float64) []ev {
		return []ev{{Iteration: n, IterationStarted: &evidence.IterationStarted{}}, {Iteration: n, AgentResult: &evidence.AgentResult{CostUSD: c}}}
	}
	for want, events := range map[string][]ev{
		"cost unknown":                            it(1, nil),
		"0.00 USD by the agent's count":           it(1, usd(0)),
		"1.50 USD by the agent's count":           append(it(1, usd(1)), it(2, usd(.5))...),
		"at least 1.00 USD (1 iteration unknown)": append(it(1, usd(1)), it(2, nil)...),
	} {
		if got := Reduce(events).Cost.text(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestLoad(t *testing.T) {
	r := load(t, rich())
	if !r.Journal.Checked || !r.Journal.Intact || r.Journal.Events != len(rich()) || len(r.Journal.Head) != 64 {
		t.Errorf("%+v", r.Journal)
	}
	want := Reduce(rich())
	if !reflect.DeepEqual(r.Layers, want.Layers) || !reflect.DeepEqual(r.Applied, want.Applied) || !reflect.DeepEqual(r.Hosts, want.Hosts) {
		t.Error("the journal tells another story than the events")
	}
	if _, err := Load(iotest.ErrReader(io.ErrUnexpectedEOF)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a reader's error became %v", err)
	}
	if r, err := Load(bytes.NewReader([]byte("{}\n"))); err != nil || r.Journal.Intact || r.Journal.Line != 1 {
		t.Errorf("a broken journal: %+v, %v", r.Journal, err)
	}
	if r, err := Load(bytes.NewReader([]byte("{"))); err != nil || !r.Journal.Torn || r.Journal.Intact {
		t.Errorf("a torn journal: %+v, %v", r.Journal, err)
	}
}

// FuzzReport: any journal, hostile or not, can be shown in each form.
func FuzzReport(f *testing.F) {
	for _, events := range [][]ev{rich(), empty(), interrupted(), hostile()} {
		b, err := json.Marshal(events)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var events []ev
		if json.Unmarshal(b, &events) != nil {
			t.Skip("not events")
		}
		for _, e := range events {
			if e.Validate() != nil {
				t.Skip("not valid events")
			}
		}
		for ext, out := range forms(t, Reduce(events)) {
			for _, line := range strings.Split(string(out), "\n") {
				if evidence.Printable(line) != line {
					t.Fatalf("%s: %q", ext, line)
				}
			}
		}
	})
}

// TestReviewed: what the owner decided after the end counts for what is in the
// project and what is still held, and not for how long the run took.
func TestReviewed(t *testing.T) {
	for name, r := range map[string]Run{"reduced": Reduce(decided()), "through a journal": load(t, decided())} {
		var names []string
		for _, c := range r.Applied {
			names = append(names, c.Name+" "+c.Action)
		}
		if got := strings.Join(names, ", "); got != ".envrc added, a.go added" || r.AppliedN != 2 {
			t.Errorf("%s: applied %s, %d in all", name, got, r.AppliedN)
		}
		if len(r.Held) != 0 || len(r.Reviewed) != 3 || r.Outcome != "cap" {
			t.Errorf("%s: held %v, reviewed %v, %s", name, r.Held, r.Reviewed, r.Outcome)
		}
	}
	if r := Reduce(decided()); r.Millis != 11*60_000 {
		t.Errorf("it took %d ms", r.Millis)
	}
}

// An event that stands for many counts as many.
func TestSummedRequests(t *testing.T) {
	r := &reducer{hosts: map[hostKey]int{}}
	for _, e := range []evidence.Request{
		{Proto: "http", Host: "a.example", Port: 80, Rule: "r"},
		{Proto: "http", Host: "a.example", Port: 80, Rule: "r", Status: 200, Ended: true, Sent: 1, Received: 2},
		{Proto: "http", Host: "a.example", Port: 80, Rule: "r", Count: 40},
		{Proto: "http", Host: "a.example", Port: 80, Rule: "r", Count: 30, Ended: true, Sent: 300, Received: 600},
		{Proto: "http", Host: "a.example", Port: 80, Rule: "r", Count: 10, Ended: true, Status: 500, Sent: 100},
	} {
		r.request(0, e)
	}
	if h := r.run.Hosts[0]; h.Requests != 41 || h.Failed != 10 || h.Sent != 401 || h.Received != 602 {
		t.Errorf("host is %+v", h)
	}
}
