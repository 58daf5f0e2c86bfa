package native

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"ringwall/internal/backend/backendtest"
	"ringwall/internal/plan"
)

// serviceSockets are where engines, buses, agents, displays and databases
// listen.
var serviceSockets = []string{"/run/docker.sock", "/var/run/docker.sock", "/run/containerd/containerd.sock", "/run/podman/podman.sock",
	"/run/crio/crio.sock", "/run/buildkit/buildkitd.sock", "/var/lib/lxd/unix.socket", "/run/snapd.socket", "/run/libvirt/libvirt-sock",
	"/run/systemd/private", "/run/systemd/notify", "/run/systemd/journal/socket", "/run/dbus/system_bus_socket", "/run/user/1000/bus",
	"/run/user/0/bus", "/run/user/1000/gnupg/S.gpg-agent", "/run/user/1000/keyring/ssh", "/run/pcscd/pcscd.comm", "/run/user/1000/pipewire-0",
	"/run/user/1000/wayland-0", "/tmp/.X11-unix/X0", "/run/cups/cups.sock", "/run/mysqld/mysqld.sock", "/run/postgresql/.s.PGSQL.5432",
	"/tmp/.s.PGSQL.5432", "/tmp/tmux-1000/default", "/tmp/tmux-0/default", "/run/screen", "/tmp/vscode-ipc.sock", "/tmp/dotnet-diagnostic-1-1-socket",
	"/run/acpid.socket", "/run/avahi-daemon/socket", "/run/nscd/socket", "/run/uuidd/request", "/run/.containerenv"}

var waysOfIPC = []wayOut{
	{id: "IPC-01", try: func(t *testing.T, _ *backendtest.Box) ([]attempt, control) {
		dir := outside(t)
		var all []attempt
		for _, name := range []string{"docker.sock", "containerd.sock", "bus", "S.gpg-agent", "agent.1", "mysqld.sock"} {
			all = append(all, attempt{what: "unix:" + listening(t, dir+"/run/"+name), errno: "ENOENT"})
		}
		return all, shown(dir)
	}, also: serviceSocketsAreAbsent},
	{id: "IPC-02", try: func(t *testing.T, _ *backendtest.Box) ([]attempt, control) {
		name := unused("@ringwall-way-")
		listening(t, name)
		return each("ECONNREFUSED", "unix:"+name), noSandbox
	}},
	{id: "IPC-03", try: func(t *testing.T, b *backendtest.Box) ([]attempt, control) {
		return each("ECONNREFUSED", "unix:"+listening(t, b.Project+"/host.sock")), noSandbox
	}, also: socketBesideProgramsIsCovered},
	{id: "IPC-04", try: func(*testing.T, *backendtest.Box) ([]attempt, control) {
		return each("ENOSYS", "io-uring:"), leaveOut("the filter", noFilter)
	}},
	{id: "IPC-06", try: func(t *testing.T, _ *backendtest.Box) ([]attempt, control) {
		return each("ENOENT", "shm:"+strconv.Itoa(segment(t)), "queue:"+queue(t)), noSandbox
	}},
	{id: "IPC-08", try: func(t *testing.T, _ *backendtest.Box) ([]attempt, control) {
		return absentVariables(t, "SSH_AUTH_SOCK", "SSH_AGENT_PID", "GPG_AGENT_INFO", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR",
			"DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DOCKER_HOST", "CONTAINER_HOST", "TMUX", "STY", "VSCODE_IPC_HOOK_CLI", "NOTIFY_SOCKET")
	}},
	{id: "IPC-09", try: func(t *testing.T, _ *backendtest.Box) ([]attempt, control) {
		dir := unused("/tmp/.ringwall-X11-")
		t.Cleanup(func() { os.RemoveAll(dir) })
		return append(each("ENOENT", "unix:"+listening(t, dir+"/X0")), each("ECONNREFUSED", "unix:"+listening(t, "@"+dir+"/X0"))...), noSandbox
	}},
	{id: "IPC-10", try: func(t *testing.T, _ *backendtest.Box) ([]attempt, control) {
		home := outside(t, ".config/systemd/user/x.service", ".config/autostart/x.desktop")
		return append(each("ENOENT", "create:"+home+"/.config/systemd/user/y.service", "create:"+home+"/.config/autostart/y.desktop"),
			existing("ENOENT", "stat:", "/var/spool", "/var/spool/cron", "/etc/cron.d", "/etc/crontab", "/etc/systemd", "/run/systemd", "/var/lib/systemd", "/etc/xdg", "/etc/init.d")...), noSandbox
	}},
	{id: "IPC-11", try: func(t *testing.T, _ *backendtest.Box) ([]attempt, control) {
		home := outside(t)
		return each("ENOENT", "unix:"+listening(t, home+"/.local/state/watchman/sock"), "unix:"+listening(t, home+"/.gradle/daemon/d.sock"),
			"unix:"+listening(t, home+"/.cache/bazel/server.sock")), shown(home)
	}},
	{id: "IPC-12", try: func(t *testing.T, _ *backendtest.Box) ([]attempt, control) {
		return each("EPERM", "call:fanotify_init"), leaveOut("the filter", noFilter)
	}, also: inotifySeesTheViewOnly},
}

// listening opens a socket of the host that everybody may connect to, and gives
// its name.
func listening(t *testing.T, name string) string {
	t.Helper()
	if name[0] != '@' {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("unix", name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	if name[0] != '@' {
		chmod(t, name, 0o777)
	}
	return name
}

var used atomic.Int64

// unused is a name that nothing on this machine has.
func unused(prefix string) string {
	return prefix + strconv.Itoa(os.Getpid()) + "-" + strconv.FormatInt(used.Add(1), 10)
}

// serviceSocketsAreAbsent looks for those of a real machine; most exist on few.
func serviceSocketsAreAbsent(t *testing.T, tg backendtest.Target) {
	want := map[string]string{"stat:/run": "ENOENT", "stat:/var/run": "ENOENT", "stat:/var/lib": "ENOENT"}
	for _, s := range serviceSockets {
		want["unix:"+s] = "ENOENT"
	}
	b := backendtest.NewBox(t, tg)
	b.Expect(b.Attack(sorted(want)...), want)
}

// socketBesideProgramsIsCovered: a read-only mount does not keep anybody from
// connecting; what stands in the socket's place does.
func socketBesideProgramsIsCovered(t *testing.T, tg backendtest.Target) {
	dir := outside(t, "bin/tool")
	socket := listening(t, dir+"/s.sock")
	b := backendtest.NewBox(t, tg).Show(dir, dir, false)
	b.Expect(b.Attack("unix:"+socket), map[string]string{"unix:" + socket: "ok"})
	b = backendtest.NewBox(t, tg).Show(dir, dir, false)
	b.Add("isolation.view:"+socket, plan.Op{Mount: &plan.Mount{Kind: plan.Hide, Target: socket}})
	b.Expect(b.Attack("unix:"+socket, "unlink:"+socket), map[string]string{"unix:" + socket: "EACCES", "unlink:" + socket: "EBUSY EROFS"})
}

// inotifySeesTheViewOnly: what is not there cannot be watched. What is shown
// can, and can be locked: a named limit.
func inotifySeesTheViewOnly(t *testing.T, tg backendtest.Target) {
	file := outside(t, "canary") + "/canary"
	b := backendtest.NewBox(t, tg)
	b.Expect(b.Attack("inotify:"+file, "inotify:."), map[string]string{"inotify:" + file: "ENOENT", "inotify:.": "ok"})
	if got := unconfined(t, tg, "inotify:"+file); got != "ok" {
		t.Errorf("outside: %s", got)
	}
	b = backendtest.NewBox(t, tg).Show(filepath.Dir(file), "/tree", false)
	b.Expect(b.Attack("inotify:/tree/canary", "lock:/tree/canary"), map[string]string{"inotify:/tree/canary": "ok", "lock:/tree/canary": "ok"})
}

// absentVariables are set for the supervisor, and must not go in.
func absentVariables(t *testing.T, names ...string) ([]attempt, control) {
	t.Helper()
	var all []attempt
	for _, n := range names {
		t.Setenv(n, "hunter2")
		all = append(all, attempt{what: "env:" + n, errno: "ENOENT"})
	}
	return all, noSandbox
}

// segment makes System V memory of the host's, and gives its key.
func segment(t *testing.T) int {
	t.Helper()
	key := 0x72770000 | (os.Getpid()<<4+int(used.Add(1)))&0xffff
	id, err := unix.SysvShmGet(key, 4096, unix.IPC_CREAT|0o666)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.SysvShmCtl(id, unix.IPC_RMID, nil) })
	return key
}

// queue makes a POSIX message queue of the host's, and gives its name as the
// system call wants it.
func queue(t *testing.T) string {
	t.Helper()
	name := unused("ringwall-way-")
	b := append([]byte(name), 0)
	fd, _, errno := syscall.Syscall6(unix.SYS_MQ_OPEN, uintptr(unsafe.Pointer(&b[0])), unix.O_RDWR|unix.O_CREAT|unix.O_CLOEXEC, 0o666, 0, 0, 0)
	if errno != 0 {
		t.Fatal(errno)
	}
	runtime.KeepAlive(b)
	unix.Close(int(fd))
	t.Cleanup(func() { syscall.Syscall(unix.SYS_MQ_UNLINK, uintptr(unsafe.Pointer(&b[0])), 0, 0) })
	return name
}
