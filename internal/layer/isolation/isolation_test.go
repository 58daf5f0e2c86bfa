package isolation

import (
	"strings"
	"testing"

	"ringwall/internal/host"
	"ringwall/internal/plan"
	"ringwall/internal/policy"
	"ringwall/internal/project"
)

func facts() host.Facts {
	yes := host.Ability{OK: true}
	return host.Facts{
		UID: 1001, GID: 1001, Home: "/home/a", StateDir: "/home/a/.local/state/ringwall",
		Sandbox: yes, Overlay: yes, Seccomp: yes, Observe: yes, Landlock: 7,
		Root: []host.Entry{{Path: "/usr"}, {Path: "/bin", Link: "usr/bin"}},
		Env: map[string]string{"LANG": "C.UTF-8", "LC_ALL": "C", "AWS_SECRET_ACCESS_KEY": "x",
			"SSH_AUTH_SOCK": "/run/x", "LC_TOKEN": "x", "LD_PRELOAD": "/tmp/evil.so", "FOO": "bar"},
		Path:     []string{"/home/a/sdk/bin", "/usr/bin", "/home/a/hidden"},
		Tools:    []string{"/home/a/sdk", "/home/a/.cargo/bin", "/home/a/p/tools", "/home/a"},
		ToolVars: map[string]string{"RUSTUP_HOME": "/home/a/.rustup"},
		CPUFiles: map[string]string{"online": "0-1\n"},
		Private: []host.Private{{Path: "/home/a/sdk/etc/npmrc", Text: "registry=x\n", Why: "settings with a secret"},
			{Path: "/usr/local/var", Dir: true, Why: "state"}, {Path: "/home/a/hidden/.env", Why: "not shown anyway"}},
	}
}

func compile(t *testing.T, text string, h host.Facts, pr project.Facts) []plan.Control {
	t.Helper()
	p, err := policy.Parse("ringwall.toml", []byte("version = 1\ncommand = [\"x\"]\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	if pr.Path == "" {
		pr.Path = "/home/a/p"
	}
	controls, err := Layer{}.Plan(p, h, pr)
	if err != nil {
		t.Fatal(err)
	}
	if err := (plan.Plan{Controls: controls}).Check(); err != nil {
		t.Fatal(err)
	}
	return controls
}

func find(t *testing.T, controls []plan.Control, id string) plan.Control {
	t.Helper()
	c, ok := plan.Plan{Controls: controls}.Find(id)
	if !ok {
		t.Fatalf("no control %s", id)
	}
	return c
}

// TestEnvironmentIsAnAllowlist: what is not known to be harmless stays out,
// unless the policy names it.
func TestEnvironmentIsAnAllowlist(t *testing.T) {
	vars := find(t, compile(t, "", facts(), project.Facts{}), "isolation.environment").Want.Env.Vars
	for _, name := range []string{"AWS_SECRET_ACCESS_KEY", "SSH_AUTH_SOCK", "LC_TOKEN", "LD_PRELOAD", "FOO"} {
		if v, ok := vars[name]; ok {
			t.Errorf("%s=%s goes in", name, v)
		}
	}
	if vars["LANG"] != "C.UTF-8" || vars["LC_ALL"] != "C" || vars["HOME"] != Home {
		t.Errorf("%v", vars)
	}
	vars = find(t, compile(t, "[env]\npass = [\"FOO\"]\nset = { BAR = \"1\" }\n", facts(), project.Facts{}), "isolation.environment").Want.Env.Vars
	if vars["FOO"] != "bar" || vars["BAR"] != "1" {
		t.Errorf("the policy's own are missing: %v", vars)
	}
}

// TestPathHoldsOnlyWhatTheViewShows keeps names of the host out of PATH.
func TestPathHoldsOnlyWhatTheViewShows(t *testing.T) {
	path := find(t, compile(t, "", facts(), project.Facts{}), "isolation.environment").Want.Env.Vars["PATH"]
	if path != "/home/a/sdk/bin:/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin" {
		t.Error(path)
	}
}

// TestToolTreesLeaveOutWhatIsPrivate: not the home, nor what holds the project
// or lies in it.
func TestToolTreesLeaveOutWhatIsPrivate(t *testing.T) {
	var shown []string
	controls := compile(t, "", facts(), project.Facts{})
	for _, c := range controls {
		if m := c.Want.Mount; m != nil && c.From == "PATH" {
			shown = append(shown, m.Target)
		}
	}
	if got := strings.Join(shown, " "); got != "/home/a/sdk /home/a/.cargo/bin" {
		t.Error(got)
	}
	h := facts()
	h.Env["JAVA_HOME"], h.Env["GOROOT"], h.Env["DOTNET_ROOT"] = "/usr/lib/jvm/x/", "/home/a/hidden", "sdk"
	vars := find(t, compile(t, "", h, project.Facts{}), "isolation.environment").Want.Env.Vars
	if vars["RUSTUP_HOME"] != "/home/a/.rustup" || vars["JAVA_HOME"] != "/usr/lib/jvm/x" || vars["GOROOT"] != "" || vars["DOTNET_ROOT"] != "" {
		t.Errorf("%v", vars)
	}
}

// TestPrivateIsCovered: what the trees bring along is covered after they are
// mounted; what no tree shows needs nothing.
func TestPrivateIsCovered(t *testing.T) {
	var order []string
	for _, c := range compile(t, "", facts(), project.Facts{}) {
		if m := c.Want.Mount; m != nil && (c.From == "PATH" || m.Kind == plan.Hide || m.Kind == plan.Tmpfs && !m.Writable) {
			order = append(order, string(m.Kind)+":"+m.Target)
		}
	}
	if got := strings.Join(order, " "); got != "bind:/home/a/sdk bind:/home/a/.cargo/bin hide:/home/a/sdk/etc/npmrc tmpfs:/usr/local/var" {
		t.Error(got)
	}
}

// TestViewIsAllowlist: nothing of the host is bound but what is listed.
func TestViewIsAllowlist(t *testing.T) {
	for _, c := range compile(t, "", facts(), project.Facts{}) {
		m := c.Want.Mount
		if m == nil || m.Kind != plan.Bind {
			continue
		}
		if m.Writable {
			t.Errorf("%s is writable", m.Target)
		}
		for _, never := range []string{"/run", "/var", "/tmp", "/home/a/.ssh", "/root", "/sys/fs"} {
			if within(m.Source, never) || within(m.Source, "/sys") || m.Source == "/home/a" || m.Source == "/" {
				t.Errorf("%s is shown", m.Source)
			}
		}
	}
}

func TestWhatTheHostLacksIsSaid(t *testing.T) {
	h := facts()
	h.Sandbox = host.Ability{Why: "no user namespaces", Fix: "allow them"}
	h.Overlay = h.Sandbox
	h.Landlock = 0
	controls := compile(t, "", h, project.Facts{Incomplete: "too many files"})
	for _, c := range []struct {
		id     string
		status plan.Status
		must   bool
	}{
		{"isolation.workspace", plan.Unavailable, true},
		{"isolation.landlock", plan.Unavailable, false},
		{"isolation.user", plan.Downgraded, false},
		{"isolation.search", plan.Downgraded, true},
	} {
		got := find(t, controls, c.id)
		if got.Status != c.status || got.Must != c.must || got.Why == "" {
			t.Errorf("%s: %+v", c.id, got)
		}
	}
}

// TestIdentityForm: the strongest form that host and project allow, and for the
// weakest what the next one lacks.
func TestIdentityForm(t *testing.T) {
	account := &host.Account{Name: "ringwall", UID: 998, GID: 997}
	yes := host.Ability{OK: true}
	no := func(why string) host.Ability { return host.Ability{Why: why, Fix: "the fix"} }
	for _, c := range []struct {
		name           string
		uid            int
		account        *host.Account
		beside, shared host.Ability
		form           string
		says           string
	}{
		{"root", 0, account, host.Ability{}, host.Ability{}, FormAccountRoot, ""},
		{"all is there", 1001, account, yes, yes, FormAccount, ""},
		{"no account", 1001, nil, no("no account"), host.Ability{}, FormOwner, "no account; the fix"},
		{"an account that cannot be used", 1001, account, no("no newuidmap"), yes, FormOwner, "no newuidmap; the fix"},
		{"a project that is not shared", 1001, account, yes, no("may not work here"), FormOwner, "may not work here; the fix"},
		{"abilities without an account", 1001, nil, yes, yes, FormOwner, "your own user and group numbers"},
	} {
		h := facts()
		h.UID, h.Account, h.Beside, h.Shared = c.uid, c.account, c.beside, c.shared
		controls := compile(t, "", h, project.Facts{})
		got := find(t, controls, "isolation.user")
		u := got.Want.User
		if u.Form != c.form || (got.Status == plan.Enforced) != (c.form != FormOwner) || !strings.Contains(got.Why, c.says) {
			t.Errorf("%s: %s, %s: %s", c.name, u.Form, got.Status, got.Why)
		}
		if want := map[string]int{FormOwner: 1001}[c.form] + map[bool]int{true: 998}[c.form != FormOwner]; u.HostUID != want {
			t.Errorf("%s: as %d, want %d", c.name, u.HostUID, want)
		}
		// git takes a project that belongs to somebody else only where it is told to.
		config := find(t, controls, "isolation.view:/etc/gitconfig").Want.Mount.Content
		if strings.Contains(config, "[safe]") != (c.form == FormAccount) {
			t.Errorf("%s: %q", c.name, config)
		}
	}
}

// TestDirectModeSaysWhatItDoesNotHold: what is there is frozen as ever, and what
// is not is named, control by control.
func TestDirectModeSaysWhatItDoesNotHold(t *testing.T) {
	pr := project.Facts{Guardrails: []project.Guardrail{{Path: "CLAUDE.md", Present: true}, {Path: ".claude", Dir: true, Present: true},
		{Path: ".claude/settings.json"}, {Path: ".git/hooks", Dir: true}}, Secrets: []project.Secret{{Path: ".env"}}}
	direct := compile(t, "[workspace]\nmode = \"direct\"\n", facts(), pr)
	staged := compile(t, "", facts(), pr)
	for id, want := range map[string]plan.Status{"workspace": plan.Downgraded, "guardrail:CLAUDE.md": plan.Enforced,
		"guardrail:.claude": plan.Enforced, "guardrail:.claude/settings.json": plan.Enforced,
		"guardrail:.git/hooks": plan.Downgraded, "secret:.env": plan.Enforced} {
		c := find(t, direct, "isolation."+id)
		if c.Status != want || c.Must != (want == plan.Enforced) || (c.Why == "") != (want == plan.Enforced) {
			t.Errorf("%+v", c)
		}
		if c := find(t, staged, "isolation."+id); c.Status != plan.Enforced || !c.Must {
			t.Errorf("staged: %+v", c)
		}
	}
}

// TestDirectModeAsRoot: without id-mapped mounts what the account makes would
// be its own, and what is the owner's closed to it.
func TestDirectModeAsRoot(t *testing.T) {
	h := facts()
	h.UID, h.Account, h.Idmap = 0, &host.Account{UID: 61100, GID: 61100}, host.Ability{Why: "not here"}
	for idmap, want := range map[bool]plan.Status{false: plan.Unavailable, true: plan.Downgraded} {
		h.Idmap.OK = idmap
		c := find(t, compile(t, "[workspace]\nmode = \"direct\"\n", h, project.Facts{}), "isolation.workspace")
		if c.Status != want || c.Must != (want == plan.Unavailable) {
			t.Errorf("%+v", c)
		}
	}
}

// TestCopyInPlaceOfTheOverlay: where no overlay can be had, the plan says what
// there is instead and why, and nothing is weaker by it.
func TestCopyInPlaceOfTheOverlay(t *testing.T) {
	for name, change := range map[string]func(*host.Facts){
		"the state directory": func(h *host.Facts) { h.Overlay = host.Ability{Why: "because"} },
		"the project":         func(h *host.Facts) { h.NoOverlay = "because" },
		"neither":             func(*host.Facts) {},
	} {
		h := facts()
		change(&h)
		c := find(t, compile(t, "", h, project.Facts{}), "isolation.workspace")
		w := c.Want.Workspace
		if c.Status != plan.Enforced || (w.Form == plan.FormCopy) != (name != "neither") || (w.Because == "because") != (name != "neither") {
			t.Errorf("%s: %+v %+v", name, c, w)
		}
	}
}
