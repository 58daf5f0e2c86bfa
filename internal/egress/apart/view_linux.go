package apart

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/landlock"
	"ringwall/internal/kernel/launch"
	"ringwall/internal/kernel/mount"
	"ringwall/internal/kernel/seccomp"
)

// Bounds of the gateway's process. Memory is what it may have of its own; the
// collector keeps it far below (softMemory).
const (
	maxMemory = 1 << 30
	maxFiles  = 32768
)

// etcSize is room for copies of the resolver's files; a list of hosts that are
// not to be reached can be long.
const etcSize = 64 << 20

// programSize is room for a copy of the program.
const programSize = 128 << 20

// view is what the gateway's process is told: a file system with the program,
// the resolver's files and certificates, and nothing else.
type view struct {
	spec  *launch.Spec
	files []*os.File // detached mounts
	apart bool       // it runs as another user, who may not get to every path
}

func (c *Config) view(etc *resolverFiles) (*view, error) {
	v := &view{apart: c.Identity.DropGroups}
	v.spec = &launch.Spec{HostNetwork: true, Hostname: "ringwall-gateway", Session: true, Dir: "/", Argv: []string{Name},
		Landlock: min(c.Landlock, landlock.ABI())}
	v.spec.Rlimits = limits()
	err := errors.Join(v.filter(), v.program())
	if err == nil {
		v.resolver(etc)
		err = v.libraries()
	}
	if err == nil {
		err = v.certificates(c.Env)
	}
	if err != nil {
		v.close()
		return nil, err
	}
	return v, nil
}

func (v *view) close() {
	for _, f := range v.files {
		f.Close()
	}
}

// limits never go above what this process has.
func limits() []launch.Rlimit {
	var files unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &files) != nil {
		files.Max = 1024
	}
	return []launch.Rlimit{
		{Resource: unix.RLIMIT_NOFILE, Value: min(maxFiles, files.Max)},
		{Resource: unix.RLIMIT_DATA, Value: maxMemory},
		{Resource: unix.RLIMIT_FSIZE, Value: 0},
		{Resource: unix.RLIMIT_CORE, Value: 1}, // 1, not 0: see docs/decisions.md
	}
}

// filter is the one that an agent has; the gateway adds its own.
func (v *view) filter() error {
	p, err := seccomp.Assemble(seccomp.Default(), seccomp.Options{})
	v.spec.Filter = seccomp.Bytes(p)
	return err
}

func (v *view) step(s launch.Step) { v.spec.Steps = append(v.spec.Steps, s) }

// show binds a path of the host, read-only.
func (v *view) show(source, target string, flags uint8) error {
	s := launch.Step{Op: launch.Bind, Source: source, Target: target, Flags: flags}
	if v.apart {
		fd, err := mount.Clone(unix.AT_FDCWD, source, mount.Attributes{ReadOnly: true, NoExec: flags&launch.NoExec != 0})
		if err != nil {
			return &os.PathError{Op: "open_tree", Path: source, Err: err}
		}
		v.files = append(v.files, os.NewFile(uintptr(fd), source))
		s.Flags |= launch.UseFD
		s.FD = launch.FirstFD + len(v.files) - 1
	}
	v.step(s)
	return nil
}

// program shows this very program. Its file may have been replaced since it was
// started, or be closed to the gateway's user; then it is copied from where the
// kernel still has it.
func (v *view) program() error {
	const running = "/proc/self/exe"
	path, err := os.Readlink(running)
	if err != nil {
		return err
	}
	const others = 0o005 // may read and run it
	var is, was unix.Stat_t
	if unix.Stat(path, &is) == nil && unix.Stat(running, &was) == nil && is.Dev == was.Dev && is.Ino == was.Ino &&
		(!v.apart || is.Mode&others == others) {
		return v.show(path, Name, 0)
	}
	text, err := os.ReadFile(running)
	if err != nil {
		return err
	}
	v.step(launch.Step{Op: launch.Tmpfs, Target: filepath.Dir(Name), Flags: launch.Writable, Mode: 0o755, Size: programSize})
	v.step(launch.Step{Op: launch.File, Target: Name, Data: string(text), Mode: 0o755})
	v.step(launch.Step{Op: launch.ReadOnly, Target: filepath.Dir(Name)})
	return nil
}

// libraries are what a program needs that was linked with C, as plain go install
// does it where there is a C compiler. The resolver is Go's in any case.
func (v *view) libraries() error {
	if !linked {
		return nil
	}
	v.spec.Env = append(v.spec.Env, "GODEBUG=netdns=go")
	for _, path := range []string{"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache"} {
		if !exists(path) {
			continue
		}
		if err := v.show(path, path, 0); err != nil {
			return err
		}
	}
	return nil
}

// resolver gives it copies that the supervisor keeps like the host's own. A
// mount of such a file would go stale: they are replaced, not written to.
func (v *view) resolver(etc *resolverFiles) {
	v.step(launch.Step{Op: launch.Tmpfs, Target: "/etc", Flags: launch.Writable | launch.NoExec, Mode: 0o755, Size: etcSize})
	for i, path := range resolverPaths {
		v.step(launch.Step{Op: launch.File, Target: path, Data: string(etc.text[i]), Mode: 0o644})
		v.spec.Watch = append(v.spec.Watch, path)
	}
}

// certBundles are where distributions keep the authorities that they trust, in
// the order in which crypto/x509 looks for them.
var certBundles = []string{
	"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
	"/etc/pki/tls/cacert.pem", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem",
}

// certDirs hold them one by one, where there is no bundle.
var certDirs = []string{"/etc/ssl/certs", "/etc/pki/tls/certs", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates"}

// certificates shows what crypto/x509 would read: what the owner's environment
// names, else the first bundle, else folders.
func (v *view) certificates(env map[string]string) error {
	if dirs := env["SSL_CERT_DIR"]; dirs != "" {
		if err := v.ownDirs(dirs); err != nil {
			return err
		}
	}
	if own := env["SSL_CERT_FILE"]; filepath.IsAbs(own) && exists(own) {
		const target = "/run/certificates.pem"
		v.spec.Env = append(v.spec.Env, "SSL_CERT_FILE="+target)
		return v.show(own, target, launch.NoExec)
	}
	for _, path := range certBundles {
		if exists(path) {
			return v.show(path, path, launch.NoExec)
		}
	}
	for _, path := range certDirs {
		if exists(path) {
			if err := v.show(path, path, launch.NoExec); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *view) ownDirs(list string) error {
	var targets []string
	for i, dir := range filepath.SplitList(list) {
		if !filepath.IsAbs(dir) || !exists(dir) {
			continue
		}
		target := "/run/certificates/" + strconv.Itoa(i)
		if err := v.show(dir, target, launch.NoExec); err != nil {
			return err
		}
		targets = append(targets, target)
	}
	v.spec.Env = append(v.spec.Env, "SSL_CERT_DIR="+strings.Join(targets, ":"))
	return nil
}

func exists(path string) bool {
	var st unix.Stat_t
	return unix.Stat(path, &st) == nil
}
