package native

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ringwall/internal/host"
)

// TestAheadIsTheSame: a filter that was made before the plan was known is the
// one that the plan asks for, or another is made.
func TestAheadIsTheSame(t *testing.T) {
	var none *ahead
	a := lookAhead(host.Facts{UID: 1000, Observe: host.Ability{OK: true}})
	defer a.close()
	for _, k := range [][2]bool{{true, false}, {false, false}, {true, true}} {
		got, want := a.takeFilter(k[0], k[1]), none.takeFilter(k[0], k[1])
		if got.err != nil || !slices.Equal(got.program, want.program) || len(got.rules) != len(want.rules) {
			t.Errorf("observe %v, affinity %v: another filter, %v", k[0], k[1], got.err)
		}
	}
	if slices.Equal(newFilter(true, false).program, newFilter(false, false).program) {
		t.Error("the filters are all the same: this shows nothing")
	}
}

// TestAheadLeavesNoProcess: the process of a mapping ends, whether the mapping
// was used or not.
func TestAheadLeavesNoProcess(t *testing.T) {
	h := facts(t)
	if !h.IsRoot() || h.Account == nil {
		t.Skip("only root maps a project's owner to an account")
	}
	before := processes(t)
	a := lookAhead(h)
	<-a.done
	if a.mapping == nil || len(processes(t)) != len(before)+1 {
		t.Fatalf("no process was started: %v", processes(t))
	}
	a.close()
	if now := processes(t); !slices.Equal(now, before) {
		t.Errorf("a process is left that nobody took: %v, before %v", now, before)
	}
	a = lookAhead(h)
	defer a.close()
	for range 2 { // the second is a new one
		m, err := a.takeMapping()
		must(t, err)
		files, err := m.Mounts(h, 0, 0, t.TempDir())
		must(t, err)
		closeAll(files)
		m.Close()
	}
	if now := processes(t); !slices.Equal(now, before) {
		t.Errorf("a process is left that was taken: %v, before %v", now, before)
	}
}

// processes are this program's processes.
func processes(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/self/task/*/children")
	must(t, err)
	var out []string
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err == nil {
			out = append(out, strings.Fields(string(b))...)
		}
	}
	slices.Sort(out)
	return out
}
