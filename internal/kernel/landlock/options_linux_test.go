package landlock

import (
	"os"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/kerneltest"
)

// tcp is a TCP socket of the loopback address, which has to be up.
func tcp() int {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	kerneltest.Must("socket", err)
	return fd
}

func at(port int) *unix.SockaddrInet4 {
	return &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}
}

func up() {
	fd := tcp()
	defer unix.Close(fd)
	ifr, err := unix.NewIfreq("lo")
	kerneltest.Must("name loopback", err)
	ifr.SetUint16(unix.IFF_UP)
	kerneltest.Must("bring loopback up", unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, ifr))
}

// tryPorts takes and reaches ports, one that is allowed and one that is not.
func tryPorts(args []string) {
	up()
	for _, port := range []int{3001, 3002} {
		fd := tcp()
		kerneltest.Must("bind", unix.Bind(fd, at(port)))
		kerneltest.Must("listen", unix.Listen(fd, 8))
	}
	if args[0] == "closed" {
		r, err := NewWith(4, Options{Bind: true, Connect: true})
		kerneltest.Must("New", err)
		kerneltest.Must("AllowConnect", r.AllowConnect(3001))
		kerneltest.Must("AllowBind", r.AllowBind(4001))
		kerneltest.Must("no_new_privs everywhere", noNewPrivs())
		kerneltest.Must("Restrict", r.Restrict())
	}
	for _, port := range []int{3001, 3002} {
		kerneltest.Say("connect "+strconv.Itoa(port), unix.Connect(tcp(), at(port)))
	}
	for _, port := range []int{4001, 4002, 0} {
		kerneltest.Say("bind "+strconv.Itoa(port), unix.Bind(tcp(), at(port)))
	}
	// Without bind, listen and connect choose a port by themselves.
	kerneltest.Say("listen on any", unix.Listen(tcp(), 1))
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	kerneltest.Must("socket", err)
	kerneltest.Say("udp", unix.Connect(fd, at(3002)))
}

func TestPorts(t *testing.T) {
	if ABI() < 4 {
		t.Skipf("needs Landlock 4, this kernel has %d", ABI())
	}
	want := map[string]string{"connect 3001": "ok", "connect 3002": "EACCES", "bind 4001": "ok", "bind 4002": "EACCES", "bind 0": "EACCES",
		"udp": "ok"} // closed from version 10 on
	kerneltest.Compare(t, kerneltest.Inside(t, "ports", "closed"), want)
	for attempt := range want {
		want[attempt] = "ok"
	}
	kerneltest.Compare(t, kerneltest.Inside(t, "ports", "open"), want)
}

// tryExecute runs a copy of a program outside the trees from which programs run.
func tryExecute(args []string) {
	base := args[1]
	if args[0] == "closed" {
		r, err := NewWith(1, Options{Execute: true})
		kerneltest.Must("New", err)
		for _, dir := range []string{"/usr", base + "/allowed"} {
			fd, err := unix.Open(dir, unix.O_PATH|unix.O_CLOEXEC, 0)
			kerneltest.Must("open "+dir, err)
			kerneltest.Must("AllowExecute", r.AllowExecute(fd))
		}
		kerneltest.Must("no_new_privs everywhere", noNewPrivs())
		kerneltest.Must("Restrict", r.Restrict())
	}
	for _, dir := range []string{"allowed", "other"} {
		kerneltest.Say(dir, run(base+"/"+dir+"/true"))
		_, err := os.ReadFile(base + "/" + dir + "/true")
		kerneltest.Say(dir+" read", err)
	}
}

func run(program string) error {
	pid, err := syscall.ForkExec(program, []string{program}, &syscall.ProcAttr{})
	if err != nil {
		return err
	}
	_, err = unix.Wait4(pid, nil, 0, nil)
	return err
}

func TestExecute(t *testing.T) {
	if ABI() == 0 {
		t.Skip("this kernel has no Landlock")
	}
	program, err := os.ReadFile("/bin/true")
	if err != nil {
		t.Fatal(err)
	}
	base := prepare(t)
	for _, dir := range []string{"/allowed", "/other"} {
		if err := os.WriteFile(base+dir+"/true", program, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	kerneltest.Compare(t, kerneltest.Inside(t, "execute", "closed", base),
		map[string]string{"allowed": "ok", "other": "EACCES", "allowed read": "ok", "other read": "ok"})
	kerneltest.Compare(t, kerneltest.Inside(t, "execute", "open", base), map[string]string{"allowed": "ok", "other": "ok"})
}
