package egresstest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"ringwall/internal/evidence"
)

// Box is a project on the machine, with a policy, in which ringwall runs.
type Box struct {
	Dir string   // the project
	Env []string // of ringwall itself, added to a small environment

	net   *Net
	t     T
	state string
}

// Ran is how a run ended.
type Ran struct {
	Code           int
	Stdout, Stderr string
	Events         []evidence.Event // the journal, verified
	Reports        []Report         // of Attack
	MaxMemory      int64            // bytes; the most that the supervisor and those it waited for took
}

// runTime bounds one run; what takes longer has hung.
const runTime = 3 * time.Minute

// Box makes a project whose policy has this text in [network], and approves
// it. The text may go on with tables of its own, [[network.rule]] and others.
func (n *Net) Box(network string) *Box {
	n.t.Helper()
	return n.Policy(policyOf(network))
}

// Policy makes a project with a whole policy, and approves it.
func (n *Net) Policy(text string) *Box {
	n.t.Helper()
	base := n.t.TempDir()
	b := &Box{Dir: filepath.Join(base, "project"), net: n, t: n.t, state: filepath.Join(base, "state")}
	for _, d := range []string{b.Dir, b.state, filepath.Join(base, "home")} {
		if err := os.Mkdir(d, 0o755); err != nil {
			n.t.Fatal(err)
		}
	}
	b.must("git", "init", "--quiet")
	b.write(text)
	return b
}

// Network changes the policy to this text in [network], and approves it.
func (b *Box) Network(text string) {
	b.t.Helper()
	b.write(policyOf(text))
}

func policyOf(network string) string {
	return "version = 1\ncommand = [\"true\"]\n\n[network]\n" + network + "\n"
}

func (b *Box) write(policy string) {
	b.t.Helper()
	b.File("ringwall.toml", policy)
	b.must(Ringwall(), "trust")
}

// Start starts a command inside that says a first line when it is ready, and
// goes on until it is stopped.
func (b *Box) Start(argv ...string) (stop func()) {
	b.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := b.Command(ctx, append([]string{Ringwall(), "run", "--"}, argv...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	stop = sync.OnceFunc(func() { cancel(); _ = cmd.Wait() })
	b.t.Cleanup(stop)
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		stop()
		b.t.Fatalf("%s did not become ready: %v", strings.Join(argv, " "), err)
	}
	return stop
}

// Ringwall is the program under test.
func Ringwall() string { return filepath.Join(os.Getenv(binEnv), "ringwall") }

// File writes a file of the project.
func (b *Box) File(name, text string) string {
	b.t.Helper()
	path := filepath.Join(b.Dir, name)
	err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644))
	if err != nil {
		b.t.Fatal(err)
	}
	return path
}

// CA puts the test's authority into the project and gives its path.
func (b *Box) CA() string { return b.File("test-ca.pem", string(b.net.CA.PEM)) }

// Command prepares a program on the machine, in the project.
func (b *Box) Command(ctx context.Context, argv ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = b.Dir
	cmd.Env = append([]string{"HOME=" + filepath.Join(filepath.Dir(b.Dir), "home"), "PATH=" + os.Getenv("PATH"),
		"XDG_STATE_HOME=" + b.state, "LANG=C.UTF-8", "TERM=dumb"}, b.Env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

func (b *Box) must(argv ...string) {
	b.t.Helper()
	if out, err := b.Command(context.Background(), argv...).CombinedOutput(); err != nil {
		b.t.Fatalf("%s: %v\n%s", strings.Join(argv, " "), err, out)
	}
}

// Run runs a command inside.
func (b *Box) Run(argv ...string) Ran {
	b.t.Helper()
	return b.collect(append([]string{Ringwall(), "run", "--"}, argv...))
}

// Outside runs a command on the machine, with no sandbox: the counterpart.
func (b *Box) Outside(argv ...string) Ran {
	b.t.Helper()
	return b.collect(argv)
}

func (b *Box) collect(argv []string) Ran {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), runTime)
	defer cancel()
	cmd := b.Command(ctx, argv...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		b.t.Fatalf("%s: %v\n%s", strings.Join(argv, " "), errors.Join(err, ctx.Err()), errs.String())
	}
	ran := Ran{Code: cmd.ProcessState.ExitCode(), Stdout: out.String(), Stderr: errs.String(), Reports: reports(out.Bytes()),
		MaxMemory: cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10}
	if argv[0] == Ringwall() {
		ran.Events = b.events()
	}
	return ran
}

// events reads the newest run's journal.
func (b *Box) events() []evidence.Event {
	b.t.Helper()
	found, err := filepath.Glob(filepath.Join(b.state, "ringwall/runs/*/journal.jsonl"))
	if err != nil || len(found) == 0 {
		return nil
	}
	newest, when := "", time.Time{}
	for _, f := range found {
		if st, err := os.Stat(f); err == nil && st.ModTime().After(when) {
			newest, when = f, st.ModTime()
		}
	}
	f, err := os.Open(newest)
	if err != nil {
		b.t.Fatal(err)
	}
	defer f.Close()
	var out []evidence.Event
	if _, err := evidence.Read(f, func(e evidence.Event) error { out = append(out, e); return nil }); err != nil {
		b.t.Errorf("the journal cannot be believed: %v", err)
	}
	return out
}

// Refusals adds up what was refused, by what it was.
func (r Ran) Refusals() map[string]int {
	sum := map[string]int{}
	for _, e := range r.Events {
		if e.Refused != nil {
			sum[e.Refused.What] += e.Refused.Count
		}
	}
	return sum
}

func reports(out []byte) []Report {
	var all []Report
	for line := range bytes.Lines(out) {
		var r Report
		if json.Unmarshal(line, &r) == nil && r.Probe != "" {
			all = append(all, r)
		}
	}
	return all
}

// Attacker puts this program into the project and gives its path. It is built
// without cgo, or it would not start where there is no C library.
func (b *Box) Attacker() string {
	b.t.Helper()
	path := filepath.Join(b.Dir, "attacker")
	if _, err := os.Stat(path); err == nil {
		return path
	}
	from, err := os.Open("/proc/self/exe")
	if err != nil {
		b.t.Fatal(err)
	}
	defer from.Close()
	to, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		b.t.Fatal(err)
	}
	_, err = io.Copy(to, from)
	if err := errors.Join(err, to.Close()); err != nil {
		b.t.Fatal(err)
	}
	return path
}

// AttackLine is how a script inside starts an attempt: the attacker's first
// argument.
const AttackLine = attackArg

// Attack makes raw attempts inside, in order.
func (b *Box) Attack(attempts ...string) Ran {
	b.t.Helper()
	return b.Run(append([]string{b.Attacker(), attackArg}, attempts...)...)
}

// AttackOutside makes them on the machine, with no sandbox.
func (b *Box) AttackOutside(attempts ...string) Ran {
	b.t.Helper()
	return b.Outside(append([]string{b.Attacker(), attackArg}, attempts...)...)
}

// Report finds how an attempt ended.
func (r Ran) Report(attempt string) Report {
	for _, rep := range r.Reports {
		if rep.Probe == attempt {
			return rep
		}
	}
	return Report{Probe: attempt, Errno: "not reported"}
}
