package egresstest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// Addresses of the machine, its router and its resolver.
const (
	OwnLAN     = "192.168.77.2" // the machine's, on its wire
	OwnPublic  = "93.184.215.2" // and a public one of its own
	OwnPublic6 = "2606:2800:77::2"
	Router     = "192.168.77.1" // the internet's end of the wire
	Router6    = "2606:2800:77::1"
	Resolver   = "9.9.9.9" // in the machine's /etc/resolv.conf
	// Silent is a network from which no answer ever comes, not even a refusal.
	Silent = "93.184.217.0/24"
)

// Places in the internet that are only names for addresses.
const (
	Metadata  = "169.254.169.254"
	Metadata6 = "fd00:ec2::254"
)

// wire joins the two namespaces; %s is the file of the internet's.
const wire = `link set lo up
link add host0 type veth peer name inet0
link set inet0 netns %s
addr add 192.168.77.2/24 dev host0
addr add 93.184.215.2/32 dev host0
addr add 2606:2800:77::2/64 dev host0 nodad
link set host0 up
route add default via 192.168.77.1 dev host0
`

// wire6 is what needs the link to be there.
const wire6 = `route add default via 2606:2800:77::1 dev host0
`

// everywhere makes all addresses the internet's own, but those of the machine,
// of the wire, and of Silent. The rule does nothing by itself: with one, the
// kernel keeps the local table apart from the main one, and "throw" leads on.
const (
	everywhere = `link set lo up
rule add pref 40000 lookup main
addr add 192.168.77.1/24 dev inet0
addr add 2606:2800:77::1/64 dev inet0 nodad
link set inet0 up
route add 93.184.215.0/24 dev inet0
route add throw 192.168.77.0/24 table local
route add throw 93.184.215.0/24 table local
route add throw 93.184.217.0/24 table local
route add local 0.0.0.0/0 dev lo table local
`
	everywhere6 = `route add local ::/0 dev lo table 100
rule add pref 40000 lookup 100
`
)

// internet is a thread that lives in the other network namespace and runs what
// it is given there.
type internet struct {
	work chan func()
	file string // the namespace, for programs
}

// newInternet makes the other namespace and the wire to it.
func newInternet() (*internet, error) {
	far := &internet{work: make(chan func())}
	ready := make(chan error)
	go far.live(ready)
	if err := <-ready; err != nil {
		return nil, fmt.Errorf("a network namespace: %w", err)
	}
	if err := ip(anyFamily, fmt.Sprintf(wire, far.file)); err != nil {
		return nil, err
	}
	var err error
	far.do(func() { err = errors.Join(ip(anyFamily, everywhere), ip(family6, everywhere6)) })
	return far, errors.Join(err, ip(family6, wire6), lowPorts())
}

// live is the thread; it ends with the process.
func (i *internet) live(ready chan<- error) {
	runtime.LockOSThread()
	i.file = fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), unix.Gettid())
	ready <- unix.Unshare(unix.CLONE_NEWNET)
	for f := range i.work {
		f()
	}
}

// do runs f in the internet.
func (i *internet) do(f func()) {
	done := make(chan struct{})
	i.work <- func() { defer close(done); f() }
	<-done
}

// What "ip" takes a default route for.
const (
	anyFamily = "-oneline" // no flag says so: the address decides
	family6   = "-6"
)

// lowPorts lets a test without rights serve on the machine's port 53 and the
// like. The thread that asks is in the machine's namespace.
func lowPorts() error {
	return os.WriteFile("/proc/sys/net/ipv4/ip_unprivileged_port_start", []byte("0"), 0)
}

// ip runs a batch of commands of iproute2 in the calling thread's namespace.
func ip(family, batch string) error {
	cmd := exec.Command("ip", family, "-batch", "-")
	cmd.Path = programIn(cmd.Path, "/usr/sbin/ip", "/sbin/ip")
	cmd.Err = nil
	cmd.Stdin = strings.NewReader(batch)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip (package iproute2): %w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

// programIn takes the first path that is there: an ordinary user's PATH often
// lacks the folders of administrators.
func programIn(paths ...string) string {
	for _, p := range paths {
		if filepath.IsAbs(p) && unix.Access(p, unix.X_OK) == nil {
			return p
		}
	}
	return paths[len(paths)-1]
}

// coverFiles puts the machine's own resolver, hosts and authorities over the
// real machine's files, in this mount namespace only.
func coverFiles(dir string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("private mounts: %w", err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	ca, err := makeAuthority(dir)
	if err != nil {
		return err
	}
	for path, text := range map[string]string{
		"/etc/resolv.conf":                   "nameserver " + Resolver + "\noptions timeout:2 attempts:1\n",
		"/etc/hosts":                         "127.0.0.1 localhost\n::1 localhost\n" + OwnLAN + " machine\n",
		"/etc/ssl/certs/ca-certificates.crt": ca,
	} {
		if err := cover(dir, path, text); err != nil {
			return err
		}
	}
	return nil
}

func cover(dir, path, text string) error {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	mine := filepath.Join(dir, filepath.Base(path))
	if err := os.WriteFile(mine, []byte(text), 0o644); err != nil {
		return err
	}
	if err := unix.Mount(mine, real, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("cover %s: %w", path, err)
	}
	return nil
}
