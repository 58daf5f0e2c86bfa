// Command squeeze makes the first process's program small: of a program that
// begins past Go's runtime it keeps the functions that are reached from there,
// the constants and the variables, and drops all else, the runtime first of all.
// The program is copied into memory at each start, so each page counts.
//
// It refuses a program that reaches what would need the runtime.
//
//	squeeze IN OUT
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: squeeze IN OUT")
		os.Exit(2)
	}
	if err := squeeze(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func squeeze(in, out string) error {
	functions, err := reached(in)
	if err != nil {
		return err
	}
	image, err := keep(in, functions)
	if err != nil {
		return err
	}
	return os.WriteFile(out, image, 0o755)
}
