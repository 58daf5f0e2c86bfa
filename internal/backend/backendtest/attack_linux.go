package backendtest

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Report is how one attempt ended, in the attacker's own words. Where the host
// can see for itself what happened, the host's word counts and not this one.
type Report struct {
	Probe string `json:"probe"`
	Errno string `json:"errno"` // "ok", or "EPERM"
	Value string `json:"value,omitempty"`
}

// probe is one attempt. What comes after the first colon of its name is arg.
type probe func(arg string) (value string, err error)

// Attack makes the attempts that are named, in order, and writes one Report a
// line. It is the whole of the attacker, the program that a test starts inside:
// raw system calls, and nothing that has to be installed there.
func Attack(attempts []string) {
	out := json.NewEncoder(os.Stdout)
	for _, a := range attempts {
		name, arg, _ := strings.Cut(a, ":")
		p, known := find(name)
		if !known {
			out.Encode(Report{Probe: a, Errno: "no such probe"})
			continue
		}
		value, err := p(arg)
		out.Encode(Report{Probe: a, Errno: Errno(err), Value: value})
	}
}

// find looks a probe up by name.
func find(name string) (probe, bool) {
	for _, set := range []map[string]probe{fileProbes, processProbes, socketProbes, hogProbes, machineProbes, wayProbes, kernelProbes, archProbes, canaryProbes} {
		if p, ok := set[name]; ok {
			return p, true
		}
	}
	if name == "from" { // not in a table: it looks others up itself
		return from, true
	}
	return nil, false
}

// Errno names an error: "ok", "EPERM", or its text.
func Errno(err error) string {
	var errno syscall.Errno
	switch {
	case err == nil || errors.As(err, &errno) && errno == 0:
		return "ok"
	case errors.As(err, &errno):
		return unix.ErrnoName(errno)
	}
	return err.Error()
}

// call is a raw system call.
func call(nr uintptr, args ...uintptr) error {
	var a [6]uintptr
	copy(a[:], args)
	if _, _, errno := unix.RawSyscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5]); errno != 0 {
		return errno
	}
	return nil
}

// two splits the argument of a probe that takes two.
func two(arg string) (string, string) {
	a, b, _ := strings.Cut(arg, "|")
	return a, b
}
