package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// place is where everything happens: a folder of its own, with a home and a
// state directory, and whose rights the measured commands have.
type place struct {
	options
	root  string
	shm   string // the same on a tmpfs
	env   []string
	creds *syscall.Credential // nil: our own
}

func newPlace(o options) (*place, error) {
	p := &place{options: o}
	if err := p.become(); err != nil {
		return nil, err
	}
	for _, d := range []struct {
		in string
		to *string
	}{{"", &p.root}, {"/dev/shm", &p.shm}} {
		path, err := os.MkdirTemp(d.in, "ringwall-bench-")
		if err != nil {
			p.clean()
			return nil, err
		}
		*d.to = path
		os.Chmod(path, 0o755)
	}
	p.give(p.shm)
	for _, f := range []*string{&p.ringwall, &p.probe, &p.gateway} {
		if err := p.fetch(f); err != nil {
			p.clean()
			return nil, err
		}
	}
	home := p.folder("home")
	p.env = []string{"HOME=" + home, "XDG_STATE_HOME=" + filepath.Join(p.root, "state"), "PATH=" + os.Getenv("PATH"),
		"LANG=C.UTF-8", "GOTOOLCHAIN=local", "GOPROXY=off", "GOFLAGS=-buildvcs=false", "GIT_CONFIG_NOSYSTEM=1"}
	p.folder("state")
	return p, nil
}

// become looks up whose rights the commands get.
func (p *place) become() error {
	if p.user == "" {
		return nil
	}
	if os.Getuid() != 0 {
		return errors.New("--user needs root")
	}
	u, err := user.Lookup(p.user)
	if err != nil {
		return err
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	p.creds = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return nil
}

func (p *place) userName() string {
	switch {
	case p.user != "":
		return p.user
	case os.Getuid() == 0:
		return "root"
	}
	return "an ordinary user"
}

// fetch puts a program where everybody can start it: as a link, if that can be,
// since a copy is cached by the kernel in other pieces, which shows in what is
// mapped.
func (p *place) fetch(path *string) error {
	from := *path
	*path = filepath.Join(p.root, "bin", filepath.Base(from))
	os.MkdirAll(filepath.Dir(*path), 0o755)
	if os.Link(from, *path) == nil {
		return nil
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(*path, data, 0o755)
}

// folder makes a folder that belongs to whoever runs the commands.
func (p *place) folder(name string) string {
	path := filepath.Join(p.root, name)
	os.MkdirAll(path, 0o755)
	p.give(path)
	return path
}

func (p *place) give(path string) {
	if p.creds != nil {
		os.Chown(path, int(p.creds.Uid), int(p.creds.Gid))
	}
}

// project makes a folder with an approved policy.
func (p *place) project(name, network string) (string, error) {
	dir := p.folder(name)
	if err := p.do(dir, "git", "init", "--quiet"); err != nil {
		return "", err
	}
	policy := "version = 1\ncommand = [\"true\"]\n[network]\n" + network + "\n"
	path := filepath.Join(dir, "ringwall.toml")
	if err := os.WriteFile(path, []byte(policy), 0o644); err != nil {
		return "", err
	}
	p.give(path)
	return dir, p.do(dir, p.ringwall, "trust")
}

// The two kinds of policy that are measured.
const (
	noNetwork   = `mode = "none"`
	withGateway = `allow = ["example.com", "packages.example.com"]`
)

// command prepares one that is to be measured.
func (p *place) command(dir string, argv ...string) *exec.Cmd {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = dir, p.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.creds, Pdeathsig: unix.SIGKILL}
	return cmd
}

// do runs one that is not measured.
func (p *place) do(dir string, argv ...string) error {
	out, err := p.command(dir, argv...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, out)
	}
	return nil
}

// cleanWhenStopped leaves nothing behind when somebody has seen enough. What was
// started ends with this process.
func (p *place) cleanWhenStopped() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, unix.SIGINT, unix.SIGTERM, unix.SIGHUP)
	go func() {
		<-stop
		p.clean()
		os.Exit(130)
	}()
}

func (p *place) clean() {
	for _, d := range []string{p.root, p.shm} {
		if d == "" {
			continue
		}
		// An overlay's work directory is left without any permission.
		filepath.WalkDir(d, func(path string, e os.DirEntry, _ error) error {
			if e != nil && e.IsDir() {
				os.Chmod(path, 0o700)
			}
			return nil
		})
		os.RemoveAll(d)
	}
}

// bubblewrap is its typical line.
func bubblewrap(command ...string) []string {
	return append(strings.Fields("bwrap --ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib"+
		" --symlink usr/lib64 /lib64 --proc /proc --dev /dev --tmpfs /tmp --unshare-all --die-with-parent --new-session"), command...)
}

// machine says what the figures were taken on.
func machine() string {
	var u unix.Utsname
	unix.Uname(&u)
	cpu := "unknown CPU"
	data, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(data)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			cpu = strings.TrimSpace(value)
			break
		}
	}
	load, _ := os.ReadFile("/proc/loadavg")
	return fmt.Sprintf("Linux %s, %d x %s, load %s", unix.ByteSliceToString(u.Release[:]), cpus(), cpu,
		strings.Fields(string(load) + " ?")[0])
}

func cpus() int {
	var set unix.CPUSet
	unix.SchedGetaffinity(0, &set)
	return set.Count()
}
