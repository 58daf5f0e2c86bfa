package capability

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/kerneltest"
)

func TestMain(m *testing.M) {
	kerneltest.Main(m, map[string]func([]string){"drop": drop, "again": again})
}

// drop tries what takes a capability, without the control and with it.
func drop(args []string) {
	threads := manyThreads()
	if args[0] == "with" {
		kerneltest.Must("DropAll", DropAll())
		kerneltest.Must("NoNewPrivs", NoNewPrivs())
	}
	attempts()
	status("/proc/thread-self/status", "")
	status("/proc/self/task/"+threads+"/status", "other ")
	if args[0] == "with" {
		regain()
	}
	// What a program gets that is started from here.
	kerneltest.Must("exec", unix.Exec("/proc/self/exe", []string{"x", "again", "again"}, nil))
}

// again is the program that was started.
func again([]string) {
	status("/proc/self/status", "exec ")
	kerneltest.Say("exec mount", unix.Mount("none", "/tmp", "tmpfs", 0, ""))
}

func attempts() {
	kerneltest.Say("mount", unix.Mount("none", "/tmp", "tmpfs", 0, ""))
	kerneltest.Say("sethostname", unix.Sethostname([]byte("x")))
	_, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
	kerneltest.Say("packet socket", err)
	kerneltest.Say("chroot", unix.Chroot("/"))
}

// regain tries the ways back.
func regain() {
	kerneltest.Say("raise ambient", unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_RAISE, unix.CAP_SYS_ADMIN, 0, 0))
	kerneltest.Say("unlock securebits", unix.Prctl(unix.PR_SET_SECUREBITS, 0, 0, 0, 0))
	kerneltest.Say("keep capabilities", unix.Prctl(unix.PR_SET_KEEPCAPS, 1, 0, 0, 0))
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	data := [2]unix.CapUserData{{Effective: 1 << unix.CAP_SYS_ADMIN, Permitted: 1 << unix.CAP_SYS_ADMIN}}
	kerneltest.Say("capset", unix.Capset(&header, &data[0]))
	kerneltest.Say("setuid 0", unix.Setuid(0)) // it is 0 already: allowed, and gives nothing
	attempts()
	kerneltest.Say("no_new_privs off", unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0))
}

// manyThreads starts threads that stay, and returns the number of one.
func manyThreads() string {
	id := make(chan int)
	for range 4 {
		go func() {
			runtime.LockOSThread()
			id <- unix.Gettid()
			select {}
		}()
	}
	var last int
	for range 4 {
		last = <-id
	}
	return strconv.Itoa(last)
}

func status(file, prefix string) {
	data, err := os.ReadFile(file)
	kerneltest.Must("read "+file, err)
	for line := range strings.Lines(string(data)) {
		key, value, _ := strings.Cut(line, ":")
		if strings.HasPrefix(key, "Cap") || key == "NoNewPrivs" {
			os.Stdout.WriteString(prefix + key + "\t" + strings.TrimSpace(value) + "\n")
		}
	}
}

const none = "0000000000000000"

func TestDropAll(t *testing.T) {
	with := kerneltest.Inside(t, "drop", "with")
	kerneltest.Compare(t, with, map[string]string{
		"mount": "EPERM", "sethostname": "EPERM", "packet socket": "EPERM", "chroot": "EPERM",
		"CapInh": none, "CapPrm": none, "CapEff": none, "CapBnd": none, "CapAmb": none, "NoNewPrivs": "1",
		// A thread that runs nothing of the agent's: its bounding set only
		// counts where a program is started from.
		"other CapInh": none, "other CapPrm": none, "other CapEff": none, "other NoNewPrivs": "1",
		"raise ambient": "EPERM", "unlock securebits": "EPERM", "keep capabilities": "EPERM",
		"capset": "EPERM", "setuid 0": "ok", "no_new_privs off": "EINVAL",
		"exec mount": "EPERM", "exec CapPrm": none, "exec CapEff": none, "exec CapBnd": none, "exec NoNewPrivs": "1",
	})
	without := kerneltest.Inside(t, "drop", "without")
	kerneltest.Compare(t, without, map[string]string{
		"mount": "ok", "sethostname": "ok", "packet socket": "ok", "chroot": "ok", "NoNewPrivs": "0",
		"exec mount": "ok", "exec NoNewPrivs": "0"})
	if without["CapEff"] == none || without["exec CapEff"] == none {
		t.Errorf("without the control there were no capabilities either: %v", without)
	}
}
