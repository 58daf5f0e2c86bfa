//go:build linux

package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"time"
)

func forkAttempt(opt options) attempt {
	return attempt{"fork", "fork without end", func() (string, error) { return forkApart(opt) }}
}

// forkApart makes the forks in a process of their own: where no more threads
// can be had, the Go runtime of that process may end, and the agent goes on.
func forkApart(opt options) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	warmThreads()
	output, err := exec.Command(self, asForker, strconv.Itoa(opt.maxForks), opt.hold.String()).Output()
	var started int
	var reason string
	if _, scanErr := fmt.Sscanf(string(output), "%d %q", &started, &reason); scanErr != nil {
		return "", fmt.Errorf("the process that forked was ended (%v)", err)
	}
	if reason == "" {
		return fmt.Sprintf("%d copies, and could go on", started), nil
	}
	return "", fmt.Errorf("%s after %d copies", reason, started)
}

// forks starts copies of this program until one fails, keeps them for a while,
// ends them, and prints how many there were and why there were no more.
func forks(out io.Writer, most int, hold time.Duration) {
	warmThreads()
	self, err := os.Executable()
	var copies []*exec.Cmd
	for err == nil && len(copies) < most {
		var c *exec.Cmd
		if c, err = startCopy(self); err == nil {
			copies = append(copies, c)
		}
	}
	time.Sleep(hold)
	for _, c := range copies {
		c.Process.Kill()
		c.Wait()
	}
	reason := ""
	if err != nil {
		reason = describe(err)
	}
	fmt.Fprintf(out, "%d %q\n", len(copies), reason)
}

// startCopy starts one copy. It waits for the end of its standard input, which
// comes with the forker's end, so that none is ever left behind.
func startCopy(self string) (*exec.Cmd, error) {
	c := exec.Command(self, asCopy)
	c.Env = append(os.Environ(), "GOMAXPROCS=1")
	if _, err := c.StdinPipe(); err != nil {
		return nil, err
	}
	return c, c.Start()
}

// warmThreads has the runtime make the threads that it may need while no more
// can be had, and keeps it from collecting garbage, which would want others.
func warmThreads() {
	debug.SetGCPercent(-1)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			time.Sleep(10 * time.Millisecond)
		})
	}
	all.Wait()
}
