package isolation

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"ringwall/internal/host"
	"ringwall/internal/plan"
	"ringwall/internal/project"
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
	c.caches()
	c.kept()
	c.mount(plan.Mount{Kind: plan.Tmpfs, Target: "/var/tmp", Writable: true, Size: c.tmpfsSize()}, byDefault)
	c.mount(plan.Mount{Kind: plan.Proc, Target: "/proc", NoExec: true}, byDefault)
	c.mount(plan.Mount{Kind: plan.Dev, Target: "/dev", Size: shmSize, NoExec: true}, byDefault)
	for _, name := range slices.Sorted(maps.Keys(c.host.CPUFiles)) {
		c.file("/sys/devices/system/cpu/"+name, c.host.CPUFiles[name])
	}
	for _, t := range c.toolTrees() {
		c.mount(plan.Mount{Kind: plan.Bind, Target: t, Source: t, Optional: true}, "PATH")
	}
	for _, t := range c.program() {
		c.mount(plan.Mount{Kind: plan.Bind, Target: t, Source: t}, "the agent's program")
	}
	c.repository()
	c.private()
}

// FromRepository is where the repository of a linked worktree comes from.
const FromRepository = "the worktree's repository, read-only: log, diff and status work inside, commits do not"

// repository shows the one that a worktree or submodule belongs to. It is
// shared with others, so that nothing of it can be changed from inside.
func (c *compiler) repository() {
	g := c.project.Git
	if !g.Linked {
		return
	}
	c.mount(plan.Mount{Kind: plan.Bind, Target: g.Common, Source: g.Common, NoExec: true}, FromRepository)
	for _, s := range g.Configs {
		c.mount(plan.Mount{Kind: plan.Hide, Target: s.Path, Content: s.Shown, NoExec: true}, s.Reason)
	}
}

// private covers what the trees above brought along: tokens in settings,
// services' state and sockets.
func (c *compiler) private() {
	for _, p := range c.host.Private {
		if !c.visible(p.Path) || within(p.Path, c.project.Path) {
			continue
		}
		m := plan.Mount{Kind: plan.Hide, Target: p.Path, Content: p.Text, NoExec: true}
		if p.Dir {
			m = plan.Mount{Kind: plan.Tmpfs, Target: p.Path, Size: 4096, NoExec: true}
		}
		c.mount(m, p.Why)
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
	if c.user().Form == FormAccount || c.project.Git.Linked {
		// The project's files are its owner's, not the account's, and so is a
		// repository that lies elsewhere; whose they are says nothing in here.
		config += "[safe]\n\tdirectory = *\n"
	}
	if attributes := c.project.GitAttributes(); attributes != "" {
		config += "[core]\n\tattributesFile = /etc/gitattributes\n" + project.GitFilter
		c.file("/etc/gitattributes", attributes)
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
	// The machine's own start files for shells set PATH anew, and whatever
	// else somebody exports there.
	{"profile", "# The environment is ringwall's: a login shell changes nothing.\n" +
		"[ -z \"$BASH\" ] || [ -z \"$PS1\" ] || . /etc/bash.bashrc\n"},
	{"bash.bashrc", "PS1='\\u@\\h:\\w\\$ '\n"},
}

// toolTrees are the host's directories of tools outside /usr, without what
// lies in the project or holds it.
func (c *compiler) toolTrees() []string {
	var out []string
	for _, t := range c.host.Tools {
		if !within(t, c.project.Path) && !within(c.project.Path, t) && !within(c.host.StateDir, t) {
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
