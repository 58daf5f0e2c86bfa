// Package kerneltest runs parts of a test in a process of its own, in new
// namespaces: what is tested there cannot be taken back.
package kerneltest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Main is for TestMain: it runs one of the parts where this process was
// started for it, and else the tests. The part runs on the main thread. A part
// may execute the program again with the arguments "again" and a part's name.
func Main(m *testing.M, parts map[string]func([]string)) {
	if len(os.Args) > 2 && os.Args[1] == "again" { // a part that was started by one
		parts[os.Args[2]](os.Args[3:])
		os.Exit(0)
	}
	if len(os.Args) > 2 && os.Args[1] == "inside" {
		runtime.LockOSThread()
		Must("private mounts", unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
		Must("own /proc", unix.Mount("proc", "/proc", "proc", 0, ""))
		parts[os.Args[2]](os.Args[3:])
		os.Exit(0)
	}
	code := m.Run()
	Clean()
	os.Exit(code)
}

// Say tells the test, from inside, how an attempt ended.
func Say(attempt string, err error) { fmt.Printf("%s\t%s\n", attempt, Errno(err)) }

// Errno names an error: "ok", or "EPERM".
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

// Must ends a part that cannot go on.
func Must(what string, err error) {
	if err != nil {
		fmt.Printf("%s\tfailed: %v\n", what, err)
		os.Exit(1)
	}
}

// Inside runs a part in new namespaces, with all capabilities in them, and
// returns what it said.
func Inside(t *testing.T, part string, args ...string) map[string]string {
	t.Helper()
	program, err := Static()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, append([]string{"inside", part}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWPID |
			unix.CLONE_NEWIPC | unix.CLONE_NEWUTS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOSPC) {
		t.Skipf("user namespaces are not to be had here: %v", err)
	}
	if err != nil {
		t.Fatalf("%s: %v\n%s", part, err, out)
	}
	said := map[string]string{}
	for line := range strings.Lines(string(out)) {
		attempt, how, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		said[attempt] = how
	}
	return said
}

// Compare fails the test for every attempt that did not end as it should.
func Compare(t *testing.T, got, want map[string]string) {
	t.Helper()
	for attempt, how := range want {
		if got[attempt] != how {
			t.Errorf("%s: %q, want %q", attempt, got[attempt], how)
		}
	}
}
