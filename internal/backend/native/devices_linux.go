package native

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/direct"
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
	entries, err := procNames()
	if err == nil && !slices.ContainsFunc(entries, func(e procName) bool { return e.name == "version" }) {
		err = errors.New("the host's own /proc is not whole, so that what to cover in the sandbox's is not known")
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !slices.Contains(shownProc, e.name) && !rootsOwn(e) {
			t.cover(m.Target+"/"+e.name, e.dir)
		}
	}
	t.step(launch.Step{Op: launch.Freeze, Target: m.Target + "/sys"})
	return t.bootID(m.Target + "/sys/kernel/random/boot_id")
}

// cover puts nothing in the place of what is there.
func (t *translation) cover(path string, dir bool) {
	t.step(launch.Step{Op: launch.Cover, Target: path, Flags: folder(dir)})
}

// bootID gives a run a number of its own for what names this machine's boot.
func (t *translation) bootID(path string) error {
	b := make([]byte, 16)
	if err := direct.Random(b); err != nil {
		return err
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80 // RFC 9562, version 4
	t.step(launch.Step{Op: launch.Mask, Target: path,
		Data: fmt.Sprintf("%x-%x-%x-%x-%x\n", b[:4], b[4:6], b[6:8], b[8:10], b[10:])})
	return nil
}

// devices are those that hold nothing of the machine, by their numbers.
var devices = []struct {
	name         string
	major, minor uint32
}{{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}}

// checkDevices makes sure that what goes in as /dev/null is one: what somebody
// put in its place would be shared with the host, for writing (CVE-2025-31133).
func checkDevices(dir string) error {
	for _, d := range devices {
		var stat unix.Stat_t
		path := dir + "/" + d.name
		if err := unix.Lstat(path, &stat); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if stat.Mode&unix.S_IFMT != unix.S_IFCHR || stat.Rdev != unix.Mkdev(d.major, d.minor) {
			return fmt.Errorf("%s is not the device that it should be", path)
		}
	}
	return nil
}

func (t *translation) dev(m *plan.Mount) error {
	if err := checkDevices("/dev"); err != nil {
		return err
	}
	t.step(launch.Step{Op: launch.Tmpfs, Target: m.Target, Mode: 0o755, Size: 1 << 20, Flags: launch.Writable | launch.NoExec})
	for _, d := range devices {
		t.step(launch.Step{Op: launch.Bind, Target: m.Target + "/" + d.name, Source: "/dev/" + d.name,
			Flags: launch.Devices | launch.Writable | launch.NoExec})
	}
	for _, l := range [][2]string{{"fd", "/proc/self/fd"}, {"stdin", "/proc/self/fd/0"},
		{"stdout", "/proc/self/fd/1"}, {"stderr", "/proc/self/fd/2"}, {"ptmx", "pts/ptmx"}} {
		t.step(launch.Step{Op: launch.Symlink, Target: m.Target + "/" + l[0], Data: l[1]})
	}
	t.step(launch.Step{Op: launch.Devpts, Target: m.Target + "/pts", Flags: launch.Devices | launch.Writable | launch.NoExec})
	t.step(launch.Step{Op: launch.Tmpfs, Target: m.Target + "/shm", Mode: 0o1777, Size: m.Size, Flags: launch.Writable | launch.NoExec})
	t.step(launch.Step{Op: launch.ReadOnly, Target: m.Target})
	return nil
}
