package backendtest

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// kernelProbes ask the kernel for what a locked-in process must not get, and
// for what it may have all the same.
var kernelProbes = map[string]probe{
	"securebits":     secureBits,
	"regain":         regain,
	"setuid":         func(id string) (string, error) { return "", call(unix.SYS_SETUID, number(id)) },
	"threads":        threads,
	"create-threads": createOnThreads,
	"pty":            onTerminal,
	"own-filter":     ownFilter,
	"own-landlock":   ownLandlock,
	"descriptor":     useDescriptors,
}

func secureBits(string) (string, error) {
	n, err := unix.PrctlRetInt(unix.PR_GET_SECUREBITS, 0, 0, 0, 0)
	return strconv.FormatInt(int64(n), 16), err
}

// regain asks for a capability.
func regain(string) (string, error) {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var all [2]unix.CapUserData
	all[0] = unix.CapUserData{Effective: 1, Permitted: 1} // CAP_CHOWN
	return "", unix.Capset(&header, &all[0])
}

// threads tells how each thread of a process is locked in, every form once.
func threads(pid string) (string, error) {
	tasks, err := filepath.Glob("/proc/" + pid + "/task/*/status")
	var forms []string
	for _, task := range tasks {
		data, err := os.ReadFile(task)
		if err != nil {
			return task, err
		}
		var form []string
		for line := range strings.Lines(string(data)) {
			k, v, _ := strings.Cut(line, ":")
			if slices.Contains([]string{"CapPrm", "CapEff", "CapBnd", "NoNewPrivs", "Seccomp"}, k) {
				form = append(form, k+" "+strings.TrimSpace(v))
			}
		}
		forms = append(forms, strings.Join(form, ", "))
	}
	slices.Sort(forms)
	return strings.Join(slices.Compact(forms), "; "), err
}

// createOnThreads makes a file on each of several threads, and gives the first
// thing that was not refused.
func createOnThreads(path string) (string, error) {
	results := make(chan error)
	const many = 8
	for i := range many {
		go func() {
			runtime.LockOSThread() // the thread ends with it
			_, err := open(path+strconv.Itoa(i), unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL)
			results <- err
		}()
	}
	var last error
	said := map[string]int{}
	for range many {
		last = <-results
		said[Errno(last)]++
	}
	return fmt.Sprint(said), last
}

// onTerminal makes a terminal, takes it for its controlling one, and tries a
// command on it: "pty:0x5412".
func onTerminal(cmd string) (string, error) {
	master, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "open a terminal", err
	}
	defer unix.Close(master)
	if err := unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0); err != nil {
		return "unlock it", err
	}
	n, err := unix.IoctlGetInt(master, unix.TIOCGPTN)
	if err != nil {
		return "name it", err
	}
	tty, err := unix.Open("/dev/pts/"+strconv.Itoa(n), unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return "open its other end", err
	}
	defer unix.Close(tty)
	signal.Ignore(unix.SIGHUP) // which it sends when it is closed
	unix.Setsid()
	unix.IoctlSetInt(tty, unix.TIOCSCTTY, 0)
	scratch = [512]byte{}
	return "", call(unix.SYS_IOCTL, uintptr(tty), number(cmd), pointer())
}

// ownFilter installs a filter that allows everything, as a program does that
// has a sandbox of its own.
func ownFilter(string) (string, error) {
	pass := []unix.SockFilter{{Code: 0x06, K: 0x7fff0000}}
	prog := unix.SockFprog{Len: 1, Filter: &pass[0]}
	const setModeFilter = 1
	return "", call(unix.SYS_SECCOMP, setModeFilter, 0, uintptr(unsafe.Pointer(&prog)))
}

// ownLandlock makes a ruleset, as such a program does.
func ownLandlock(string) (string, error) {
	attr := unix.LandlockRulesetAttr{Handled_access_fs: unix.LANDLOCK_ACCESS_FS_WRITE_FILE}
	fd, _, errno := unix.RawSyscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), 8, 0)
	if errno != 0 {
		return "", errno
	}
	unix.Close(int(fd))
	return "", nil
}

// useDescriptors writes to, connects with and reads every number that a
// descriptor could have, but for the standard three, and names what answered.
func useDescriptors(string) (string, error) {
	var answered []string
	for fd := 3; fd < 1024; fd++ {
		if runtimes(fd) {
			continue
		}
		_, err := unix.Write(fd, []byte("X\x00\x00\x00\x00"))
		if err != unix.EBADF {
			answered = append(answered, strconv.Itoa(fd)+" "+Errno(err))
		}
	}
	if len(answered) == 0 {
		return "", unix.EBADF
	}
	return strings.Join(answered, ", "), nil
}
