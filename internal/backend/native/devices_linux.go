package native

import (
	"crypto/rand"
	"fmt"
	"os"
	"slices"

	"ringwall/internal/kernel/launch"
	"ringwall/internal/plan"
)

// shownProc is what programs need of /proc beside their own processes: CPUs,
// memory, load and time, and what belongs to a namespace of the sandbox's own.
// Everything else tells of the machine, or acts on it, and is covered: keys,
// kallsyms, cmdline, interrupts, partitions, the hardware's folders, and whatever
// a newer kernel adds.
//
// The mount option subset=pid would leave out all of it at once, and cpuinfo,
// meminfo and sys with it, without which Node, Java and ps do not run. hidepid
// would hide the first process alone, whose files cannot be opened anyway.
var shownProc = []string{"cpuinfo", "filesystems", "loadavg", "meminfo", "mounts", "net", "self", "stat", "sys",
	"sysvipc", "thread-self", "uptime", "version"}

func (t *translation) proc(m *plan.Mount) error {
	// Writable as a mount: each process writes its own files there.
	t.step(launch.Step{Op: launch.Proc, Target: m.Target, Flags: launch.Writable | launch.NoExec})
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if name := e.Name(); (name[0] < '0' || name[0] > '9') && !slices.Contains(shownProc, name) && !rootsOwn(e) {
			t.cover(m.Target+"/"+name, e.IsDir())
		}
	}
	t.step(launch.Step{Op: launch.Freeze, Target: m.Target + "/sys"})
	return t.bootID(m.Target + "/sys/kernel/random/boot_id")
}

// rootsOwn tells whether only root may open a file: kcore, kmsg, slabinfo. The
// agent is never root, so that covering it would only take time.
func rootsOwn(e os.DirEntry) bool {
	info, err := e.Info()
	return err == nil && !e.IsDir() && info.Mode().Perm()&0o077 == 0
}

// cover puts nothing in the place of what is there.
func (t *translation) cover(path string, dir bool) {
	if dir {
		t.step(launch.Step{Op: launch.Tmpfs, Target: path, Flags: launch.NoExec, Mode: 0o555, Size: 4096})
		return
	}
	t.step(launch.Step{Op: launch.Mask, Target: path})
}

// bootID gives a run a number of its own for what names this machine's boot.
func (t *translation) bootID(path string) error {
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		return err
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80 // RFC 9562, version 4
	t.step(launch.Step{Op: launch.Mask, Target: path,
		Data: fmt.Sprintf("%x-%x-%x-%x-%x\n", b[:4], b[4:6], b[6:8], b[8:10], b[10:])})
	return nil
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
