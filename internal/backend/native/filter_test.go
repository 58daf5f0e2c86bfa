package native

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"ringwall/internal/backend/backendtest"
	"ringwall/internal/evidence"
	"ringwall/internal/kernel/launch"
	"ringwall/internal/kernel/seccomp"
	"ringwall/internal/plan"
)

// answers is what the filter says for an action.
var answers = map[seccomp.Action]string{seccomp.Deny: "EPERM", seccomp.Missing: "ENOSYS", seccomp.NoFamily: "EAFNOSUPPORT",
	seccomp.NoProtocol: "EPROTONOSUPPORT", seccomp.NoOption: "ENOPROTOOPT", seccomp.NoOperation: "ENOTSUP", seccomp.NoMemory: "ENOMEM"}

// filterAttempts is every call of the table with what the filter answers, and
// how often each name is to be recorded. A row that nobody tries is missed.
func filterAttempts(t *testing.T) (attempts []string, want map[string]string, calls map[string]backendtest.Call, seen map[string]int) {
	t.Helper()
	want, calls, seen = map[string]string{}, map[string]backendtest.Call{}, map[string]int{}
	tried := map[string]bool{}
	for _, c := range backendtest.Calls() {
		var args [6]uint64
		for i, a := range c.Args {
			args[i] = uint64(a)
		}
		r, ok := seccomp.Match(seccomp.Default(), int(c.Nr), args)
		if !ok {
			t.Errorf("%s is tried, and no row refuses it", c.Name)
			continue
		}
		attempt := "call:" + c.Name
		tried[r.Call+r.Why], calls[attempt], want[attempt] = true, c, answers[r.Action]
		attempts = append(attempts, attempt)
		if r.Action == seccomp.Deny {
			seen[r.Call]++
		}
	}
	for _, r := range seccomp.Default() {
		if !tried[r.Call+r.Why] && seccomp.Here(r.Call) {
			t.Errorf("nobody tries %s (%s)", r.Call, r.Why)
		}
	}
	return attempts, want, calls, seen
}

// TestFilter makes one call of each row, with the filter in its two forms and
// without it. Without it the kernel answers otherwise. Where it would say the
// same, a filter with other words tells that it is the filter that answers.
func TestFilter(t *testing.T) {
	tg := target(t)
	attempts, want, calls, recorded := filterAttempts(t)

	quiet := backendtest.NewBox(t, tg)
	quiet.Add("isolation.syscalls", plan.Op{Syscalls: &plan.Syscalls{Profile: "default"}})
	quiet.Expect(quiet.Attack(attempts...), want)
	if n := len(quiet.Recorder.Of(evidence.KindRefused)); n != 0 {
		t.Errorf("%d refusals were recorded by nobody", n)
	}

	seen := backendtest.NewBox(t, tg)
	seen.Expect(seen.Attack(attempts...), want)
	for name, n := range seen.Refusals("isolation.syscalls") {
		if n != recorded[name] {
			t.Errorf("%s was recorded %d times, want %d", name, n, recorded[name])
		}
		delete(recorded, name)
	}
	if tg.Host.Observe.OK && len(recorded) > 0 {
		t.Errorf("not recorded: %v", recorded)
	}

	other := backendtest.NewBox(t, weaker(tg, marked))
	other.Add("isolation.syscalls", plan.Op{Syscalls: &plan.Syscalls{Profile: "default"}})
	words := map[string]string{}
	for _, a := range attempts {
		words[a] = mark
	}
	delete(words, "call:clone3")
	other.Expect(other.Attack(attempts...), words)

	open := backendtest.NewBox(t, weaker(tg, noFilter))
	r := open.Attack(attempts...)
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	for _, a := range attempts {
		got := r.Report(a).Errno
		if got == "not reported" || got == want[a] && !calls[a].Same && got != "ENOSYS" {
			t.Errorf("without the filter %s gives %s too", a, got)
		}
	}
}

// mark is what a marked filter says in place of every error number.
const mark = "EDQUOT"

// marked changes the words of the filter and nothing else: what then gives the
// mark was answered by the filter. Only clone3 keeps its own, without which no C
// library starts a thread.
func marked(s *launch.Spec) {
	const instruction, retErrno = 8, 0x00050000
	begin := tableBegins(s.Filter)
	kept := seccomp.Bytes([]seccomp.Instruction{{Code: 0x15, Jf: 1, K: unix.SYS_CLONE3}, {Code: 0x06, K: retErrno | uint32(unix.ENOSYS)}})
	rest := slices.Clone(s.Filter[begin:])
	for b := rest; len(b) >= instruction; b = b[instruction:] {
		if k := binary.NativeEndian.Uint32(b[4:]); b[0] == 0x06 && k&0xffff0000 == retErrno {
			binary.NativeEndian.PutUint32(b[4:], retErrno|uint32(unix.EDQUOT))
		}
	}
	s.Filter = slices.Concat(s.Filter[:begin], kept, rest)
}

// tableBegins is the offset of what the table became: the limits' own part
// stands before it, then the check of the architecture and the number.
func tableBegins(filter []byte) int {
	arch := seccomp.Bytes([]seccomp.Instruction{{Code: 0x20, K: 4}})
	return bytes.Index(filter, arch) + 4*len(arch)
}

// TestFilterCorners are calls that a careless filter lets through.
func TestFilterCorners(t *testing.T) {
	tg := target(t)
	const newUser, newNet, newPID = "0x10000000", "0x40000000", "0x20000000"
	want := map[string]string{
		"terminal:0x5412": "EPERM", "terminal:0x100005412": "EPERM", "terminal:0x541c": "EPERM", "terminal:0xffffffff0000541c": "EPERM",
		"clone:" + newUser: "EPERM", "clone:" + newNet: "EPERM", "clone:" + newPID: "EPERM", "clone:0x100000000": "ok EINVAL",
		"number:0x40000027": "ENOSYS", "number:0x4000003b": "ENOSYS", "number:5000": "ENOSYS", "number:0xffffffff": "ENOSYS",
		"personality:0xffffffff": "ok", "personality:0x40000": "EPERM", "personality:0x8": "EPERM",
		"socket:16|3|9": "EPROTONOSUPPORT", "listener": "EPERM",
	}
	for family := range 46 {
		if !slices.Contains([]int{1, 2, 10, 16}, family) {
			want["socket:"+itoa(family)+"|1|0"] = "EAFNOSUPPORT"
		}
	}
	b := backendtest.NewBox(t, tg)
	b.Expect(b.Attack(sorted(want)...), want)

	open := backendtest.NewBox(t, weaker(tg, noFilter))
	free := map[string]string{"listener": "ok", "terminal:0x5412": "ENOTTY EIO", "terminal:0x100005412": "ENOTTY EIO", "clone:" + newUser: "ok",
		"personality:0x40000": "ok", "socket:17|1|0": "EPERM ESOCKTNOSUPPORT", "socket:40|1|0": "ok"}
	open.Expect(open.Attack(sorted(free)...), free)

	// Numbers that do not exist: the filter answers before the kernel does.
	numbers := map[string]string{}
	for _, n := range []string{"0x40000027", "0x4000003b", "0x40000200", "400", "500", "5000", "0xffffffff"} {
		numbers["number:"+n] = mark
	}
	other := backendtest.NewBox(t, weaker(tg, marked))
	other.Expect(other.Attack(sorted(numbers)...), numbers)
}

// TestOtherABI: a 32-bit call ends the process, at once.
func TestOtherABI(t *testing.T) {
	tg := target(t)
	if tg.Host.Arch != "amd64" {
		t.Skip("int 0x80 is of amd64 only")
	}
	b := backendtest.NewBox(t, tg)
	r := b.Attack("int80", "create:after")
	if r.Err != nil || r.Signal != "SIGSYS" || len(r.Reports) != 0 {
		t.Errorf("%+v, %v, %+v", r.Result, r.Err, r.Reports)
	}
	open := backendtest.NewBox(t, weaker(tg, noFilter))
	if r := open.Attack("int80"); r.Report("int80").Errno != "ok" {
		t.Logf("this kernel has no 32-bit calls anyway: %+v, %+v", r.Result, r.Reports)
	}
}
