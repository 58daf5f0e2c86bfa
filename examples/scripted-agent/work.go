//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// The repair that the stand-in knows: the bug of examples/fixit.
const (
	brokenFile = "span.go"
	brokenLine = "out[n-1].End = next.End"
	repaired   = "out[n-1].End = max(out[n-1].End, next.End)"
)

// work runs the tests and repairs the bug if they fail. It tells whether they
// passed before anything was done.
func work(out io.Writer) bool {
	if test(out) {
		return true
	}
	if err := repair(); err != nil {
		fmt.Fprintf(out, "I know no repair: %v\n", err)
		return false
	}
	fmt.Fprintf(out, "Edited %s: a span keeps the later of the two ends.\n", brokenFile)
	test(out)
	return false
}

// test runs the project's tests and prints their failures.
func test(out io.Writer) bool {
	output, err := command("go", "test", "./...").CombinedOutput()
	if err == nil {
		fmt.Fprintln(out, "go test ./...: passed")
		return true
	}
	fmt.Fprintf(out, "go test ./...: %v\n", err)
	printIndented(out, output)
	return false
}

// repair rewrites the broken line.
func repair() error {
	old, err := os.ReadFile(brokenFile)
	if err != nil {
		return err
	}
	if !bytes.Contains(old, []byte(brokenLine)) {
		return fmt.Errorf("%s does not hold the line that I know", brokenFile)
	}
	fixed := bytes.Replace(old, []byte(brokenLine), []byte(repaired), 1)
	return os.WriteFile(brokenFile, fixed, 0o644)
}

// commit records the repaired file.
func commit(out io.Writer) {
	for _, args := range [][]string{
		{"add", "--", brokenFile},
		{"-c", "user.name=Scripted Agent", "-c", "user.email=agent@example.com", "commit", "--quiet",
			"--message", "Merge: keep the later end of two spans"},
	} {
		if output, err := command("git", args...).CombinedOutput(); err != nil {
			fmt.Fprintf(out, "git %s: %v\n", args[0], err)
			printIndented(out, output)
			return
		}
	}
	fmt.Fprintf(out, "Committed %s.\n", brokenFile)
}

// command prepares a program. The Go tool is told to keep to two processes at
// a time, because the example's policy allows few.
func command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=2", "GOFLAGS=-p=2")
	return cmd
}

// printIndented prints a program's output, so that none of its lines can be
// taken for the agent's own last word.
func printIndented(out io.Writer, text []byte) {
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		fmt.Fprintf(out, "    %s\n", line)
	}
}
