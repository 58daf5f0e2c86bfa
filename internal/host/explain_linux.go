package host

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/direct"
	"ringwall/internal/kernel/namespace"
)

// situation is what is known of a failure.
type situation struct {
	err     error
	root    bool
	account int                      // the user number that agents get; 0: the user's own
	read    func(path string) string // a file's text without blanks around; "" if there is none
}

// reason is one known cause, with the way out for the owner of the machine.
type reason struct {
	applies func(situation) bool
	note    string // added to the kernel's words
	fix     string
}

// reasons in the order in which they are looked at: what the machine says of
// itself goes before what can only be inferred.
var reasons = []reason{
	{applies: func(s situation) bool { return !s.root && s.denied() && s.read(apparmorSwitch) == "1" },
		note: "AppArmor restricts user namespaces here",
		fix: "give ringwall a profile: ringwall doctor --apparmor | sudo tee /etc/apparmor.d/ringwall && " +
			"sudo apparmor_parser -r /etc/apparmor.d/ringwall; or, for every program, " +
			"sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"},
	{applies: func(s situation) bool {
		return !s.root && s.denied() && s.read("/proc/sys/kernel/unprivileged_userns_clone") == "0"
	},
		note: "the kernel refuses user namespaces to ordinary users",
		fix:  "sudo sysctl kernel.unprivileged_userns_clone=1"},
	{applies: func(s situation) bool {
		return s.is(unix.ENOSPC, unix.EUSERS) && s.read("/proc/sys/user/max_user_namespaces") == "0"
	},
		note: "the number of user namespaces is limited to none",
		fix:  "sudo sysctl user.max_user_namespaces=10000"},
	{applies: func(s situation) bool { return s.is(unix.ENOSPC, unix.EUSERS) },
		note: "the number of namespaces is limited",
		fix:  "raise user.max_user_namespaces and its siblings under /proc/sys/user"},
	{applies: func(s situation) bool { return s.is(unix.EPERM) && strings.Contains(s.step(), "/proc") },
		note: "parts of /proc are masked here, as in a container",
		fix: "let the container's /proc be whole: docker run --security-opt systempaths=unconfined, " +
			"podman run --security-opt unmask=ALL, Kubernetes procMount: Unmasked"},
	{applies: func(s situation) bool { return s.is(unix.EPERM) && !mapped(s.read("/proc/self/uid_map"), s.account) },
		note: "the user number that agents get is not one of this container's",
		fix:  "start ringwall as an ordinary user of the container, or map more numbers into it"},
	{applies: func(s situation) bool { return s.is(unix.ENOSYS) },
		note: "the kernel is too old, or a filter hides its newer calls",
		fix:  "use Linux 5.14 or later; in a container, an engine whose system call filter knows fsopen and mount_setattr"},
	{applies: func(s situation) bool { return s.denied() && filtered(s.read("/proc/self/status")) },
		note: "a system call filter holds for this process, as in a container",
		fix: "let the container make user namespaces: docker run --security-opt seccomp=unconfined, " +
			"or a filter of your own that allows clone, unshare and the mount calls"},
	{applies: func(s situation) bool { return s.is(unix.EPERM) },
		fix: "allow user namespaces: in a container, give it its own seccomp profile and an unmasked /proc"},
}

const apparmorSwitch = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"

func (s situation) is(errnos ...error) bool {
	for _, e := range errnos {
		if errors.Is(s.err, e) {
			return true
		}
	}
	return false
}

func (s situation) denied() bool { return s.is(unix.EPERM, unix.EACCES) }

// step is what the first process was about when it failed; empty where it did
// not get as far as that.
func (s situation) step() string {
	var f *namespace.Failure
	if errors.As(s.err, &f) {
		return f.What
	}
	return ""
}

// filtered reads /proc/PID/status: 2 stands for a filter.
func filtered(status string) bool {
	for line := range strings.Lines(status) {
		if mode, ok := strings.CutPrefix(line, "Seccomp:"); ok {
			return strings.TrimSpace(mode) == "2"
		}
	}
	return false
}

// mapped tells whether a user number exists in this user namespace; that of
// the machine itself has all of them.
func mapped(table string, id int) bool {
	if id == 0 || table == "" {
		return true
	}
	for line := range strings.Lines(table) {
		var first, outside, count int
		if n, _ := fmt.Sscan(line, &first, &outside, &count); n == 3 && id >= first && id-first < count {
			return true
		}
	}
	return false
}

// ability explains an error with the fix that is known for it.
func (f *Facts) ability(err error) Ability {
	s := situation{err: err, root: f.IsRoot(), read: readFile}
	if f.Account != nil {
		s.account = f.Account.UID
	}
	return explain(s)
}

func explain(s situation) Ability {
	if s.err == nil {
		return Ability{OK: true}
	}
	a := Ability{Why: s.words()}
	for _, r := range reasons {
		if r.applies(s) {
			if r.note != "" {
				a.Why += " (" + r.note + ")"
			}
			a.Fix = r.fix
			break
		}
	}
	return a
}

// words are the kernel's, without the descriptor that a program was started by.
func (s situation) words() string {
	var start *os.PathError
	if errors.As(s.err, &start) && start.Op == "fork/exec" {
		return "start a process in namespaces of its own: " + start.Err.Error()
	}
	return s.err.Error()
}

func readFile(path string) string {
	b, err := direct.Read(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
