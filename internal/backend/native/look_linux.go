package native

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"ringwall/internal/evidence"
	"ringwall/internal/kernel/seccomp"
)

// look reads what a call is about from the caller's memory and says whether it
// runs into a control. The memory can change after the look: this tells what
// was tried, and stops nothing.
func (o *observer) look(rule *seccomp.Rule) *evidence.Refused {
	if rule.Call == "connect" {
		return o.connection()
	}
	for _, arg := range pathArguments[rule.Call] {
		raw := o.memory.path(o.call.PID, o.call.Args[arg.path])
		if !o.concerns(rule.Call, raw, arg) {
			continue
		}
		path := o.resolve(rule.Call, string(raw), arg)
		if a := o.frozen.attempt(rule.Call, path); a != nil && !o.onlyReads(rule.Call) {
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

// concerns tells whether a path is worth a look at where it leads: it has a
// name in common with a guardrail, or starts in a frozen folder.
func (o *observer) concerns(call string, path []byte, arg pathArgument) bool {
	if len(path) == 0 {
		return false
	}
	if o.frozen.names.any(path) || strings.HasPrefix(call, "rename") && o.frozen.parents.last(path) {
		return true
	}
	return path[0] != '/' && o.place.frozen(o.frozen.folders, o.call.PID, o.start(arg))
}

// start is the descriptor that a relative path starts from; fromCwd: none.
func (o *observer) start(arg pathArgument) int {
	if arg.dir == fromCwd || int32(o.call.Args[arg.dir]) == unix.AT_FDCWD {
		return fromCwd
	}
	return int(int32(o.call.Args[arg.dir]))
}

// onlyReads tells whether an openat2, whose flags lie in memory where the
// filter cannot see them, opens for reading.
func (o *observer) onlyReads(call string) bool {
	if call != "openat2" {
		return false
	}
	how := o.memory.read(o.call.PID, o.call.Args[2], 8)
	return len(how) == 8 && binary.NativeEndian.Uint64(how)&seccomp.OpensForWriting == 0
}

// resolve is the path that an argument means inside, links followed.
func (o *observer) resolve(call, path string, arg pathArgument) string {
	if path[0] != '/' {
		dir, err := os.Readlink(startLink(o.call.PID, o.start(arg)))
		if err != nil {
			return filepath.Clean(path)
		}
		path = dir + "/" + path
	}
	opens := strings.HasPrefix(call, "open") || call == "creat"
	return real(o.call.PID, path, opens)
}

// startLink is where proc(5) shows a process's working directory, or what one
// of its descriptors is open on.
func startLink(pid uint32, fd int) string {
	proc := "/proc/" + strconv.Itoa(int(pid))
	if fd == fromCwd {
		return proc + "/cwd"
	}
	return proc + "/fd/" + strconv.Itoa(fd)
}

// real follows the links on a path as they are seen inside, never past the
// root of there; the last name is followed only with whole. What is opened is a
// place, not a file: nothing happens to it. Of a path that leads nowhere the
// text is left.
func real(pid uint32, path string, whole bool) string {
	root, err := unix.Open("/proc/"+strconv.Itoa(int(pid))+"/root", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return filepath.Clean(path)
	}
	defer unix.Close(root)
	path = strings.TrimRight(path, "/")
	dir, name := filepath.Split(path)
	if whole || name == ".." || name == "." {
		if p, ok := leadsTo(root, path); ok {
			return p
		}
	}
	if p, ok := leadsTo(root, dir); ok {
		return filepath.Join(p, name)
	}
	return filepath.Clean(path)
}

func leadsTo(root int, path string) (string, bool) {
	fd, err := unix.Openat2(root, path, &unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS})
	if err != nil {
		return "", false
	}
	defer unix.Close(fd)
	p, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
	return p, err == nil
}

func programName(pid int) string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
