package seccomp

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestEveryRowHasAReason(t *testing.T) {
	for _, r := range everything() {
		if len(r.Why) < 8 {
			t.Errorf("%s has the reason %q", r.Call, r.Why)
		}
	}
}

// TestRowsDoNotOverlap: a row behind one that always holds would never count.
func TestRowsDoNotOverlap(t *testing.T) {
	always := map[string]bool{}
	for _, r := range everything() {
		if always[r.Call] {
			t.Errorf("%s has a row behind one that always holds: %s", r.Call, r.Why)
		}
		always[r.Call] = always[r.Call] || len(r.When) == 0 && r.Action != Watch
	}
}

// TestEveryCallIsJudgedOnce: each call of each machine is refused as a whole or
// allowed, and not both. A call that a newer x/sys knows is missed here.
func TestEveryCallIsJudgedOnce(t *testing.T) {
	refused, groups := map[string]bool{}, map[string]int{}
	for _, r := range Default() {
		refused[r.Call] = refused[r.Call] || len(r.When) == 0
	}
	for _, g := range allowed {
		for c := range strings.FieldsSeq(g.calls) {
			groups[c]++
		}
		if strings.ContainsAny(g.use, " ") || g.use == "" {
			t.Errorf("%q is not a word", g.use)
		}
	}
	for name, m := range machines {
		if len(m.calls) != NewestCall+1 {
			t.Errorf("%s: the newest call is %d, not %d", name, len(m.calls)-1, NewestCall)
		}
		for nr, c := range m.calls {
			if c != "" && refused[c] == (groups[c] == 1) || groups[c] > 1 {
				t.Errorf("%s: %d %s: refused %v, allowed %d times", name, nr, c, refused[c], groups[c])
			}
		}
	}
	for c := range groups {
		if !known(c) {
			t.Errorf("%s is allowed, and no machine has it", c)
		}
	}
	for _, r := range everything() {
		if (len(r.When) > 0 || r.Action == Watch) && groups[r.Call] != 1 {
			t.Errorf("%s has a row with a condition, or is watched, and is not allowed otherwise", r.Call)
		}
	}
}

// TestRefusedForGood names, apart from the table, what must never get through:
// a row that is lost in an edit is missed here.
func TestRefusedForGood(t *testing.T) {
	p := assemble(t, Default(), Options{})
	for _, name := range []string{
		"mount", "umount2", "pivot_root", "chroot", "fsopen", "fsconfig", "fsmount", "fspick", "move_mount",
		"open_tree", "open_tree_attr", "mount_setattr", "unshare", "setns", "clone3", "ptrace",
		"process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd", "io_uring_setup",
		"io_uring_enter", "io_uring_register", "bpf", "init_module", "finit_module", "delete_module",
		"kexec_load", "kexec_file_load", "userfaultfd", "perf_event_open", "keyctl", "add_key", "request_key",
		"open_by_handle_at", "name_to_handle_at", "fanotify_init", "reboot", "swapon", "syslog", "acct",
		"quotactl", "quotactl_fd", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "memfd_secret",
		"sethostname", "move_pages", "iopl", "ioperm", "modify_ldt", "lookup_dcookie", "nfsservctl"} {
		if !known(name) {
			t.Errorf("%s has no number", name)
		}
		nr := native.number(name)
		if nr < 0 {
			continue
		}
		if got := execute(t, p, call(nr)); got != errno(1) && got != errno(38) {
			t.Errorf("%s gives %#x", name, got)
		}
	}
}

// TestNumbersAreTheKernels compares with the numbers that x/sys has from the
// kernel's own headers: all of them, in both directions.
func TestNumbersAreTheKernels(t *testing.T) {
	for arch, m := range map[string]machine{"amd64": x86, "arm64": arm} {
		want := sysNumbers(t, arch)
		for nr := range max(len(m.calls), len(want)) {
			have := ""
			if nr < len(m.calls) {
				have = m.calls[nr]
			}
			if have != want[nr] {
				t.Errorf("%s: number %d is %q here and %q in x/sys", arch, nr, have, want[nr])
			}
		}
		for nr, name := range want {
			if nr >= len(m.calls) {
				t.Errorf("%s: %d %s was not judged", arch, nr, name)
			}
		}
	}
}

var sysNumber = regexp.MustCompile(`(?m)^\s+SYS_(\w+)\s+= (\d+)$`)

// sysNumbers reads x/sys's table from its source.
func sysNumbers(t *testing.T, arch string) map[int]string {
	t.Helper()
	cmd := exec.Command("go", "list", "-f", "{{.Dir}}", "golang.org/x/sys/unix")
	cmd.Env = append(os.Environ(), "GOPROXY=off")
	dir, err := cmd.Output()
	if err != nil {
		t.Skipf("needs Go and the sources of golang.org/x/sys: %v", err)
	}
	source, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "zsysnum_linux_"+arch+".go"))
	if err != nil {
		t.Fatal(err)
	}
	table := map[int]string{}
	for _, m := range sysNumber.FindAllStringSubmatch(string(source), -1) {
		nr, err := strconv.Atoi(m[2])
		if err != nil {
			t.Fatal(err)
		}
		if m[1] != "ARCH_SPECIFIC_SYSCALL" { // the first of a range for others
			table[nr] = strings.ToLower(m[1])
		}
	}
	if len(table) < 300 {
		t.Fatalf("%d numbers in %s", len(table), dir)
	}
	return table
}

func ExampleDefault() {
	r := Default()[0]
	fmt.Println(r.Call, "-", r.Why)
	// Output: mount - a mount would change what the view holds
}
