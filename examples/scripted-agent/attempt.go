//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// attempt is one thing that a compromised agent would try.
type attempt struct {
	name string // for -only
	what string // for people
	// try returns nil and a note when it succeeded, and the refusal otherwise.
	try func() (string, error)
}

// attempts lists them all, in the order in which they are made. Moving the
// folder of the settings comes after the attempts on the files in it, and the
// forks come last, because they disturb everything.
func attempts(opt options) []attempt {
	all := slices.Concat(fileAttempts(), secretAttempts(opt), networkAttempts(opt), syscallAttempts())
	return append(all, forkAttempt(opt))
}

// names lists the names of attempts.
func names(all []attempt) []string {
	var out []string
	for _, a := range all {
		out = append(out, a.name)
	}
	return out
}

// choose picks attempts by name.
func choose(all []attempt, wanted string) ([]attempt, error) {
	var out []attempt
	for _, name := range strings.Split(wanted, ",") {
		i := slices.Index(names(all), name)
		if i < 0 {
			return nil, fmt.Errorf("no attempt is named %q; -list prints the names", name)
		}
		out = append(out, all[i])
	}
	return out, nil
}

// make carries the attempt out, prints one line, and tells whether it
// succeeded. After a refusal the agent goes on with the next.
func (a attempt) make(out io.Writer) bool {
	note, err := a.try()
	outcome := "SUCCEEDED"
	if err != nil {
		outcome, note = "refused", describe(err)
	}
	if note != "" {
		outcome += ": " + oneLine(note)
	}
	fmt.Fprintf(out, "attempt %-15s %s: %s\n", a.name, a.what, outcome)
	return err == nil
}

// describe names the error number, where there is one, before the words.
func describe(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return fmt.Sprintf("%s (%v)", unix.ErrnoName(errno), err)
	}
	return err.Error()
}

// oneLine keeps a text on its line.
func oneLine(s string) string {
	return strings.Join(strings.Fields(s), " ")
}
