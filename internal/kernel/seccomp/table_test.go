package seccomp

import (
	"fmt"
	"testing"
)

func TestEveryRowHasAReason(t *testing.T) {
	for _, r := range everything() {
		if len(r.Why) < 8 {
			t.Errorf("%s has the reason %q", r.Call, r.Why)
		}
	}
}

// TestRowsDoNotOverlap: of two rows for one call only the first would count.
func TestRowsDoNotOverlap(t *testing.T) {
	seen := map[string]Rule{}
	for _, r := range everything() {
		if first, twice := seen[r.Call]; twice {
			t.Errorf("%s has two rows: %+v and %+v", r.Call, first, r)
		}
		seen[r.Call] = r
	}
}

func TestNumbersAreDistinct(t *testing.T) {
	owner := map[int]string{}
	for name, nr := range numbers {
		if nr > newestCall {
			t.Errorf("%s has number %d, above the newest", name, nr)
		}
		if other, taken := owner[nr]; taken && nr >= 0 {
			t.Errorf("%s and %s have number %d", name, other, nr)
		}
		owner[nr] = name
	}
	used := map[string]bool{}
	for _, r := range everything() {
		used[r.Call] = true
	}
	for name := range numbers {
		if !used[name] {
			t.Errorf("%s has a number and no row", name)
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
		nr, known := numbers[name]
		if !known {
			t.Errorf("%s has no number", name)
			continue
		}
		if nr < 0 {
			continue
		}
		if got := execute(t, p, call(nr)); got != errno(1) && got != errno(38) {
			t.Errorf("%s gives %#x", name, got)
		}
	}
}

// TestNumbersAreTheKernels compares with the numbers that x/sys has from the
// kernel's own headers.
func TestNumbersAreTheKernels(t *testing.T) {
	for name, nr := range sysNumbers {
		if numbers[name] != nr {
			t.Errorf("%s has number %d, want %d", name, numbers[name], nr)
		}
	}
	for name, nr := range numbers {
		if _, checked := sysNumbers[name]; !checked && nr >= 0 {
			t.Errorf("the number of %s is not compared", name)
		}
	}
}

func ExampleDefault() {
	r := Default()[0]
	fmt.Println(r.Call, "-", r.Why)
	// Output: mount - a mount would change what the view holds
}
