package native

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"
)

// TestUntouched: only mappings of the program that nobody wrote to are given
// up. Those with pages of their own would lose what is in them.
func TestUntouched(t *testing.T) {
	const smaps = `00400000-00500000 r-xp 00000000 fe:00 1 /bin/ringwall
Size:               1024 kB
Anonymous:             0 kB
VmFlags: rd ex mr mw me
00500000-00600000 r--p 00100000 fe:00 1 /bin/ringwall
Anonymous:             4 kB
00600000-00700000 r--p 00200000 fe:00 1 /bin/ringwall
Anonymous:             0 kB
00700000-00800000 rw-p 00300000 fe:00 1 /bin/ringwall
Anonymous:             0 kB
00800000-00900000 r-xp 00000000 fe:00 2 /bin/other
Anonymous:             0 kB
00900000-00a00000 r-xp 00000000 00:00 0
Anonymous:             0 kB
00a00000-00b00000 r-xp 00000000 fe:00 1 /bin/ringwall (deleted)
Anonymous:             0 kB
`
	want := []mapping{{0x400000, 0x100000}, {0x600000, 0x100000}}
	if got := untouched([]byte(smaps), "/bin/ringwall"); !slices.Equal(got, want) {
		t.Errorf("got %x, want %x", got, want)
	}
	if got := untouched([]byte("x\n-\na-b r-xp 0 0 0 /x\nzz-aa r-xp 0 0 0 /x\nAnonymous:\n"), "/x"); len(got) != 0 {
		t.Errorf("of what is no list of mappings: %x", got)
	}
}

// TestTrimGivesBack: the process has fewer pages of its program afterwards, and
// goes on.
func TestTrimGivesBack(t *testing.T) {
	if os.Getenv("TRIM") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestTrimGivesBack$")
		cmd.Env = append(os.Environ(), "TRIM=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	before := resident(t)
	end := leanOnceSettled()
	time.Sleep(3 * settled)
	end()
	if after := resident(t); after > before*3/4 {
		t.Errorf("%d KiB of files were mapped, and %d still are", before, after)
	}
}

// resident is how much of files is mapped, in KiB.
func resident(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`RssFile:\s+(\d+) kB`).FindSubmatch(status)
	if m == nil {
		t.Fatal("no RssFile")
	}
	n, _ := strconv.Atoi(string(m[1]))
	return n
}
