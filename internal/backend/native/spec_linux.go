package native

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"sort"
	"strings"

	"golang.org/x/sys/unix"

	"ringwall/internal/egress"
	"ringwall/internal/kernel/launch"
	"ringwall/internal/kernel/seccomp"
	"ringwall/internal/plan"
)

// translation turns a plan into what the first process is told. It goes over
// the controls in order: the view is mounted as the plan lists it.
type translation struct {
	run   *run
	spec  *launch.Spec
	files []*os.File // detached mounts, in the order of their numbers
	user  *plan.User
	self  string // the running ringwall, for what stands in a refused program's place
}

// translate builds the specification. The files stay open until the first
// process has been started.
func (r *run) translate() (*launch.Spec, []*os.File, error) {
	t := &translation{run: r, spec: &launch.Spec{Dir: r.native.Dir, Argv: r.plan.Command}}
	t.user = r.user
	t.spec.Hostname = t.user.Host
	t.spec.Session = true
	if term := r.native.Terminal; term != nil {
		t.spec.Terminal, t.spec.TerminalFDs = true, term.FDs
	}
	for _, c := range r.plan.Controls {
		if err := t.control(c); err != nil {
			closeAll(t.files)
			return nil, nil, fmt.Errorf("%s: %w", c.ID, err)
		}
	}
	if err := t.finish(); err != nil {
		closeAll(t.files)
		return nil, nil, err
	}
	return t.spec, t.files, nil
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

func (t *translation) control(c plan.Control) error {
	switch w := c.Want; {
	case w.Mount != nil:
		return t.mount(w.Mount)
	case w.AgentFile != nil:
		t.step(launch.Step{Op: launch.File, Target: w.AgentFile.Path, Data: w.AgentFile.Content, Mode: 0o444})
	case w.Cache != nil && c.Status == plan.Enforced:
		return t.cache(w.Cache)
	case w.Kept != nil && c.Status != plan.Unavailable:
		return t.kept(w.Kept)
	case w.Workspace != nil:
		return t.workspace(w.Workspace)
	case w.Ask != nil:
		return t.ask(w.Ask)
	case w.Stub != nil:
		return t.stub(w.Stub)
	case w.Decoy != nil:
		t.decoy(w.Decoy)
	case w.Env != nil:
		t.environment(w.Env)
	case w.Landlock != nil:
		t.spec.Landlock, t.spec.Write = w.Landlock.ABI, w.Landlock.Write
	case w.Syscalls != nil:
		t.spec.Observe = w.Syscalls.Observe
	case w.Gateway != nil:
		t.spec.AnyRoute = w.Gateway.Mode != "none"
		return t.sockets()
	case w.Trust != nil && c.Status != plan.Unavailable:
		t.trust(w.Trust)
	case w.Limit != nil:
		t.limit(w.Limit)
	}
	return nil
}

func (t *translation) step(s launch.Step) { t.spec.Steps = append(t.spec.Steps, s) }

func flags(m *plan.Mount) uint8 {
	var f uint8
	if m.Writable {
		f |= launch.Writable
	}
	if m.NoExec {
		f |= launch.NoExec
	}
	if m.Optional {
		f |= launch.Optional
	}
	return f
}

func (t *translation) mount(m *plan.Mount) error {
	switch m.Kind {
	case plan.Bind:
		return t.bind(m)
	case plan.Tmpfs:
		t.step(launch.Step{Op: launch.Tmpfs, Target: m.Target, Flags: flags(m), Mode: 0o700, Size: m.Size})
	case plan.Proc:
		return t.proc(m)
	case plan.Dev:
		return t.dev(m)
	case plan.Symlink:
		t.step(launch.Step{Op: launch.Symlink, Target: m.Target, Data: m.Source})
	case plan.File:
		t.step(launch.Step{Op: launch.File, Target: m.Target, Data: m.Content, Mode: fileMode(m)})
	case plan.Hide:
		t.step(launch.Step{Op: launch.Mask, Target: m.Target, Data: m.Content})
	default:
		return fmt.Errorf("unknown kind of mount %q", m.Kind)
	}
	return nil
}

func fileMode(m *plan.Mount) uint32 {
	if m.Writable {
		return 0o600
	}
	return 0o444
}

// system directories that every account can reach by path.
var systemDirs = []string{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/sys", "/dev"}

// bind shows a path of the host. When the agent runs under another account,
// that account may not be able to walk to a path below root's home, so the
// supervisor makes the mount and passes it in.
func (t *translation) bind(m *plan.Mount) error {
	s := launch.Step{Op: launch.Bind, Target: m.Target, Source: m.Source, Flags: flags(m)}
	if t.user.Form != accountRootForm || system(m.Source) {
		t.step(s)
		return nil
	}
	fd, err := cloneForChild(m)
	if errors.Is(err, unix.ENOENT) && m.Optional {
		return nil
	}
	if err != nil {
		return err
	}
	s.Flags |= launch.UseFD
	s.FD = t.pass(os.NewFile(uintptr(fd), m.Source))
	t.step(s)
	return nil
}

func system(path string) bool {
	for _, d := range systemDirs {
		if path == d || strings.HasPrefix(path, d+"/") {
			return true
		}
	}
	return false
}

// pass hands a file to the first process and returns its number there.
func (t *translation) pass(f *os.File) int {
	t.files = append(t.files, f)
	return launch.FirstFD + len(t.files) - 1
}

func (t *translation) environment(e *plan.Env) {
	vars := map[string]string{}
	maps.Copy(vars, e.Vars)
	maps.Copy(vars, egress.ProxyEnv(t.run.plan))
	maps.Copy(vars, t.run.credentialEnv())
	maps.Copy(vars, t.run.trustEnv())
	for k, v := range vars {
		t.spec.Env = append(t.spec.Env, k+"="+v)
	}
	sort.Strings(t.spec.Env)
}

func (t *translation) sockets() error {
	for _, s := range egress.Sockets(t.run.plan) {
		ap, err := s.AddrPort()
		if err != nil {
			return err
		}
		t.spec.Sockets = append(t.spec.Sockets, launch.Socket{Network: s.Network,
			Addr: string(ap.Addr().AsSlice()), Port: int(ap.Port())})
	}
	return nil
}

// overtime is how many seconds after the limit of time a sandbox ends by itself,
// should its supervisor be stopped: more than the grace that it gives.
const overtime = 10

// finish adds what depends on the whole.
func (t *translation) finish() error {
	if limit := t.run.limit("time"); limit > 0 {
		t.spec.Seconds = limit + overtime
	}
	f := t.run.ahead.takeFilter(t.spec.Observe, len(t.spec.CPUs) > 0)
	if f.err != nil {
		return f.err
	}
	bounds := seccomp.Bounds(seccomp.Bounded{Disk: t.run.find("disk") != nil, Core: t.run.find("core") != nil})
	t.spec.Filter, t.run.rules = seccomp.Bytes(append(bounds, f.program...)), f.rules
	return nil
}
