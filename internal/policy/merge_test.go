package policy

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func parseMachine(t *testing.T, text string) Policy {
	t.Helper()
	p, err := Parse("/etc/policy.toml", []byte("version = 1\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestMerge(t *testing.T) {
	for _, c := range []struct {
		name             string
		machine, project string
		want             string // the merged policy, as one text
		notes            []string
	}{
		{"nothing said", "", `agent = "claude"`, `agent = "claude"`, nil},
		{"smaller limit", "[limits]\nmemory = \"1GiB\"\npids = 600", "[limits]\nmemory = \"2GiB\"\npids = 100",
			"[limits]\nmemory = \"1GiB\"\npids = 100", []string{"limits.memory: the machine's policy allows less (/etc/policy.toml:3)"}},
		{"a default is bounded without a note", "[limits]\ncpus = 1", "", "[limits]\ncpus = 1", nil},
		{"the machine's defaults bound nothing", "", "[limits]\nmemory = \"64GiB\"\ntime = \"8h\"", "[limits]\nmemory = \"64GiB\"\ntime = \"8h\"", nil},
		{"a larger bound gives nothing", "[limits]\nmemory = \"64GiB\"", "", "", nil},
		{"fewer files", "[limits]\ninodes = 500\noutput = \"1MiB\"", "[limits]\ninodes = 100\noutput = \"2MiB\"",
			"[limits]\ninodes = 100\noutput = \"1MiB\"", []string{"limits.output: the machine's policy allows less (/etc/policy.toml:4)"}},
		{"what either demands", "[limits]\nmust = [\"disk\"]", "[limits]\nmust = [\"memory\"]", "[limits]\nmust = [\"memory\", \"disk\"]", nil},
		{"file size from none", "[limits]\nfile_size = \"1GiB\"", "", "[limits]\nfile_size = \"1GiB\"", nil},
		{"loop", "[loop]\nmax_iterations = 5\nmax_time = \"1h\"\nmax_cost = \"5 USD\"",
			"[loop]\nmax_iterations = 9\nmax_time = \"2h\"\nmax_cost = \"9 USD\"",
			"[loop]\nmax_iterations = 5\nmax_time = \"1h\"\nmax_cost = \"5 USD\"",
			[]string{"loop.max_iterations", "loop.max_time", "loop.max_cost"}},
		{"loop, not said by the project", "[loop]\nmax_iterations = 5\nmax_cost = \"5 USD\"", "", "[loop]\nmax_iterations = 5\nmax_cost = \"5 USD\"", nil},
		{"a bound of tokens", "[loop]\nmax_tokens = 5", "[loop]\nmax_tokens = 9", "[loop]\nmax_tokens = 5", []string{"loop.max_tokens"}},
		{"the machine's price holds", "[[loop.price]]\nmodel = \"a\"\ninput = \"3 USD\"\noutput = \"9 USD\"\n", "[[loop.price]]\nmodel = \"a\"\ninput = \"1 USD\"\noutput = \"9 USD\"\n[[loop.price]]\nmodel = \"b\"\ninput = \"2 USD\"\noutput = \"9 USD\"\n", "[[loop.price]]\nmodel = \"a\"\ninput = \"3 USD\"\noutput = \"9 USD\"\n[[loop.price]]\nmodel = \"b\"\ninput = \"2 USD\"\noutput = \"9 USD\"\n",
			[]string{`loop.price: the machine's policy has a price for "a"`}},
		{"a project does not make its work cheap", "[loop]\nmax_cost = \"5 USD\"", "[[loop.price]]\nmodel = \"a\"\ninput = \"0 USD\"\noutput = \"9 USD\"\n", "[loop]\nmax_cost = \"5 USD\"",
			[]string{`loop.max_cost: the machine limits the cost, so its policy says what "a" costs`}},
		{"verify is added", "[loop]\nverify = [\"a\", \"b\"]", "[loop]\nverify = [\"b\", \"c\"]", "[loop]\nverify = [\"b\", \"c\", \"a\"]", nil},
		{"lists of the workspace are added", "[workspace]\nhide = [\"a\"]\nfreeze = [\"b\"]", "[workspace]\nhide = [\"c\", \"a\"]",
			"[workspace]\nhide = [\"c\", \"a\"]\nfreeze = [\"b\"]", nil},
		{"memory is bounded", "[workspace]\nmemory = [\"a\"]", "[workspace]\nmemory = [\"b\", \"a\"]", "[workspace]\nmemory = [\"a\"]",
			[]string{`workspace.memory: "b" is not allowed`}},
		{"what is kept of the home is bounded", "[workspace]\nhome = [\".a\"]", "[workspace]\nhome = [\".b\", \".a\"]", "[workspace]\nhome = [\".a\"]",
			[]string{`workspace.home: ".b" is not allowed`}},
		{"caches are bounded", "[workspace]\ncaches = [\"npm\"]", "[workspace]\ncaches = [\"pip\", \"npm\"]", "[workspace]\ncaches = [\"npm\"]",
			[]string{`workspace.caches: "pip" is not allowed`}},
		{"memory is not given", "[workspace]\nmemory = [\"a\"]", "", "", nil},
		{"staged wins", "[workspace]\nmode = \"staged\"", "[workspace]\nmode = \"direct\"", "", []string{"workspace.mode"}},
		{"direct is not forced", "[workspace]\nmode = \"direct\"", "", "", nil},
		{"tools", "[tools]\nallow = [\"go\", \"git\"]", "[tools]\nallow = [\"make\", \"go\"]", "[tools]\nallow = [\"go\"]", []string{`tools.allow: "make" is not allowed`}},
		{"denied commands are added", "[tools]\ndeny = [\"git push\"]", "[tools]\ndeny = [\"npm publish\"]", "[tools]\ndeny = [\"npm publish\", \"git push\"]", nil},
		{"what the machine denies is not allowed", "[tools]\ndeny = [\"git\"]", "[tools]\nallow = [\"make\", \"git\", \"go\"]", "[tools]\nallow = [\"make\", \"go\"]\ndeny = [\"git\"]",
			[]string{`tools.deny: "git" is denied on this machine (/etc/policy.toml:3)`}},
		{"a longer denial leaves the command", "[tools]\ndeny = [\"git push\"]", "[tools]\nallow = [\"git\"]", "[tools]\nallow = [\"git\"]\ndeny = [\"git push\"]", nil},
		{"servers", "[tools]\nservers = [\"db\", \"web\"]", "[tools]\nservers = [\"db\", \"x\"]", "[tools]\nservers = [\"db\"]", []string{`tools.servers: "x"`}},
		{"servers that the machine does not bound", "", "[tools]\nservers = [\"db\"]", "[tools]\nservers = [\"db\"]", nil},
		{"servers are not given", "[tools]\nservers = [\"db\"]\nhooks = true", "", "", nil},
		{"hooks", "[tools]\nhooks = false", "[tools]\nhooks = true", "", []string{"tools.hooks"}},
		{"hooks that both want", "[tools]\nhooks = true", "[tools]\nhooks = true", "[tools]\nhooks = true", nil},
		{"hooks that the machine does not bound", "", "[tools]\nhooks = true", "[tools]\nhooks = true", nil},
		{"no tools", "[tools]\nallow = []", "[tools]\nallow = [\"go\"]", "", []string{`tools.allow: "go"`}},
		{"env", "[env]\npass = [\"TZ\"]\nset = { CI = \"1\" }", "[env]\npass = [\"TZ\", \"LANG\"]\nset = { CI = \"0\", A = \"b\" }",
			"[env]\npass = [\"TZ\"]\nset = { CI = \"1\", A = \"b\" }", []string{`env.pass: "LANG"`, "env.set.CI"}},
		{"network none", "[network]\nmode = \"none\"", "", "[network]\nmode = \"none\"", []string{"network.mode"}},
		{"the machine's agent", `agent = "claude"`, "", `agent = "claude"`, nil},
		{"stricter gates", "[gates]\nguardrail = \"reject\"\nescape = \"hold\"\nsecret = \"apply\"\ntests_weakened = \"report\"\nlockfile_hosts = \"reject\"",
			"[gates]\nguardrail = \"apply\"\nescape = \"apply\"\nsecret = \"reject\"\ntests_weakened = \"reject\"",
			"[gates]\nguardrail = \"reject\"\nescape = \"hold\"\nsecret = \"reject\"\ntests_weakened = \"reject\"\nlockfile_hosts = \"reject\"",
			[]string{"gates.guardrail: the machine's policy wants \"reject\" (/etc/policy.toml:3)", "gates.escape"}},
		{"the machine's default gates bound nothing", "", "[gates]\nguardrail = \"apply\"", "[gates]\nguardrail = \"apply\"", nil},
		{"gates are joined", "[gates]\nverify = [\"a\"]\nmax_files = 10\nmax_lines = 99\non_failure = \"hold\"",
			"[gates]\nverify = [\"b\"]\nmax_files = 20\nmax_lines = 5\non_failure = \"drop\"",
			"[gates]\nverify = [\"b\", \"a\"]\nmax_files = 10\nmax_lines = 5\non_failure = \"hold\"", []string{"gates.on_failure", "gates.max_files"}},
		{"dropping is not forced", "[gates]\non_failure = \"drop\"", "", "", nil},
		{"a bound from none", "[gates]\nmax_files = 10", "", "[gates]\nmax_files = 10", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, notes, err := Merge(parseMachine(t, c.machine), parse(t, c.project))
			if err != nil {
				t.Fatal(err)
			}
			want := parse(t, c.want)
			got.marks, want.marks = nil, nil
			if asText(got) != asText(want) {
				t.Errorf("got\n%s\nwant\n%s", asText(got), asText(want))
			}
			checkNotes(t, notes, c.notes)
		})
	}
}

func checkNotes(t *testing.T, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("notes are %q, want %q", got, want)
		return
	}
	for i := range got {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("note %d is %q, want %q", i, got[i], want[i])
		}
	}
}

func TestMergeNetwork(t *testing.T) {
	const machine = `
[network]
allow = ["preset:go", "a.example", "any.example:8443"]
[[network.rule]]
host = "read.example"
methods = ["GET", "HEAD"]
[[credential]]
name = "m"
from = { env = "M" }
host = "api.example"
`
	for _, c := range []struct {
		name, project, want string
		notes               []string
	}{
		{"what both allow", `allow = ["A.example:443", "preset:go"]`, `allow = ["A.example:443", "preset:go"]`, nil},
		{"what the machine does not", `allow = ["preset:npm", "b.example", "a.example:22", "a.example"]`, `allow = ["a.example"]`,
			[]string{`network.allow: "preset:npm"`, `network.allow: "b.example"`, `network.allow: "a.example:22"`}},
		{"methods of the machine", `allow = ["read.example"]`, `rule = [{ host = "read.example", methods = ["GET", "HEAD"] }]`,
			[]string{`network.rule: the machine allows fewer methods to "read.example"`}},
		{"methods of both", `rule = [{ host = "read.example", methods = ["GET", "POST"] }]`, `rule = [{ host = "read.example", methods = ["GET"] }]`,
			[]string{"network.rule: the machine allows fewer"}},
		{"no method of both", `rule = [{ host = "read.example", methods = ["POST"] }]`, "", []string{"network.rule: the machine allows fewer"}},
		{"methods of the project", `rule = [{ host = "a.example", methods = ["GET"] }]`, `rule = [{ host = "a.example", methods = ["GET"] }]`, nil},
		{"a rule for another host", `rule = [{ host = "b.example" }]`, "", []string{`network.rule: "b.example"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, notes, err := Merge(parseMachine(t, machine), parse(t, "[network]\n"+c.project))
			if err != nil {
				t.Fatal(err)
			}
			want := parse(t, "[network]\n"+c.want)
			got.Network.Bounds = nil
			if !reflect.DeepEqual(got.Network, want.Network) {
				t.Errorf("got %+v, want %+v", got.Network, want.Network)
			}
			checkNotes(t, notes, c.notes)
		})
	}
}

// TestMergeAnEmptyAllowlist: an empty list means nothing, not anything.
func TestMergeAnEmptyAllowlist(t *testing.T) {
	project := parse(t, "[network]\nallow = [\"a.example\"]\n[[credential]]\nname = \"c\"\nfrom = { env = \"C\" }\nhost = \"a.example\"\n")
	got, notes, err := Merge(parseMachine(t, "[network]\nallow = []"), project)
	if err != nil || got.Network.Allow != nil || got.Credentials != nil || len(notes) != 2 {
		t.Errorf("%+v, %q, %v", got.Network, notes, err)
	}
	got, notes, err = Merge(parseMachine(t, ""), project)
	if err != nil || len(got.Network.Allow) != 1 || len(got.Credentials) != 1 || notes != nil {
		t.Errorf("a machine that says nothing: %+v, %q, %v", got, notes, err)
	}
}

func TestMergeCredentials(t *testing.T) {
	project := parse(t, `
[[credential]]
name = "evil"
from = { env = "A" }
host = "evil.example"
[[credential]]
name = "limited"
from = { env = "B" }
host = "read.example"
[[credential]]
name = "good"
from = { env = "C" }
host = "a.example"
[[credential]]
name = "machine"
from = { env = "D" }
host = "api.example"
`)
	got, notes, err := Merge(parseMachine(t, `
network.allow = ["a.example"]
[[network.rule]]
host = "read.example"
methods = ["GET"]
[[credential]]
name = "m"
from = { env = "M" }
host = "api.example"
`), project)
	if err != nil || len(got.Credentials) != 2 || got.Credentials[0].Name != "good" || got.Credentials[1].Name != "machine" {
		t.Errorf("%+v, %v", got.Credentials, err)
	}
	checkNotes(t, notes, []string{"credential: evil", "credential: limited"})
	if got.Line("credential[0].host") != project.Line("credential[2].host") || got.Has("credential[2]") {
		t.Errorf("positions did not move: %d", got.Line("credential[0].host"))
	}
}

func TestMergeAgent(t *testing.T) {
	for _, c := range []struct {
		machine, project string
		ok               bool
	}{
		{`agent = "claude"`, `agent = "claude"`, true},
		{`agent = "claude"`, `agent = "codex"`, false},
		{`agent = "claude"`, `command = ["sh"]`, false},
		{`command = ["a", "b"]`, `command = ["a", "b"]`, true},
		{`command = ["a", "b"]`, `command = ["a", "c"]`, false},
		{`command = ["a", "b"]`, `agent = "claude"`, false},
		{"", `command = ["sh"]`, true},
	} {
		_, _, err := Merge(parseMachine(t, c.machine), parse(t, c.project))
		if (err == nil) != c.ok {
			t.Errorf("%s over %s: %v", c.machine, c.project, err)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "ringwall.toml:2:") {
			t.Errorf("not at the project's line: %v", err)
		}
	}
}

// TestMergeIterationTime: neither a machine's longer time nor a project's key
// of another name gives an iteration more than either policy allows.
func TestMergeIterationTime(t *testing.T) {
	for _, c := range []struct {
		machine, project string
		want             time.Duration
	}{
		{"[limits]\ntime = \"30m\"", "[loop]\niteration_time = \"8h\"", 30 * time.Minute},
		{"[limits]\ntime = \"2h\"", "[loop]\niteration_time = \"8h\"", 2 * time.Hour},
		{"[loop]\niteration_time = \"1h\"", "[loop]\niteration_time = \"8h\"", time.Hour},
		{"[loop]\niteration_time = \"1h\"", "", 45 * time.Minute},
		{"[loop]\niteration_time = \"20m\"", "", 20 * time.Minute},
		{"[loop]\niteration_time = \"20m\"", "[limits]\ntime = \"10m\"", 10 * time.Minute},
		{"", "[loop]\niteration_time = \"8h\"", 8 * time.Hour},
	} {
		got, _, err := Merge(parseMachine(t, c.machine), parse(t, c.project))
		if err != nil || got.IterationTime() != c.want {
			t.Errorf("%q over %q: %v, want %v (%v)", c.machine, c.project, got.IterationTime(), c.want, err)
		}
	}
}

func TestMergeKeepsPositions(t *testing.T) {
	machine := parseMachine(t, "[limits]\npids = 10\n[tools]\nallow = [\"go\"]\n[workspace]\nhide = [\"m\"]\n")
	project := parse(t, "[tools]\nallow = [\"make\",\n\"go\"]\n[workspace]\nhide = [\"p\"]\n")
	before := len(project.marks)
	got, _, err := Merge(machine, project)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"limits.pids": "/etc/policy.toml:3", "tools.allow[0]": "ringwall.toml:4", "tools.allow[1]": "default",
		"workspace.hide[0]": "ringwall.toml:6", "workspace.hide[1]": "/etc/policy.toml:7",
	} {
		if where := got.Where(key); where != want {
			t.Errorf("Where(%s) = %s, want %s", key, where, want)
		}
	}
	if len(project.marks) != before || len(project.Workspace.Hide) != 1 {
		t.Error("the project's policy was changed")
	}
}

// TestBound: what the machine took from a list is known with the line that
// took it, so that it can be told to whoever asks.
func TestBound(t *testing.T) {
	got, _, err := Merge(parseMachine(t, "[tools]\nallow = [\"go\"]\n[network]\nallow = [\"a.example\"]\n"),
		parse(t, "[tools]\nallow = [\"curl\", \"go\"]\n[network]\nallow = [\"a.example\", \"b.example:80\"]\n[[network.rule]]\nhost = \"c.example\"\nmethods = [\"GET\"]\n"))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]Bound{
		"tools.allow":   {At: "/etc/policy.toml:3", Refused: []string{"curl"}},
		"network.allow": {At: "/etc/policy.toml:5", Refused: []string{"b.example:80", "c.example"}},
	} {
		if b := got.Bound(key); b == nil || !reflect.DeepEqual(*b, want) {
			t.Errorf("%s: %+v, want %+v", key, b, want)
		}
	}
	if b := got.Bound("env.pass"); b != nil {
		t.Errorf("a list that the machine does not have is bounded: %+v", b)
	}
	if b := parse(t, "").Bound("tools.allow"); b != nil {
		t.Errorf("without a machine's policy: %+v", b)
	}
}

// TestMemoryFreesNothingOfTheMachines: what the machine freezes stays frozen,
// unless the machine itself says what is memory.
func TestMemoryFreesNothingOfTheMachines(t *testing.T) {
	project := parse(t, "[workspace]\nfreeze = [\"docs/\"]\nmemory = [\"docs/notes.md\"]")
	for machine, firm := range map[string]int{
		"[workspace]\nfreeze = [\"docs/\"]":                               1,
		"[workspace]\nfreeze = [\"docs/\"]\nmemory = [\"docs/notes.md\"]": 0,
		"": 0,
	} {
		got, _, err := Merge(parseMachine(t, machine), project)
		if err != nil || len(got.Workspace.Firm) != firm || len(got.Workspace.Memory) != 1 {
			t.Errorf("%q: %+v %v", machine, got.Workspace, err)
		}
	}
}
