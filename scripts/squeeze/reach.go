package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
)

// first is the function that the entry point calls.
const first = "ringwall/internal/kernel/child.start"

// entries are where the program begins, and what that calls by another name.
var entries = []string{"_ringwall_init", first}

// harmless is what of Go's runtime the first process may reach, and why it does
// no harm there. Everything else would need a runtime that was started.
var harmless = map[string]string{
	"runtime.memmove":                "copies bytes; plain assembly",
	"runtime.memclrNoHeapPointers":   "clears bytes; plain assembly",
	"runtime.memequal":               "compares bytes; plain assembly",
	"memeqbody":                      "the loop of memequal",
	"runtime.duffzero":               "clears bytes; plain assembly",
	"runtime.duffcopy":               "copies bytes; plain assembly",
	"runtime.morestack_noctxt":       "behind a bound that no stack reaches",
	"runtime.morestack":              "behind a bound that no stack reaches",
	"runtime.gcWriteBarrier":         "while a collection runs, and none ever does",
	"runtime.wbMove":                 "while a collection runs, and none ever does",
	"runtime.wbZero":                 "while a collection runs, and none ever does",
	"runtime.panicBounds":            "an index out of bounds: it dies there, and the sandbox with it",
	"runtime.panicshift":             "a shift by a negative number: it dies there, and the sandbox with it",
	"runtime.panicdivide":            "a division by zero: it dies there, and the sandbox with it",
	"runtime.panicunsafeslicelen":    "a slice of a negative length: it dies there, and the sandbox with it",
	"runtime.panicunsafeslicenilptr": "a slice of nothing: it dies there, and the sandbox with it",
}

// working are those of them that do their work there; the others are where it
// dies, and need not be there for that.
var working = []string{"runtime.memmove", "runtime.memclrNoHeapPointers", "runtime.memequal", "memeqbody", "runtime.duffzero", "runtime.duffcopy"}

var (
	numbered = regexp.MustCompile(`\d+$`)
	function = regexp.MustCompile(`^TEXT (\S+)\(SB\)`)
	callee   = regexp.MustCompile(`\s(?:CALL|JMP|BL|B) (\S+?)(?:\+\d+)?\(SB\)`)
	indirect = regexp.MustCompile(`\sCALL (?:[A-Z0-9]+|0x[0-9a-f]*\(.*\)|\d*\([A-Z0-9]+\))\s*$`)
)

// reached lists the functions that can run in a program that begins at the
// entry point. It is an error if one of them needs Go's runtime, or calls
// through a pointer, which cannot be followed.
func reached(program string) ([]string, error) {
	calls, err := disassemble(program)
	if err != nil {
		return nil, err
	}
	if len(calls[first]) == 0 {
		return nil, fmt.Errorf("%s is not in %s", first, program)
	}
	out := slices.Clone(entries)
	for i := 0; i < len(out); i++ {
		for _, name := range calls[out[i]] {
			plain := numbered.ReplaceAllString(name, "")
			switch {
			case name == pointer:
				return nil, fmt.Errorf("%s calls through a pointer, which cannot be followed", out[i])
			case harmless[plain] != "" && !slices.Contains(working, plain), slices.Contains(out, name):
			case harmless[plain] == "" && strings.HasPrefix(name, "runtime."):
				return nil, fmt.Errorf("%s calls %s, which needs a runtime that was started", out[i], name)
			default:
				out = append(out, name)
			}
		}
	}
	return out, nil
}

// pointer stands for a callee that is not known before it runs.
const pointer = "(a pointer)"

// disassemble reads who calls whom. A function for calls from assembly has the
// same name with ".abi0" behind it; both are taken for one.
func disassemble(program string) (map[string][]string, error) {
	text, err := exec.Command("go", "tool", "objdump", program).Output()
	if err != nil {
		return nil, fmt.Errorf("disassemble %s: %w", program, err)
	}
	calls, name := map[string][]string{}, ""
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		line := lines.Bytes()
		if m := function.FindSubmatch(line); m != nil {
			name = strings.TrimSuffix(string(m[1]), ".abi0")
		} else if m := callee.FindSubmatch(line); m != nil {
			calls[name] = append(calls[name], strings.TrimSuffix(string(m[1]), ".abi0"))
		} else if indirect.Match(line) {
			calls[name] = append(calls[name], pointer)
		}
	}
	return calls, lines.Err()
}
