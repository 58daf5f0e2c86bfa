package native

import (
	"os"

	"ringwall/internal/kernel/launch"
	"ringwall/internal/plan"
)

// hiddenProc are files of /proc that tell of the whole machine, or act on it;
// an ordinary user can read some of them.
var hiddenProc = []string{"kcore", "keys", "key-users", "sysrq-trigger", "timer_list", "sched_debug",
	"kallsyms", "modules", "config.gz", "latency_stats", "kpagecount", "kpageflags", "vmallocinfo"}

func (t *translation) proc(m *plan.Mount) {
	// Writable as a mount: each process writes its own files there.
	t.step(launch.Step{Op: launch.Proc, Target: m.Target, Flags: launch.Writable | launch.NoExec})
	for _, name := range hiddenProc {
		if exists("/proc/" + name) {
			t.step(launch.Step{Op: launch.Mask, Target: m.Target + "/" + name})
		}
	}
	for _, dir := range []string{"sys", "irq", "bus", "fs", "acpi", "scsi"} {
		if exists("/proc/" + dir) {
			t.step(launch.Step{Op: launch.Freeze, Target: m.Target + "/" + dir})
		}
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// devices are those that hold nothing of the machine.
var devices = []string{"null", "zero", "full", "random", "urandom", "tty"}

func (t *translation) dev(m *plan.Mount) {
	t.step(launch.Step{Op: launch.Tmpfs, Target: m.Target, Mode: 0o755, Size: 1 << 20, Flags: launch.Writable | launch.NoExec})
	for _, d := range devices {
		t.step(launch.Step{Op: launch.Bind, Target: m.Target + "/" + d, Source: "/dev/" + d,
			Flags: launch.Devices | launch.Writable | launch.NoExec})
	}
	for _, l := range [][2]string{{"fd", "/proc/self/fd"}, {"stdin", "/proc/self/fd/0"},
		{"stdout", "/proc/self/fd/1"}, {"stderr", "/proc/self/fd/2"}, {"ptmx", "pts/ptmx"}} {
		t.step(launch.Step{Op: launch.Symlink, Target: m.Target + "/" + l[0], Data: l[1]})
	}
	t.step(launch.Step{Op: launch.Devpts, Target: m.Target + "/pts", Flags: launch.Devices | launch.Writable | launch.NoExec})
	t.step(launch.Step{Op: launch.Tmpfs, Target: m.Target + "/shm", Mode: 0o1777, Size: m.Size, Flags: launch.Writable | launch.NoExec})
	t.step(launch.Step{Op: launch.ReadOnly, Target: m.Target})
}
