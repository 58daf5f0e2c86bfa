package why

import (
	"path"
	"slices"
	"strings"
	"testing"

	"ringwall/internal/plan"
)

const project = "/home/o/p"

// control makes one as the layers do.
func control(id, from string, op plan.Op) plan.Control {
	layer, _, _ := strings.Cut(id, ".")
	return plan.Control{ID: id, Layer: plan.LayerID(layer), Want: op, Status: plan.Enforced, From: from}
}

func mount(m plan.Mount) plan.Control {
	return control("isolation.view:"+m.Target, "default", plan.Op{Mount: &m})
}

// testPlan has something of everything.
func testPlan() plan.Plan {
	tools := control("permissions.tools", "ringwall.toml:9", plan.Op{Tools: &plan.Tools{Allow: []string{"git", "make"},
		Bound: &plan.Bound{From: "/etc/ringwall/policy.toml:4", Refused: []string{"wget"}}}})
	guard := func(from string, g plan.Guardrail) plan.Control {
		return control("isolation.guardrail:"+g.Path, from, plan.Op{Guardrail: &g})
	}
	secret := func(p, from, reason string) plan.Control {
		return control("isolation.secret:"+p, from, plan.Op{Mask: &plan.Mask{Path: p, Reason: reason}})
	}
	stub := func(names string, file string) plan.Control {
		n := strings.Fields(names)
		return control("isolation.tool:"+n[0], "ringwall.toml:9", plan.Op{Stub: &plan.Stub{Tool: n[0], Names: n, Files: []string{file}, Reason: "moves data"}})
	}
	limit := func(l plan.Limit, from string) plan.Control {
		return control("infrastructure."+l.Resource, from, plan.Op{Limit: &l})
	}
	egress := func(host string, port int, from string, methods ...string) plan.Control {
		return control("network.allow:"+hostPort(host, port), from, plan.Op{Egress: &plan.Egress{Host: host, Port: port, Methods: methods}})
	}
	opaque := egress("opaque.example", 443, "ringwall.toml:20", "GET")
	opaque.Status, opaque.Why = plan.Downgraded, "methods are not visible inside TLS"
	api := egress("paths.example", 443, "ringwall.toml:30", "GET", "POST")
	api.Want.Egress.Paths, api.Want.Egress.Intercept, api.Want.Egress.MaxRequests = []string{"/v1/messages", "/public/**"}, true, 9
	read := egress("several.example", 443, "ringwall.toml:40", "GET", "HEAD")
	write := egress("several.example", 443, "ringwall.toml:44", "POST")
	read.Want.Egress.Intercept = true
	write.ID, write.Want.Egress.Intercept, write.Want.Egress.Paths, write.Want.Egress.MaxRequests = write.ID+"#2", true, []string{"/v1/messages"}, 9
	deny := func(host string, port int, from string) plan.Control {
		return control("network.deny:"+host, from, plan.Op{Egress: &plan.Egress{Host: host, Port: port, Deny: true}})
	}
	return plan.Plan{Version: 1, Project: project, Agent: "claude", Controls: []plan.Control{
		tools,
		control("permissions.file:/run/ringwall/claude/settings.json", "agent claude", plan.Op{AgentFile: &plan.AgentFile{Path: "/run/ringwall/claude/settings.json"}}),
		control("isolation.namespaces", "default", plan.Op{Namespaces: &plan.Namespaces{}}),
		mount(plan.Mount{Kind: plan.Bind, Target: "/usr", Source: "/usr"}),
		mount(plan.Mount{Kind: plan.Symlink, Target: "/bin", Source: "usr/bin"}),
		mount(plan.Mount{Kind: plan.Bind, Target: "/etc/ssl", Source: "/etc/ssl", NoExec: true}),
		mount(plan.Mount{Kind: plan.File, Target: "/etc/passwd", Content: "x"}),
		mount(plan.Mount{Kind: plan.Tmpfs, Target: "/tmp", Writable: true}),
		mount(plan.Mount{Kind: plan.Tmpfs, Target: "/home/agent", Writable: true}),
		mount(plan.Mount{Kind: plan.File, Target: "/home/agent/.tool.json", Writable: true}),
		mount(plan.Mount{Kind: plan.Proc, Target: "/proc", NoExec: true}),
		mount(plan.Mount{Kind: plan.Dev, Target: "/dev", NoExec: true}),
		control("isolation.ask", "default", plan.Op{Ask: &plan.Ask{Program: plan.AskProgram, Plan: plan.AskPlan}}),
		stub("curl", "/usr/bin/curl"), stub("wget", "/usr/bin/wget"), stub("nc netcat", "/usr/bin/nc.openbsd"), stub("mount", "/usr/bin/mount"),
		control("isolation.workspace", "default", plan.Op{Workspace: &plan.Workspace{Path: project, Mode: "staged"}}),
		guard("default", plan.Guardrail{Path: "CLAUDE.md", Present: true, Reason: "instructions"}),
		guard("default", plan.Guardrail{Path: ".git/hooks", Dir: true, Reason: "programs that git runs"}),
		guard("default", plan.Guardrail{Path: ".claude", Dir: true, Present: true, Reason: "settings"}),
		guard("default", plan.Guardrail{Path: "ringwall.toml", Reason: "the policy"}),
		guard("ringwall.toml:6", plan.Guardrail{Path: "Makefile", Present: true, Reason: "the policy freezes it"}),
		secret(".env", "default", "environment file"), secret("private/key.txt", "/etc/ringwall/policy.toml:8", "the policy hides private/**"),
		control("isolation.syscalls", "default", plan.Op{Syscalls: &plan.Syscalls{Observe: true}}),
		control("isolation.decoy:~/.ssh/id_rsa", "default", plan.Op{Decoy: &plan.Decoy{Path: "/home/agent/.ssh/id_rsa"}}),
		control("network.gateway", "ringwall.toml:12", plan.Op{Gateway: &plan.Gateway{Mode: "allowlist", Ports: []int{22, 80, 443, 5432}, Proxy: 3128,
			Bound: &plan.Bound{From: "/etc/ringwall/policy.toml:5", Refused: []string{"denied.example:443"}}}}),
		egress("api.example.com", 443, "ringwall.toml:12"), egress("code.example", 22, "ringwall.toml:12"),
		egress("web.example", 80, "ringwall.toml:14", "GET", "HEAD"), opaque, egress("192.0.2.7", 443, "ringwall.toml:12"),
		egress("*.wide.example", 443, "ringwall.toml:31"), egress("10.1.0.0/16", 5432, "ringwall.toml:32"), api, read, write,
		deny("bad.wide.example", 0, "ringwall.toml:33"), deny("10.1.9.0/24", 0, "/etc/ringwall/policy.toml:7"),
		control("network.credential:model", "ringwall.toml:17", plan.Op{Credential: &plan.Credential{Name: "model", Scheme: "https",
			Host: "model.example", Port: 443, Header: "x-api-key", Listen: 7081, BaseURLEnv: "MODEL_URL"}}),
		limit(plan.Limit{Resource: "pids", Value: 64, By: "cgroup v2 pids"}, "/etc/ringwall/policy.toml:9"),
		limit(plan.Limit{Resource: "cpu", Value: 2000, By: "CPU affinity"}, "default"),
		limit(plan.Limit{Resource: "time", Value: 60, By: "supervisor"}, "ringwall.toml:22"),
	}}
}

// testWorld has these files; a value is a link's text, "dir" is a folder.
func testWorld() World {
	files := map[string]string{
		"/usr/bin/git": "", "/usr/bin/curl": "", "/usr/bin/wget": "", "/usr/bin/nc": "/etc/alternatives/nc", "/usr/bin/mount": "", "/usr/bin/vi": "",
		project: "dir", project + "/src": "dir", project + "/src/main.go": "", project + "/CLAUDE.md": "", project + "/.env": "",
		project + "/env-link": ".env", project + "/src/up": "../CLAUDE.md", project + "/out": "/etc/shadow", project + "/a": "b", project + "/b": "a",
		project + "/kill": "", project + "/README.md": "", project + "/sub": "dir",
	}
	return World{Plan: testPlan(), Dir: project, Home: "/home/agent", Path: []string{"/run/ringwall/bin", "/usr/bin"},
		GateNames: []string{"CLAUDE.md", ".vscode"},
		Risky: func(name string) string {
			return map[string]string{"sudo": "starts programs as another user"}[name]
		},
		Look: func(p string) Entry {
			v, ok := files[path.Clean(p)]
			e := Entry{Known: true, Exists: ok, Dir: v == "dir"}
			if v != "dir" {
				e.Link = v
			}
			return e
		}}
}

func ask(t *testing.T, w World, q Question) Answer {
	t.Helper()
	a, err := w.Ask(q)
	if err != nil {
		t.Fatalf("%s: %v", q.What, err)
	}
	for _, p := range a.Parts {
		if p.Control == "" || p.Layer == "" || p.From == "" || p.Verdict == "" || p.Verdict == Refused && (p.Answer == "" || p.Why == "" || p.WayOut == "") {
			t.Errorf("%s: a part that says too little: %+v", q.What, p)
		}
	}
	return a
}

// TestPaths: each place of the view, with what reading, writing and executing
// meet ("" where they just work), the control, and where it is from.
func TestPaths(t *testing.T) {
	for _, c := range []struct {
		what    string
		answers [3]string // read, write, execute; "-" refused without looking at the answer
		control string
		from    string
		wayOut  string // part of it
		subject string
	}{
		{"CLAUDE.md", [3]string{"", "EROFS", ""}, "isolation.guardrail:CLAUDE.md", "default", "none: its owner", project + "/CLAUDE.md"},
		{"./src//../CLAUDE.md", [3]string{"", "EROFS", ""}, "isolation.guardrail:CLAUDE.md", "default", "none", project + "/CLAUDE.md"},
		{"src/up", [3]string{"", "EROFS", ""}, "isolation.guardrail:CLAUDE.md", "default", "none", project + "/CLAUDE.md"},
		{"Makefile", [3]string{"", "EROFS", ""}, "isolation.guardrail:Makefile", "ringwall.toml:6", "[workspace] freeze in ringwall.toml", ""},
		{".git/hooks/pre-commit", [3]string{"ENOENT", "EROFS", "ENOENT"}, "isolation.guardrail:.git/hooks", "default", "none", ""},
		{".git/hooks/", [3]string{"", "EROFS", "EACCES"}, "isolation.guardrail:.git/hooks", "default", "none", project + "/.git/hooks"},
		{".claude/settings.json", [3]string{"", "EROFS", ""}, "isolation.guardrail:.claude", "default", "none", ""},
		{"ringwall.toml", [3]string{"", "EROFS", "EACCES"}, "isolation.guardrail:ringwall.toml", "default", "none", ""},
		{".env", [3]string{"a note in its place", "EROFS", "EACCES"}, "isolation.secret:.env", "default", "none: found", ""},
		{"env-link", [3]string{"a note in its place", "EROFS", "EACCES"}, "isolation.secret:.env", "default", "none", project + "/.env"},
		{project + "/private/key.txt", [3]string{"a note in its place", "EROFS", "EACCES"}, "isolation.secret:private/key.txt", "/etc/ringwall/policy.toml:8", "hide in /etc/ringwall/policy.toml", ""},
		{"src/main.go", [3]string{}, "isolation.workspace", "default", "", ""},
		{"src/new/", [3]string{}, "isolation.workspace", "default", "", project + "/src/new"},
		{".", [3]string{}, "isolation.workspace", "default", "", project},
		{"sub/CLAUDE.md", [3]string{"", "held", ""}, "isolation.workspace", "default", "none: the owner takes it over", ""},
		{"sub/.vscode/tasks.json", [3]string{"", "held", ""}, "isolation.workspace", "default", "none", ""},
		{"sub/.git/hooks/x", [3]string{"", "held", ""}, "isolation.workspace", "default", "none", ""},
		{"/usr/bin/git", [3]string{"", "EROFS", ""}, "isolation.view:/usr", "default", "none: the system", ""},
		{"/bin/git", [3]string{"", "EROFS", ""}, "isolation.view:/usr", "default", "none", "/usr/bin/git"},
		{"/bin/../tmp/./x", [3]string{"", "EROFS", ""}, "isolation.view:/usr", "default", "none", "/usr/tmp/x"},
		{"/usr/bin/curl", [3]string{"", "EROFS", "exit 126"}, "isolation.tool:curl", "ringwall.toml:9", `"curl" to [tools] allow`, ""},
		{"/etc/ssl/cert.pem", [3]string{"", "EROFS", "EACCES"}, "isolation.view:/etc/ssl", "default", "none", ""},
		{"/etc/passwd", [3]string{"", "EROFS", "EACCES"}, "isolation.view:/etc/passwd", "default", "none", ""},
		{"/etc/shadow", [3]string{"ENOENT", "EROFS", "ENOENT"}, "isolation.namespaces", "default", "none: no key", ""},
		{"out", [3]string{"ENOENT", "EROFS", "ENOENT"}, "isolation.namespaces", "default", "none", "/etc/shadow"},
		{"/home/o/.ssh/id_rsa", [3]string{"ENOENT", "ENOENT", "ENOENT"}, "isolation.namespaces", "default", "none", ""},
		{"/var/run/docker.sock", [3]string{"ENOENT", "ENOENT", "ENOENT"}, "isolation.namespaces", "default", "none", ""},
		{"/home/o/.bashrc", [3]string{"ENOENT", "EROFS", "ENOENT"}, "isolation.namespaces", "default", "none", ""},
		{"/home/other-p", [3]string{"ENOENT", "EROFS", "ENOENT"}, "isolation.namespaces", "default", "none", ""},
		{"/", [3]string{"", "EROFS", ""}, "isolation.namespaces", "default", "none", "/"},
		{"/../..", [3]string{"", "EROFS", ""}, "isolation.namespaces", "default", "none", "/"},
		{"/tmp/x", [3]string{}, "isolation.view:/tmp", "default", "", ""},
		{"~/notes", [3]string{}, "isolation.view:/home/agent", "default", "", "/home/agent/notes"},
		{"~/.tool.json", [3]string{"", "", "EACCES"}, "isolation.view:/home/agent/.tool.json", "default", "none", ""},
		{"~/.ssh/id_rsa", [3]string{"", "", "EACCES"}, "isolation.decoy:~/.ssh/id_rsa", "default", "none", ""},
		{"/run/ringwall/plan.json", [3]string{"", "EROFS", ""}, "isolation.ask", "default", "none", ""},
		{"/run/ringwall/claude/settings.json", [3]string{"", "EROFS", "EACCES"}, "permissions.file:/run/ringwall/claude/settings.json", "agent claude", "none", ""},
		{"/dev/null", [3]string{"", "", "EACCES"}, "isolation.view:/dev", "default", "none", ""},
		{"/dev/sda", [3]string{"ENOENT", "EROFS", "ENOENT"}, "isolation.view:/dev", "default", "none", ""},
		{"/proc/sys/kernel/core_pattern", [3]string{"", "EROFS", "EACCES"}, "isolation.view:/proc", "default", "none", ""},
		{"a", [3]string{"ELOOP", "ELOOP", "ELOOP"}, "isolation.namespaces", "default", "none", project + "/a"},
	} {
		a := ask(t, testWorld(), Question{What: c.what, As: Path})
		for i, p := range a.Parts {
			got := p.Answer
			if p.Verdict != Refused {
				got = ""
			}
			if got != c.answers[i] || p.Control != c.control {
				t.Errorf("%s: %s %s %q by %s, want %q by %s", c.what, p.Operation, p.Verdict, p.Answer, p.Control, c.answers[i], c.control)
			}
			if p.From != c.from && p.Verdict == Refused || p.Verdict == Refused && !strings.Contains(p.WayOut, c.wayOut) {
				t.Errorf("%s: %s from %q, way out %q", c.what, p.Operation, p.From, p.WayOut)
			}
		}
		if len(a.Parts) != 3 || c.subject != "" && a.Subject != c.subject {
			t.Errorf("%s: %d parts about %s", c.what, len(a.Parts), a.Subject)
		}
	}
}

// TestOperation: a question about one operation is answered for that one.
func TestOperation(t *testing.T) {
	for _, c := range []struct {
		what, operation string
		want            Verdict
	}{
		{"CLAUDE.md", "", Refused}, {"CLAUDE.md", Read, Allowed}, {"CLAUDE.md", Write, Refused},
		{"/usr/bin/curl", Execute, Refused}, {"/usr/bin/curl", Read, Allowed}, {"/usr/bin/git", Execute, Allowed},
		{"/etc/ssl/x", Execute, Refused}, {"src/main.go", "", Allowed}, {"/proc/self/status", "", Conditional},
		{"/dev/null", "", Allowed},
	} {
		if a := ask(t, testWorld(), Question{What: c.what, As: Path, Operation: c.operation}); a.Verdict != c.want {
			t.Errorf("%s %s: %s, want %s", c.operation, c.what, a.Verdict, c.want)
		}
	}
}

// TestKinds is the rule for what a question means.
func TestKinds(t *testing.T) {
	for what, want := range map[string][]Kind{
		"./mount": {Path}, "/usr/bin/mount": {Path}, "~/x": {Path}, ".env": {Path}, "a/b": {Path},
		"https://example.com/a/b": {Host}, "example.com": {Host}, "example.com:80": {Host}, "192.0.2.1": {Host}, "::1": {Host},
		"[::1]:22": {Host}, "localhost": {Host}, "mount": {Syscall, Tool}, "getpid": {Syscall}, "curl": {Tool}, "netcat": {Tool},
		"sudo": {Tool}, "make": {Tool}, "vi": {Tool}, "pids": {Limit}, "time": {Limit, Syscall}, "kill": {Syscall, Path},
		"README.md": {Path}, "CLAUDE.md": {Path}, "Makefile": {Path}, "src": {Path}, "nothing": {Path}, "new.go": {Host},
	} {
		if got := testWorld().Kinds(what); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	a := ask(t, testWorld(), Question{What: "mount", As: Tool})
	if a.As != Tool || !slices.Equal(a.Also, []Kind{Syscall}) || a.Parts[0].Control != "isolation.tool:mount" {
		t.Errorf("%+v", a)
	}
	for _, q := range []Question{{What: "x", As: "file"}, {What: "curl", As: Syscall}, {What: "swap", As: Limit}, {What: "a b", As: Host}, {What: "127.1", As: Host}} {
		if a, err := testWorld().Ask(q); err == nil {
			t.Errorf("%+v is answered: %+v", q, a)
		}
	}
}
