package backendtest

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// signed reads a number that may be negative.
func signed(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// spin keeps so many daemons busy for a time: "spin:COUNT|MILLISECONDS".
func spin(arg string) (string, error) {
	count, ms := two(arg)
	script := `i=0; while [ $i -lt $1 ]; do i=$((i+1)); (setsid sh -c 'while :; do :; done' &); done`
	if err := exec.Command("/bin/sh", "-c", script, "sh", count).Run(); err != nil {
		return "", err
	}
	return sleep(ms)
}

// realtime asks for a scheduler that comes before everybody else's.
func realtime(string) (string, error) {
	const fifo = 1
	param := struct{ priority int32 }{1}
	return "", call(unix.SYS_SCHED_SETSCHEDULER, 0, fifo, uintptr(unsafe.Pointer(&param)))
}

// away makes an attempt in a process that has forked twice and left its
// session: a limit on the child alone would not hold there. It returns when that
// process is gone, or after a time: "away:ATTEMPT".
func away(attempt string) (string, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer r.Close()
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	cmd := exec.Command("/bin/sh", "-c", `(setsid "$@" &)`, "sh", self, "attack", attempt)
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = os.Stdout, os.Stderr, []*os.File{w}
	err = cmd.Run()
	w.Close()
	if err != nil {
		return "", err
	}
	r.SetReadDeadline(time.Now().Add(time.Minute))
	_, err = r.Read(make([]byte, 1))
	if err != nil && strings.Contains(err.Error(), "EOF") {
		return "", nil // the last process that held the other end is gone
	}
	return "", err
}

// lowerCore sets the limit of core dumps to nothing, and tells what it is then.
func lowerCore(string) (string, error) {
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return "", err
	}
	var now unix.Rlimit
	err := unix.Getrlimit(unix.RLIMIT_CORE, &now)
	return strconv.FormatUint(now.Cur, 10), err
}

// crowd makes an attempt in so many daemons at once, each of which takes less
// than a limit on one process: "crowd:COUNT|ATTEMPT".
func crowd(arg string) (string, error) {
	count, attempt := two(arg)
	ended := make(chan error)
	for range number(count) {
		go func() {
			_, err := away(attempt)
			ended <- err
		}()
	}
	var failed error
	for range number(count) {
		failed = errors.Join(failed, <-ended)
	}
	return "", failed
}
