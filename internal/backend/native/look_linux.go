package native

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"ringwall/internal/evidence"
	"ringwall/internal/kernel/seccomp"
	"ringwall/internal/plan"
)

// look reads what a call is about from the caller's memory and says whether it
// runs into a control. The memory can change after the look: this tells what
// was tried, and stops nothing.
func (o *observer) look(rule seccomp.Rule, call seccomp.Call) *evidence.Refused {
	if rule.Call == "connect" {
		return o.connection(call)
	}
	for _, arg := range pathArguments[rule.Call] {
		path := o.path(call, arg)
		if a := o.frozen.attempt(rule.Call, path); a != nil {
			a.PID = int(call.PID)
			return a
		}
	}
	return nil
}

// pathArgument says where a path is among a call's arguments, and the
// directory that it starts from.
type pathArgument struct{ path, dir int }

// fromCwd stands for calls without a directory argument.
const fromCwd = -1

var pathArguments = map[string][]pathArgument{
	"open":      {{0, fromCwd}},
	"creat":     {{0, fromCwd}},
	"openat":    {{1, 0}},
	"openat2":   {{1, 0}},
	"rename":    {{0, fromCwd}, {1, fromCwd}},
	"renameat":  {{1, 0}, {3, 2}},
	"renameat2": {{1, 0}, {3, 2}},
	"link":      {{1, fromCwd}},
	"linkat":    {{3, 2}},
	"symlink":   {{1, fromCwd}},
	"symlinkat": {{2, 1}},
}

// path is the absolute path that an argument means inside, links not followed.
// A name that no guardrail has is not worth the look at where it starts from:
// it stays relative.
func (o *observer) path(call seccomp.Call, arg pathArgument) string {
	raw, _, _ := bytes.Cut(o.memory(call.PID, call.Args[arg.path]), []byte{0})
	p := string(raw)
	if p == "" || filepath.IsAbs(p) || !o.frozen.mayConcern(p) {
		return filepath.Clean(p)
	}
	link := fmt.Sprintf("/proc/%d/cwd", call.PID)
	if arg.dir != fromCwd && int32(call.Args[arg.dir]) != unix.AT_FDCWD {
		link = fmt.Sprintf("/proc/%d/fd/%d", call.PID, int32(call.Args[arg.dir]))
	}
	dir, err := os.Readlink(link)
	if err != nil {
		return p
	}
	return filepath.Join(dir, p)
}

const pageSize = 4096 // the smallest; memory is mapped in whole pages

// memory reads a path, or as much as there is of one, from another process. It
// reads to the end of the page first: what follows may not be mapped.
func (o *observer) memory(pid uint32, addr uint64) []byte {
	page := pageSize - int(addr%pageSize)
	n := readFrom(pid, addr, o.buf[:page])
	if n == page && bytes.IndexByte(o.buf[:n], 0) < 0 {
		n += readFrom(pid, addr+uint64(n), o.buf[n:])
	}
	return o.buf[:n]
}

func readFrom(pid uint32, addr uint64, buf []byte) int {
	if len(buf) == 0 {
		return 0
	}
	local := []unix.Iovec{{Base: &buf[0], Len: uint64(len(buf))}}
	remote := []unix.RemoteIovec{{Base: uintptr(addr), Len: len(buf)}}
	n, err := unix.ProcessVMReadv(int(pid), local, remote, 0)
	if err != nil {
		return 0
	}
	return n
}

func programName(pid int) string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// frozen knows the guardrails by absolute path.
type frozen struct {
	project string
	paths   map[string]plan.Control
	names   map[string]bool // every component of the guardrails' paths
}

func newFrozen(p plan.Plan) frozen {
	f := frozen{project: p.Project, paths: map[string]plan.Control{}, names: map[string]bool{"..": true, ".": true}}
	for _, c := range p.Controls {
		if g := c.Want.Guardrail; g != nil {
			f.paths[filepath.Join(p.Project, g.Path)] = c
			for _, name := range strings.Split(g.Path, "/") {
				f.names[name] = true
			}
		}
	}
	return f
}

// mayConcern tells whether a relative path has a name in common with a
// guardrail. One that lies in a frozen folder and is named from within it is
// missed; the mount holds all the same.
func (f frozen) mayConcern(path string) bool {
	for name := range strings.SplitSeq(path, "/") {
		if f.names[name] {
			return true
		}
	}
	return false
}

// attempt tells whether a call would change a guardrail: the path itself, what
// lies in a frozen folder, or, for a rename, a folder that holds one.
func (f frozen) attempt(call, path string) *evidence.Refused {
	for p := path; len(p) > len(f.project); p = filepath.Dir(p) {
		if c, ok := f.paths[p]; ok {
			return refusal(call, path, f.project, c)
		}
	}
	if !strings.HasPrefix(call, "rename") {
		return nil
	}
	for p, c := range f.paths {
		if strings.HasPrefix(p, path+"/") && path != f.project {
			return refusal(call, path, f.project, c)
		}
	}
	return nil
}

// refusal describes an attempt. The error number is the one that the control
// answers with; the kernel decides after this.
func refusal(call, path, project string, c plan.Control) *evidence.Refused {
	verb := "write"
	switch {
	case strings.HasPrefix(call, "rename"):
		verb = "rename"
	case strings.Contains(call, "link"):
		verb = "link"
	}
	inside := strings.HasPrefix(path, filepath.Join(project, c.Want.Guardrail.Path)+"/")
	return &evidence.Refused{Layer: string(c.Layer), Control: c.ID, Errno: answer(verb, inside),
		What: verb + " " + strings.TrimPrefix(path, project+"/"), Why: "the file is a guardrail: " + c.Want.Guardrail.Reason}
}

// answer is what a frozen path gives: a write or a new name meets a read-only
// mount, a mount point cannot be moved or replaced, and nothing can be moved
// from one mount into another.
func answer(verb string, inside bool) string {
	switch {
	case verb == "rename" && inside:
		return "EXDEV"
	case verb == "rename":
		return "EBUSY"
	case verb == "link" && !inside:
		return "EEXIST"
	}
	return "EROFS"
}

// services are sockets by which a process outside would act for the agent.
var services = []string{"docker.sock", "podman.sock", "containerd.sock", "crio.sock", "buildkitd.sock",
	"system_bus_socket", "systemd/private", "snapd.socket", "libvirt-sock", "lxd/unix.socket",
	"incus/unix.socket", "S.gpg-agent", "ssh-agent", ".X11-unix", "wayland-0"}

// connection tells whether a connect is to something that is not there on
// purpose: a service's socket, or a port that the gateway does not listen on.
func (o *observer) connection(call seccomp.Call) *evidence.Refused {
	addr := o.memory(call.PID, call.Args[1])
	addr = addr[:min(uint64(len(addr)), call.Args[2], 128)]
	if len(addr) < 3 {
		return nil
	}
	switch binary.NativeEndian.Uint16(addr) {
	case unix.AF_UNIX:
		return unixAttempt(addr[2:], int(call.PID))
	case unix.AF_INET, unix.AF_INET6:
		return o.inetAttempt(addr, int(call.PID))
	}
	return nil
}

func unixAttempt(name []byte, pid int) *evidence.Refused {
	raw, _, _ := bytes.Cut(bytes.TrimLeft(name, "\x00"), []byte{0})
	for _, s := range services {
		if strings.Contains(string(raw), s) {
			return &evidence.Refused{Layer: "isolation", Control: "isolation.namespaces", PID: pid,
				What: "connect " + string(raw), Errno: "ENOENT",
				Why: "sockets of the host's services are not in the view"}
		}
	}
	return nil
}

func (o *observer) inetAttempt(addr []byte, pid int) *evidence.Refused {
	ip, port, ok := socketAddress(addr)
	if !ok || ip.IsLoopback() || ip.IsUnspecified() || port == 0 || port == 53 || o.listens(int(port)) {
		return nil
	}
	return &evidence.Refused{Layer: "network", Control: "network.gateway", PID: pid,
		What: "connect " + netip.AddrPortFrom(ip, port).String(), Errno: "ECONNREFUSED",
		Why: "the policy allows nothing on this port"}
}

// socketAddress reads struct sockaddr_in or sockaddr_in6.
func socketAddress(b []byte) (netip.Addr, uint16, bool) {
	if len(b) < 4 { // the caller says how long it is
		return netip.Addr{}, 0, false
	}
	port := binary.BigEndian.Uint16(b[2:])
	switch {
	case binary.NativeEndian.Uint16(b) == unix.AF_INET && len(b) >= 8:
		return netip.AddrFrom4([4]byte(b[4:8])), port, true
	case binary.NativeEndian.Uint16(b) == unix.AF_INET6 && len(b) >= 24:
		return netip.AddrFrom16([16]byte(b[8:24])).Unmap(), port, true
	}
	return netip.Addr{}, 0, false
}

// listens tells whether the gateway sees, and answers for, a port.
func (o *observer) listens(port int) bool {
	for _, c := range o.run.plan.Controls {
		if g := c.Want.Gateway; g != nil {
			for _, p := range g.Ports {
				if p == port {
					return true
				}
			}
		}
	}
	return false
}
