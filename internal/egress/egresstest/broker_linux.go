package egresstest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ask is what the tests want of the keeper: a socket of the internet.
type ask struct {
	Kind    string // "listen", "packet", "dial", "wire"
	Network string
	Addr    string
}

// broker answers until the tests are gone. Each answer is an error text, or
// empty with the socket beside it.
func (i *internet) broker(fd int) {
	buf := make([]byte, 4096)
	for {
		n, err := unix.Read(fd, buf)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if n <= 0 {
			return
		}
		var a ask
		var f *os.File
		if err = json.Unmarshal(buf[:n], &a); err == nil {
			i.do(func() { f, err = a.open() })
		}
		if err != nil {
			_ = unix.Sendmsg(fd, []byte("!"+err.Error()), nil, nil, 0)
			continue
		}
		_ = unix.Sendmsg(fd, []byte("."), unix.UnixRights(int(f.Fd())), nil, 0)
		f.Close()
	}
}

// open makes the socket in the calling thread's namespace.
func (a ask) open() (*os.File, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	l := net.ListenConfig{Control: anyAddress}
	switch a.Kind {
	case "listen":
		s, err := l.Listen(ctx, a.Network, a.Addr)
		return fileOf(s, err)
	case "packet":
		s, err := l.ListenPacket(ctx, a.Network, a.Addr)
		return fileOf(s, err)
	case "dial":
		s, err := (&net.Dialer{}).DialContext(ctx, a.Network, a.Addr)
		return fileOf(s, err)
	case "wire":
		return openWire()
	}
	return nil, fmt.Errorf("no such kind of socket: %q", a.Kind)
}

// anyAddress lets a socket have an address that no interface has.
func anyAddress(network, _ string, c syscall.RawConn) error {
	var err error
	outer := c.Control(func(fd uintptr) {
		if strings.HasSuffix(network, "6") {
			err = unix.SetsockoptInt(int(fd), unix.SOL_IPV6, unix.IPV6_FREEBIND, 1)
			return
		}
		err = unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_FREEBIND, 1)
	})
	return errors.Join(outer, err)
}

// fileOf takes the descriptor out of a socket of package net.
func fileOf(s any, err error) (*os.File, error) {
	if err != nil {
		return nil, err
	}
	defer s.(interface{ Close() error }).Close()
	return s.(interface{ File() (*os.File, error) }).File()
}

// openWire sees every frame that reaches the internet's end of the wire.
func openWire() (*os.File, error) {
	in, err := net.InterfaceByName("inet0")
	if err != nil {
		return nil, err
	}
	const all = unix.ETH_P_ALL<<8&0xff00 | unix.ETH_P_ALL>>8 // in network order
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "wire")
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: in.Index}); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// keeperConn asks the keeper; one question at a time.
type keeperConn struct {
	mu sync.Mutex
	fd int
}

func (k *keeperConn) get(a ask) (*os.File, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	line, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	if err := unix.Sendmsg(k.fd, line, nil, nil, 0); err != nil {
		return nil, fmt.Errorf("the keeper of the network is gone: %w", err)
	}
	buf, oob := make([]byte, 4096), make([]byte, unix.CmsgSpace(4))
	n, m, _, _, err := unix.Recvmsg(k.fd, buf, oob, unix.MSG_CMSG_CLOEXEC)
	switch {
	case err != nil || n == 0:
		return nil, fmt.Errorf("the keeper of the network is gone: %w", err)
	case buf[0] == '!':
		return nil, errors.New(string(buf[1:n]))
	}
	messages, err := unix.ParseSocketControlMessage(oob[:m])
	if err != nil || len(messages) != 1 {
		return nil, fmt.Errorf("no socket came: %w", err)
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fds[0], true); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fds[0]), a.Kind+" "+a.Addr), nil
}
