package child

import (
	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
	"ringwall/internal/kernel/mount"
	"ringwall/internal/kernel/netlink"
)

// hostDir is where the host's root stays reachable until the view is built.
const hostDir = ".host"

// builder holds what the steps work on: the new root, which is empty at first,
// and the host's.
type builder struct {
	root, host int
}

// build makes the view, names the host and opens the gateway's listeners.
// All mounts are done before anything that the agent wrote can run: there is
// nobody to race with (CVE-2021-30465, CVE-2025-31133).
func build(spec *launch.Spec) {
	b := newRoot()
	for i := range spec.Steps {
		s := &spec.Steps[i]
		if err := b.step(s); err != nil {
			must(describe(s), err)
		}
	}
	if spec.Hostname != "" {
		must("set the host name", unix.Sethostname([]byte(spec.Hostname)))
	}
	network(spec)
	watch(b, spec.Watch)
	b.leaveHost()
	terminal(spec)
}

// newRoot pivots into an empty file system with the host's root below it. The
// mount point only has to exist for a moment, so that any directory of the
// host will do.
func newRoot() *builder {
	must("cut the mounts off from the host", mount.PrivateAll())
	fd, err := mount.New("tmpfs", mount.Attributes{}, mount.Option{Key: "mode", Value: "0755"},
		mount.Option{Key: "size", Value: "16m"}, mount.Option{Key: "nr_inodes", Value: "4096"})
	must("make an empty root", err)
	must("attach the empty root", attachSomewhere(fd))
	must("prepare the empty root", unix.Mkdir("./"+hostDir, 0o700))
	must("pivot into the empty root", unix.PivotRoot(".", "./"+hostDir))
	must("enter the empty root", unix.Chdir("/"))
	return &builder{root: openDir("/"), host: openDir("/" + hostDir)}
}

// attachSomewhere mounts over a directory that every system has, and enters it.
func attachSomewhere(fd int) error {
	target, err := unix.Open("/usr", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(target)
	dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(dup)
	if err := mount.Attach(fd, target); err != nil {
		return err
	}
	return unix.Fchdir(dup)
}

func openDir(path string) int {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	must("open "+path, err)
	return fd
}

// leaveHost lets go of the host's root: from here on no path leads there.
func (b *builder) leaveHost() {
	unix.Close(b.host)
	must("leave the host's files", unix.Unmount("/"+hostDir, unix.MNT_DETACH))
	must("remove the way to the host", unix.Rmdir("/"+hostDir))
	must("make the root read-only", b.seal("/"))
	unix.Close(b.root)
}

// network brings loopback up and hands the gateway's listeners over. Sockets
// belong to the namespace that they were made in, wherever they are used.
func network(spec *launch.Spec) {
	if spec.AnyRoute {
		must("route every address to loopback", netlink.LoopbackForAll())
	} else {
		must("bring loopback up", netlink.Up())
	}
	for rest := spec.Sockets; len(rest) > 0; {
		n := min(len(rest), launch.SocketsPerMessage)
		fds := make([]int, n)
		for i, s := range rest[:n] {
			fd, err := listen(s)
			must("open a listener for the gateway", err)
			fds[i] = fd
		}
		say(launch.Sockets, nil, fds...)
		for _, fd := range fds {
			unix.Close(fd)
		}
		rest = rest[n:]
	}
}

// watch hands descriptors of decoys to the supervisor, which asks the kernel
// to tell when one is opened.
func watch(b *builder, paths []string) {
	for _, p := range paths {
		fd, err := b.open(p, unix.O_PATH)
		must("open the decoy "+p, err)
		say(launch.Watched, []byte(p), fd)
		unix.Close(fd)
	}
}
