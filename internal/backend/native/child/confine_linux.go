package child

import (
	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/capability"
	"ringwall/internal/kernel/landlock"
	"ringwall/internal/kernel/launch"
	"ringwall/internal/kernel/seccomp"
)

// confine locks this process in; the command inherits all of it. The order is
// a security property:
//
//   - descriptors first: an open one is a right that nothing below takes away
//     (CVE-2024-21626);
//   - limits while they can still be set;
//   - the Landlock ruleset is built while paths can be opened freely;
//   - capabilities before no_new_privs, since the bounding set takes
//     CAP_SETPCAP to empty;
//   - no_new_privs before Landlock and seccomp, which demand it;
//   - seccomp last, as it may refuse calls that the steps before need.
func confine(spec *launch.Spec, self int) {
	must("close inherited descriptors", unix.CloseRange(launch.FirstFD, ^uint(0)>>1, unix.CLOSE_RANGE_CLOEXEC))
	unix.CloseOnExec(launch.SocketFD)
	limit(spec)
	rules := ruleset(spec)
	if !capability.Everywhere() {
		again(spec, rules, self)
	}
	must("drop all capabilities", capability.DropAll())
	must("set no_new_privs", capability.NoNewPrivs())
	if rules != nil {
		must("apply Landlock", rules.Restrict())
	}
	filter(spec)
}

func limit(spec *launch.Spec) {
	if len(spec.CPUs) > 0 {
		var set unix.CPUSet
		for _, c := range spec.CPUs {
			set.Set(c)
		}
		must("choose the CPUs", unix.SchedSetaffinity(0, &set))
	}
	for _, r := range spec.Rlimits {
		l := unix.Rlimit{Cur: r.Value, Max: r.Value}
		must("set a limit", unix.Prlimit(0, r.Resource, &l, nil))
	}
}

func ruleset(spec *launch.Spec) *landlock.Ruleset {
	if spec.Landlock == 0 {
		return nil
	}
	rules, err := landlock.New(spec.Landlock)
	must("make a Landlock ruleset", err)
	for _, path := range spec.Write {
		fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
		must("open "+path, err)
		must("allow writing in "+path, rules.AllowWrite(fd, isDir(fd)))
		unix.Close(fd)
	}
	return rules
}

// filter installs the system call filter and tells the supervisor that all is
// in force, with the descriptor on which refused calls are seen. The command
// starts when the supervisor has read the limits back.
func filter(spec *launch.Spec) {
	if len(spec.Filter) == 0 {
		say(launch.Confined, nil)
		return
	}
	fd, err := seccomp.Install(spec.Filter, spec.Observe)
	must("install the system call filter", err)
	if !spec.Observe {
		say(launch.Confined, nil)
		return
	}
	say(launch.Confined, nil, fd)
	unix.Close(fd)
}
