// Command probe makes one kind of system call over and over, or starts one
// command, and says how long that took. It reads lines "NAME COUNT" and answers
// each with nanoseconds, so that a bare one and a confined one can take turns.
// It calls the kernel itself, past the Go scheduler, whose doings would be
// measured too.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"golang.org/x/sys/unix"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: probe FILE FOLDER [COMMAND...]\n"+
			"FILE is opened and looked at, FOLDER is written to, COMMAND is started")
		os.Exit(2)
	}
	runtime.LockOSThread()
	debug.SetGCPercent(-1)
	if err := serve(newCalls(os.Args[1], os.Args[2], os.Args[3:])); err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		os.Exit(1)
	}
}

// serve answers until its input ends.
func serve(c *calls) error {
	defer c.clean()
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var name string
		var count int
		if _, err := fmt.Sscan(in.Text(), &name, &count); err != nil {
			return err
		}
		took, err := c.take(name, count)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Println(took.Nanoseconds())
	}
	return in.Err()
}

// take makes count calls of one kind; what prepares and clears up is not timed.
func (c *calls) take(name string, count int) (time.Duration, error) {
	do, known := c.table()[name]
	if !known {
		return 0, unix.ENOSYS
	}
	if err := do.before(count); err != nil {
		return 0, err
	}
	began := time.Now()
	for i := range count {
		if errno := do.one(i); errno != 0 {
			return 0, errno
		}
	}
	took := time.Since(began)
	return took, do.after(count)
}
