package isolation

import (
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"ringwall/internal/host"
	"ringwall/internal/plan"
)

// Sizes of the file systems that live in memory, in bytes. What an agent
// writes there counts as memory, so none is larger than half of its limit.
const (
	maxTmpfs = 2 << 30
	shmSize  = 64 << 20
)

func (c *compiler) tmpfsSize() int64 { return min(maxTmpfs, c.policy.Limits.Memory/2) }

// mount adds one entry of the view.
func (c *compiler) mount(m plan.Mount, from string) {
	c.add("view:"+m.Target, plan.Op{Mount: &m}, c.host.Sandbox, from)
}

// view lists what there is: system directories read-only, a few files of /etc,
// toolchains, and empty places to write. Nothing else exists inside, so
// nothing has to be hidden: no /run, no sockets, no other home, no /var.
func (c *compiler) view() {
	for _, e := range c.host.Root {
		c.entry(e)
	}
	c.etc()
	c.mount(plan.Mount{Kind: plan.Tmpfs, Target: "/tmp", Writable: true, Size: c.tmpfsSize()}, byDefault)
	c.mount(plan.Mount{Kind: plan.Tmpfs, Target: Home, Writable: true, Size: c.tmpfsSize()}, byDefault)
	c.home()
	c.mount(plan.Mount{Kind: plan.Tmpfs, Target: "/var/tmp", Writable: true, Size: c.tmpfsSize()}, byDefault)
	c.mount(plan.Mount{Kind: plan.Proc, Target: "/proc", NoExec: true}, byDefault)
	c.mount(plan.Mount{Kind: plan.Dev, Target: "/dev", Size: shmSize, NoExec: true}, byDefault)
	c.mount(plan.Mount{Kind: plan.Bind, Target: "/sys/devices/system/cpu",
		Source: "/sys/devices/system/cpu", NoExec: true, Optional: true}, byDefault)
	for _, t := range c.toolTrees() {
		c.mount(plan.Mount{Kind: plan.Bind, Target: t, Source: t, Optional: true}, "PATH")
	}
	for _, t := range c.program() {
		c.mount(plan.Mount{Kind: plan.Bind, Target: t, Source: t}, "the agent's program")
	}
}

// home puts in what the agent's tool needs to start without asking anybody.
func (c *compiler) home() {
	files := c.project.HomeFiles()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		c.mount(plan.Mount{Kind: plan.File, Target: Home + "/" + name, Content: files[name], Writable: true}, "the agent's tool")
	}
}

// entry shows a system directory, or the link that stands for it.
func (c *compiler) entry(e host.Entry) {
	if e.Link != "" {
		c.mount(plan.Mount{Kind: plan.Symlink, Target: e.Path, Source: e.Link}, byDefault)
		return
	}
	c.mount(plan.Mount{Kind: plan.Bind, Target: e.Path, Source: e.Path}, byDefault)
}

// etc shows what programs need and makes the rest up: names of users, hosts
// and resolvers say nothing about this machine.
func (c *compiler) etc() {
	for _, e := range c.host.Etc {
		c.mount(plan.Mount{Kind: plan.Bind, Target: e.Path, Source: e.Path, NoExec: true, Optional: true}, byDefault)
	}
	c.git()
	for _, f := range etcFiles {
		c.file("/etc/"+f.name, f.content)
	}
}

// git gives git the owner's name and keeps it from seeing what stands for
// absent guardrails. The owner's own configuration, which can name programs and
// credentials, stays outside.
func (c *compiler) git() {
	config := "[core]\n\texcludesFile = /etc/gitignore\n"
	if u := c.project.Committer; u.Name != "" && u.Email != "" {
		config += fmt.Sprintf("[user]\n\tname = \"%s\"\n\temail = \"%s\"\n", u.Name, u.Email)
	}
	c.file("/etc/gitconfig", config)
	c.file("/etc/gitignore", c.project.GitIgnore())
}

func (c *compiler) file(path, content string) {
	c.mount(plan.Mount{Kind: plan.File, Target: path, Content: content}, byDefault)
}

// etcFiles are ringwall's own. The resolver's address is one that the gateway
// answers for, whatever it is: every address leads there.
var etcFiles = []struct{ name, content string }{
	{"passwd", "root:x:0:0:root:/nonexistent:/usr/sbin/nologin\n" +
		"agent:x:1000:1000:agent:" + Home + ":/bin/sh\n" +
		"nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"},
	{"group", "root:x:0:\nagent:x:1000:\nnogroup:x:65534:\n"},
	{"hosts", "127.0.0.1 localhost " + HostName + "\n::1 localhost " + HostName + "\n"},
	{"resolv.conf", "nameserver 198.18.0.1\noptions timeout:2 attempts:1\n"},
	{"nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nservices: files\nprotocols: files\n"},
	{"hostname", HostName + "\n"},
}

// toolTrees are the host's directories of tools outside /usr, without what
// lies in the project, holds it, or is private to the user.
func (c *compiler) toolTrees() []string {
	var out []string
	for _, t := range c.host.Tools {
		switch {
		case within(t, c.project.Path), within(c.project.Path, t), within(c.host.StateDir, t):
			continue
		case filepath.Base(t) == ".cargo":
			// The folder also holds the registry's token.
			out = append(out, filepath.Join(t, "bin"), c.rustup(t))
		case filepath.Base(t) == "bin" && filepath.Base(filepath.Dir(t)) == ".cargo":
			out = append(out, t, c.rustup(filepath.Dir(t)))
		default:
			out = append(out, t)
		}
	}
	return out
}

// within tells whether path is dir or lies in it.
func within(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}

// program is what the agent's own executable needs, where the view does not
// have it yet.
func (c *compiler) program() []string {
	var out []string
	for _, p := range c.project.Program {
		if !c.visible(p) {
			out = append(out, p)
		}
	}
	return out
}

// visible tells whether a path is shown by what was added so far.
func (c *compiler) visible(p string) bool {
	if within(p, c.project.Path) {
		return true
	}
	for _, control := range c.controls {
		if m := control.Want.Mount; m != nil && m.Kind == plan.Bind && within(p, m.Target) {
			return true
		}
	}
	return false
}

// environment is built from nothing. What is passed on is known to be
// harmless, or named by the policy.
func (c *compiler) environment() {
	vars := map[string]string{
		"HOME": Home, "USER": UserName, "LOGNAME": UserName, "SHELL": "/bin/sh",
		"TMPDIR": "/tmp", "PATH": c.path(), "RINGWALL": "1",
	}
	for name, value := range c.host.Env {
		if passed(name) {
			vars[name] = value
		}
	}
	if c.project.Agent != nil {
		for name, value := range c.project.Agent.Describe().Env {
			vars[name] = value
		}
	}
	c.toolVariables(vars)
	for _, name := range c.policy.Env.Pass {
		if value, ok := c.host.Env[name]; ok {
			vars[name] = value
		}
	}
	for name, value := range c.policy.Env.Set {
		vars[name] = value
	}
	c.add("environment", plan.Op{Env: &plan.Env{Vars: vars}}, host.Ability{OK: true}, byDefault)
}

// passed lists the variables that say how to talk to a person, and no more.
func passed(name string) bool {
	switch name {
	case "LANG", "LANGUAGE", "TERM", "COLORTERM", "TZ", "NO_COLOR", "CI":
		return true
	}
	return strings.HasPrefix(name, "LC_")
}

// path keeps the host's order and drops what the view does not have. What
// answers the agent's questions comes first.
func (c *compiler) path() string {
	var dirs []string
	if c.host.Self != "" {
		dirs = append(dirs, path.Dir(plan.AskProgram))
	}
	seen := map[string]bool{}
	keep := func(d string) {
		d = path.Clean(d)
		if !seen[d] && c.visible(d) {
			seen[d] = true
			dirs = append(dirs, d)
		}
	}
	for _, d := range c.host.Path {
		keep(d)
	}
	for _, d := range []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"} {
		keep(d)
	}
	return strings.Join(dirs, ":")
}
