//go:build linux

package child

import (
	"bufio"
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// allowed is what of Go's runtime the first process may reach, and why it does
// no harm there. Everything else would need a runtime that was started.
var allowed = map[string]string{
	"runtime.memmove":                "copies bytes; plain assembly",
	"runtime.memclrNoHeapPointers":   "clears bytes; plain assembly",
	"runtime.duffzero":               "clears bytes; plain assembly",
	"runtime.duffcopy":               "copies bytes; plain assembly",
	"runtime.morestack_noctxt":       "behind a bound that no stack reaches: see goroutine",
	"runtime.morestack":              "behind a bound that no stack reaches: see goroutine",
	"runtime.gcWriteBarrier":         "while a collection runs, and none ever does",
	"runtime.wbMove":                 "while a collection runs, and none ever does",
	"runtime.wbZero":                 "while a collection runs, and none ever does",
	"runtime.panicBounds":            "an index out of bounds: it dies there, and the sandbox with it",
	"runtime.panicshift":             "a shift by a negative number: it dies there, and the sandbox with it",
	"runtime.panicdivide":            "a division by zero: it dies there, and the sandbox with it",
	"runtime.panicunsafeslicelen":    "a slice of a negative length: it dies there, and the sandbox with it",
	"runtime.panicunsafeslicenilptr": "a slice of nothing: it dies there, and the sandbox with it",
}

// TestNoRuntime: from where the first process begins, no code is reached that
// allocates, schedules or waits for a runtime: it was never started there.
func TestNoRuntime(t *testing.T) {
	if Entry() == 0 { // links it all into this test, which is then run again when it changes
		t.Fatal("there is no entry")
	}
	calls := disassemble(t)
	const first = "ringwall/internal/kernel/child.start"
	if len(calls[first]) == 0 {
		t.Fatalf("%s is not in the program", first)
	}
	seen := map[string]string{first: ""}
	for todo := []string{first}; len(todo) > 0; todo = todo[1:] {
		for _, callee := range calls[todo[0]] {
			callee = strings.TrimSuffix(callee, ".abi0")
			if _, known := seen[callee]; known {
				continue
			}
			seen[callee] = todo[0]
			if allowed[numbered.ReplaceAllString(callee, "")] != "" {
				continue
			}
			if strings.HasPrefix(callee, "runtime.") {
				t.Errorf("%s calls %s", todo[0], callee)
				continue
			}
			todo = append(todo, callee)
		}
	}
	t.Logf("%d functions are reached", len(seen))
	if _, ok := seen["syscall.RawSyscall6"]; !ok {
		t.Errorf("no system call is reached: the calls were not read: %v", slices.Sorted(maps.Keys(seen)))
	}
}

var (
	numbered = regexp.MustCompile(`\d+$`)
	function = regexp.MustCompile(`^TEXT (\S+)\(SB\)`)
	callee   = regexp.MustCompile(`\s(?:CALL|JMP|BL|B) (\S+?)(?:\+\d+)?\(SB\)`)
	indirect = regexp.MustCompile(`\sCALL (?:[A-Z0-9]+|0x[0-9a-f]*\(.*\)|\d*\([A-Z0-9]+\))\s*$`)
)

// disassemble builds the program and reads who calls whom.
func disassemble(t *testing.T) map[string][]string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "ringwall-init")
	build := exec.Command("go", "build", "-buildvcs=false", "-ldflags=-E _ringwall_init", "-o", bin, "ringwall/cmd/ringwall-init")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := exec.Command("go", "tool", "objdump", "-s", `^(ringwall/|syscall\.|golang.org/|internal/|unsafe)`, bin).Output()
	if err != nil {
		t.Fatal(err)
	}
	calls, name := map[string][]string{}, ""
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		line := lines.Text()
		if m := function.FindStringSubmatch(line); m != nil {
			name = m[1]
		} else if m := callee.FindStringSubmatch(line); m != nil && m[1] != name {
			calls[name] = append(calls[name], m[1])
		} else if strings.HasPrefix(name, "ringwall/") && indirect.MatchString(line) {
			t.Errorf("%s calls through a pointer, which cannot be followed: %s", name, line)
		}
	}
	return calls
}
