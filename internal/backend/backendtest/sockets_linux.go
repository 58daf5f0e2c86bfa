package backendtest

import (
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

var socketProbes = map[string]probe{
	"socket":  socket,
	"connect": connect,
	"send":    sendFile,
	"unix":    connectUnix,
	"udp":     udp,
	"bind":    bindUnix,
	"serve":   serveTCP,
}

// socket opens one: "socket:FAMILY|TYPE|PROTOCOL".
func socket(arg string) (string, error) {
	f := strings.Split(arg, "|")
	fd, err := unix.Socket(int(number(f[0])), int(number(f[1])), int(number(f[2])))
	if err == nil {
		unix.Close(fd)
	}
	return "", err
}

// connect speaks TCP to an address and port.
func connect(addr string) (string, error) {
	c, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		return "", err
	}
	defer c.Close()
	c.Write([]byte("attack"))
	return "", nil
}

// sendFile sends a file to an address and port, and does not wait for an answer:
// "send:192.0.2.1:443|path".
func sendFile(arg string) (string, error) {
	addr, path := two(arg)
	text, err := os.ReadFile(path)
	if err != nil {
		return "read", err
	}
	c, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		return "connect", err
	}
	defer c.Close()
	_, err = c.Write(text)
	return "", err
}

// connectUnix connects to a Unix socket; a name that begins with @ is abstract.
func connectUnix(name string) (string, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return "socket", err
	}
	defer unix.Close(fd)
	return "", unix.Connect(fd, &unix.SockaddrUnix{Name: name})
}

func bindUnix(name string) (string, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return "socket", err
	}
	defer unix.Close(fd)
	return "", unix.Bind(fd, &unix.SockaddrUnix{Name: name})
}

// udp sends a packet, and says whether anything refused it: "udp:127.0.0.1:9".
func udp(addr string) (string, error) {
	c, err := net.Dial("udp", addr)
	if err != nil {
		return "", err
	}
	defer c.Close()
	n, err := c.Write([]byte("attack"))
	return strconv.Itoa(n), err
}

// serveTCP listens on a port, reaches it from within, tells that by a file, and
// waits a moment for somebody else: "serve:4711|ready".
func serveTCP(arg string) (string, error) {
	port, ready := two(arg)
	l, err := net.Listen("tcp4", "0.0.0.0:"+port)
	if err != nil {
		return "listen", err
	}
	defer l.Close()
	own, err := net.Dial("tcp4", "127.0.0.1:"+port)
	if err != nil {
		return "reach itself", err
	}
	own.Close()
	if c, err := l.Accept(); err == nil {
		c.Close()
	}
	if err := os.WriteFile(ready, nil, 0o644); err != nil {
		return "tell", err
	}
	l.(*net.TCPListener).SetDeadline(time.Now().Add(2 * time.Second))
	if c, err := l.Accept(); err == nil {
		c.Close()
		return "somebody came", nil
	}
	return "nobody came", nil
}
