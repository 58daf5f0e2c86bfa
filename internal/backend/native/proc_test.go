package native

import (
	"os"
	"slices"
	"testing"
)

// TestProcNames: all that is no process is found, although the list is not read
// to its end.
func TestProcNames(t *testing.T) {
	entries, err := os.ReadDir("/proc")
	must(t, err)
	var want []procName
	for _, e := range entries {
		if !isNumber(e.Name()) {
			want = append(want, procName{e.Name(), e.IsDir()})
		}
	}
	got, err := procNames()
	must(t, err)
	slices.SortFunc(got, func(a, b procName) int {
		if a.name < b.name {
			return -1
		}
		return 1
	})
	if !slices.Equal(got, want) {
		t.Errorf("the names are\n%v\nwant\n%v", got, want)
	}
}

// TestRootsOwn: a file that everybody may read is covered whatever it is called.
func TestRootsOwn(t *testing.T) {
	for name, want := range map[string]bool{"kmsg": true, "version": false, "cpuinfo": false, "nothing of that name": false} {
		if got := rootsOwn(procName{name: name}); got != want {
			t.Errorf("rootsOwn(%s) = %v", name, got)
		}
	}
}
