//go:build linux

package main

import (
	"io"
	"os"
	"strconv"
	"time"
)

// As its first argument each of these makes a process one of the parts that
// the agent plays beside itself.
const (
	asCopy   = "as-copy"   // wait for the end of standard input
	asForker = "as-forker" // COPIES TIME: see forks
	asMiddle = "as-middle" // FILE TIME: start a writer and end before it
	asWriter = "as-writer" // FILE TIME: see keepWriting
)

// play takes the part that the arguments name, and tells whether they named
// one.
func play(args []string, in io.Reader, out io.Writer) bool {
	if len(args) == 0 {
		return false
	}
	switch args[0] {
	case asCopy:
		io.Copy(io.Discard, in)
	case asForker:
		forks(out, number(args, 1), duration(args, 2))
	case asMiddle:
		startDetached(asWriter, args[1:]...)
	case asWriter:
		keepWriting(args[1], duration(args, 2))
	default:
		return false
	}
	return true
}

// number and duration read arguments that this program itself wrote.
func number(args []string, i int) int {
	n, err := strconv.Atoi(args[i])
	if err != nil {
		os.Exit(2)
	}
	return n
}

func duration(args []string, i int) time.Duration {
	d, err := time.ParseDuration(args[i])
	if err != nil {
		os.Exit(2)
	}
	return d
}
