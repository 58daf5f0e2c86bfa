package native

import (
	"maps"
	"os"
	"slices"
	"strconv"
	"syscall"
	"testing"

	"ringwall/internal/backend/backendtest"
	"ringwall/internal/kernel/launch"
	"ringwall/internal/plan"
)

const schedSetaffinity = syscall.SYS_SCHED_SETAFFINITY

func itoa(n int) string { return strconv.Itoa(n) }

func sorted(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// TestOneLayerAtATime takes one control away and shows that what it stopped
// then works, or that the next lock behind it answers with an errno of its own.
func TestOneLayerAtATime(t *testing.T) {
	tg := target(t)
	rail := func(b *backendtest.Box) {
		b.File("CLAUDE.md", "be good\n")
		b.File("sub/CLAUDE.md", "be good\n")
		b.File("mine", "mine\n")
		for _, p := range []string{"CLAUDE.md", "sub/CLAUDE.md"} {
			b.Add("isolation.guardrail:"+p, plan.Op{Guardrail: &plan.Guardrail{Path: p, Present: true}})
		}
		b.Add("isolation.guardrail:AGENTS.md", plan.Op{Guardrail: &plan.Guardrail{Path: "AGENTS.md"}})
	}
	given := t.TempDir()
	if err := os.Chmod(given, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		without func(*launch.Spec)
		prepare func(*backendtest.Box)
		want    map[string]string
	}{
		{"nothing", func(*launch.Spec) {}, rail, map[string]string{"write:CLAUDE.md": "EROFS", "rename:mine|CLAUDE.md": "EBUSY",
			"create:AGENTS.md": "EEXIST", "write:/proc/sys/kernel/core_pattern": "EACCES", "utimes:/proc/sys/kernel": "EROFS", "create:/etc/x": "EROFS", "unlink:/dev/null": "EROFS EBUSY"}},
		{"the freeze", without(launch.Freeze), rail, map[string]string{"write:CLAUDE.md": "ok", "rename:mine|CLAUDE.md": "ok", "utimes:/proc/sys/kernel": "EPERM"}},
		{"the freeze of what is absent", without(launch.Absent, launch.Between), rail, map[string]string{"create:AGENTS.md": "ok"}},
		{"the pins", without(launch.Pin), rail, map[string]string{"rename:sub|other": "EXDEV"}}, // the overlay's own answer, not EBUSY
		{"the sealed /dev", without(launch.ReadOnly), nil, map[string]string{"create:/dev/new": "ok", "unlink:/dev/null": "EBUSY"}},
		{"the covers", without(launch.Cover), nil, map[string]string{"read:/proc/timer_list": "ok EACCES EPERM ENOENT", "read:/proc/kallsyms": "ok"}},
		// A writable mount of the host that Landlock does not list.
		{"Landlock", noLandlock, func(b *backendtest.Box) { b.Show(given, "/given", true) }, map[string]string{"create:/given/y": "ok"}},
		{"nothing, with a mount too many", func(*launch.Spec) {}, func(b *backendtest.Box) { b.Show(given, "/given", true) }, map[string]string{"create:/given/x": "EACCES"}},
		{"the locks, the mounts hold", noLocks, rail, map[string]string{"write:CLAUDE.md": "EROFS", "create:/etc/x": "EROFS", "create:/x": "EROFS", "read:/proc/1/environ": "EACCES",
			"ptrace-attach:1": "EPERM", "vm-read:1": "EPERM", "getfd:1": "EPERM", "setns:/proc/1/ns/user": "EACCES", "kill:1|9": "ok", "create:after": "ok", "clone:0x10000000": "ok",
			"write:/proc/1/oom_score_adj": "EACCES", "ls:/proc/1/fd": "EACCES"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := backendtest.NewBox(t, weaker(tg, c.without))
			if c.prepare != nil {
				c.prepare(b)
			}
			b.Expect(b.Attack(sorted(c.want)...), c.want)
		})
	}
}

// TestLimitsAreLocked: what bounds the process cannot be widened from inside.
func TestLimitsAreLocked(t *testing.T) {
	tg := target(t)
	b := backendtest.NewBox(t, tg)
	b.Add("infrastructure.cpu", plan.Op{Limit: &plan.Limit{Resource: "cpu", Value: 1000, By: "CPU affinity"}})
	r := b.Attack("number:"+itoa(schedSetaffinity), "status:Cpus_allowed_list")
	b.Expect(r, map[string]string{"number:" + itoa(schedSetaffinity): "EPERM"})
	if list := r.Report("status:Cpus_allowed_list").Value; len(list) == 0 || len(list) > 3 {
		t.Errorf("the CPUs are %q, want one", list)
	}
	wide := backendtest.NewBox(t, tg)
	wide.Expect(wide.Attack("number:"+itoa(schedSetaffinity)), map[string]string{"number:" + itoa(schedSetaffinity): "EFAULT EINVAL"})
}
