//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// sleepOn does nothing, and does not listen when it is asked to end.
func sleepOn() {
	signal.Ignore(unix.SIGINT, unix.SIGTERM, unix.SIGHUP)
	time.Sleep(math.MaxInt64)
}

// flood writes until nobody reads any more.
func flood(out io.Writer) {
	line := append(bytes.Repeat([]byte("flood "), 20), '\n')
	chunk := bytes.Repeat(line, 512)
	for {
		if _, err := out.Write(chunk); err != nil {
			return
		}
	}
}

// outlive leaves a process behind that is nobody's child: it was started by a
// process in between, in a session of its own, that has already ended.
func outlive(opt options, out io.Writer) int {
	self, err := os.Executable()
	if err == nil {
		err = exec.Command(self, asMiddle, opt.outlive, opt.outliveFor.String()).Run()
	}
	if err != nil {
		fmt.Fprintf(out, "Could leave nothing behind: %v\n", err)
		return 1
	}
	fmt.Fprintf(out, "Left a process behind that writes to %s.\n", opt.outlive)
	return 0
}

// startDetached starts this program in a session of its own, with none of the
// caller's files open, and does not wait for it.
func startDetached(role string, args ...string) {
	self, err := os.Executable()
	if err != nil {
		os.Exit(1)
	}
	cmd := exec.Command(self, append([]string{role}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		os.Exit(1)
	}
}

// keepWriting appends to a file twenty times a second.
func keepWriting(path string, howLong time.Duration) {
	signal.Ignore(unix.SIGINT, unix.SIGTERM, unix.SIGHUP)
	for end := time.Now().Add(howLong); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			continue
		}
		fmt.Fprintln(file, "still here:", os.Getpid())
		file.Close()
	}
}
