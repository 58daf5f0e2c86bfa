package callname

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ringwall/internal/kernel/seccomp"
)

// TestNames: the list is what golang.org/x/sys has for both architectures,
// and every call of the table is in it.
func TestNames(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "golang.org/x/sys").Output()
	if err != nil {
		t.Skipf("needs the go command and the module's sources: %v", err)
	}
	want := map[string]bool{}
	for _, arch := range []string{"amd64", "arm64"} {
		text, err := os.ReadFile(filepath.Join(string(bytes.TrimSpace(dir)), "unix/zsysnum_linux_"+arch+".go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`SYS_(\w+) +=`).FindAllSubmatch(text, -1) {
			if name := strings.ToLower(string(m[1])); name != "arch_specific_syscall" { // a place in the table
				want[name] = true
			}
		}
	}
	list := strings.Fields(names)
	if !slices.IsSorted(list) || len(list) != len(want) {
		t.Errorf("%d names, want %d, sorted", len(list), len(want))
	}
	for name := range want {
		if !Known(name) {
			t.Errorf("%s is missing", name)
		}
	}
	// A few of the table's are of no architecture that is supported.
	gone := []string{"quotactl_fd", "vm86", "nfsservctl", "open_tree_attr"}
	for _, r := range slices.Concat(seccomp.Default(), seccomp.Affinity(), seccomp.Observation()) {
		if !Known(r.Call) && !slices.Contains(gone, r.Call) {
			t.Errorf("%s is in the table and no name of a call", r.Call)
		}
	}
	if Known("curl") || Known("") {
		t.Error("not a call")
	}
}
