package child

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
)

// Where things are while the view is built, relative to the new root: a file
// system of its own, so that all of it goes with one unmount. The kernel waits
// for all CPUs at each.
const (
	workDir    = ".work\x00"
	hostDir    = ".work/host\x00"  // the host's root, at the end
	lowerDir   = ".work/lower\x00" // the overlay's layers, under names that need
	stageDir   = ".work/stage\x00" // no quoting: a project's path may hold any byte
	betweenDir = ".work/between\x00"
	maskFile   = ".work/mask\x00"  // the text of a mask, until it is mounted
	blankFile  = ".work/blank\x00" // stands in for files
	emptyDir   = ".work/empty\x00" // stands in for folders
)

// root is the new root, which is empty at first.
var root int

// build makes the view, names the host and opens the gateway's listeners.
// All mounts are done before anything that the agent wrote can run: there is
// nobody to race with (CVE-2021-30465, CVE-2025-31133).
//
// Until the last step this process still has the host's root, so that the
// host's paths mean what they mean there. The new root is reached by its
// descriptor alone.
func build() {
	newRoot()
	var s launch.StepView
	for steps, i := spec.Steps, 0; i < steps.Len; i++ {
		steps.Step(&s)
		must(verb(s.Op), s.Target, step(&s))
	}
	nameHost()
	network()
	watch()
	if spec.Terminal {
		openTerminal()
	}
	leaveHost()
}

// nameHost gives the machine another name, and takes the one of its domain
// away, which a new namespace inherits.
func nameHost() {
	if len(spec.Hostname) == 0 {
		return
	}
	_, errno := call(unix.SYS_SETHOSTNAME, uintptr(unsafe.Pointer(spec.Hostname.Pointer())), uintptr(len(spec.Hostname)), 0)
	must("set the host name", nil, errno)
	const none = "(none)\x00"
	_, errno = call(unix.SYS_SETDOMAINNAME, literal(none), uintptr(len(none)-1), 0)
	must("set the domain name", nil, errno)
}

// newRoot attaches an empty file system over the host's root, and enters it.
// There it is in nobody's way: a path of this process begins below it.
func newRoot() {
	// An unmount here must never reach the host, nor a mount of the host come in.
	_, errno := call6(unix.SYS_MOUNT, 0, literal("/\x00"), 0, unix.MS_REC|unix.MS_PRIVATE, 0, 0)
	must("cut the mounts off from the host", nil, errno)
	fd := empty("16m\x00")
	kept, errno := call(unix.SYS_FCNTL, uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	must("attach the empty root", nil, errno)
	must("attach the empty root", nil, attachOn(fd, openFolder("/\x00")))
	root = int(kept)
	_, errno = call(unix.SYS_FCHDIR, kept, 0, 0)
	must("enter the empty root", nil, errno)
	// Each mask with a text of its own keeps a page or more of it.
	mkdir(workDir)
	must("attach the empty root", nil, attachOn(empty("32m\x00"), openFolder(workDir)))
	mkdir(hostDir)
}

// empty is a small new file system.
func empty(size string) int {
	fs := newFileSystem("tmpfs\x00")
	fs.set("mode\x00", "0755\x00")
	fs.set("size\x00", size)
	fs.set("nr_inodes\x00", "4096\x00")
	fd, errno := fs.mount(bare)
	must("make an empty root", nil, errno)
	return fd
}

func mkdir(path string) {
	_, errno := call(unix.SYS_MKDIRAT, atCWD, literal(path), 0o755)
	must("make the directory", bytesOf(path), errno)
}

const atCWD = ^uintptr(99) // AT_FDCWD, -100

func openFolder(path string) int {
	fd, errno := call6(unix.SYS_OPENAT, atCWD, literal(path), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0, 0, 0)
	must("open", bytesOf(path), errno)
	return int(fd)
}

// leaveHost makes the new root this process's, and lets go of the host's: from
// here on no path leads there.
func leaveHost() {
	leaveNear()
	_, errno := call(unix.SYS_PIVOT_ROOT, literal(here), literal(hostDir), 0)
	must("pivot into the new root", nil, errno)
	_, errno = call(unix.SYS_UMOUNT2, literal(workDir), unix.MNT_DETACH, 0)
	must("leave the host's files", nil, errno)
	_, errno = call(unix.SYS_UNLINKAT, atCWD, literal(workDir), unix.AT_REMOVEDIR)
	must("remove the way to the host", nil, errno)
	must("make the root read-only", nil, seal(nil, unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOEXEC))
	closeFD(root)
}

// watch hands descriptors of decoys to the supervisor, which asks the kernel
// to tell when one is opened.
func watch() {
	for paths, i := spec.Watch, 0; i < paths.Len; i++ {
		path := paths.Text()
		fd, errno := inside(path, unix.O_PATH)
		must("open the decoy", path, errno)
		out.start(launch.Watched)
		out.add(path)
		out.pass(fd)
		out.send()
		closeFD(fd)
	}
}
