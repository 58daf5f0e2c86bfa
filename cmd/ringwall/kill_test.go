//go:build linux

package main_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io/fs"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	kills     = 50
	mostAlive = 700 * time.Millisecond // about the start and three iterations
	killFiles = 8
)

// killAgent is fast work that touches much: each iteration rewrites every file
// with the next number, makes a folder of that name and removes the last one.
const killAgent = `n=$(head -n 1 file1)
next=$((n+1))
i=1
while [ $i -le 8 ]; do
	yes $next | head -n 20000 >file$i
	i=$((i+1))
done
mkdir -p dir$next/deep && echo $next >dir$next/deep/file
rm -r dir$n
test ! -e finish || echo RINGWALL_DONE
`

const killPolicy = `version = 1
command = ["sh", "agent.sh"]

[loop]
max_iterations = 1000
`

// TestKillAtRandomMoments kills the supervisor, 50 times. After each, nothing
// of the run is left but its records, every file of the project is whole, and
// the next start settles the rest: the project is as before the iteration or as
// after it.
func TestKillAtRandomMoments(t *testing.T) {
	k := newKiller(t)
	for round := range k.rounds {
		alive := time.Duration(k.random.Int64N(int64(mostAlive)))
		k.kill(alive, round%2 == 1)
		if !k.settled(fmt.Sprintf("round %d, killed after %v", round, alive)) {
			t.Fatalf("stopped here; RINGWALL_TEST_SEED=%d", k.seed)
		}
	}
	t.Logf("%d kills: %v; temporary files until the next start: %d; the slowest end took %v",
		k.rounds, k.told, k.temporary, k.slowest.Round(time.Millisecond))
	k.finish()
}

// killer is the project that the loops work on.
type killer struct {
	*testing.T
	rig
	project string
	random  *mathrand.Rand
	seed    uint64
	rounds  int

	told      map[string]int // how often each end was told of
	temporary int            // files that lay in the project until the next start
	slowest   time.Duration
}

func newKiller(t *testing.T) *killer {
	k := &killer{T: t, rig: rig{work: t.TempDir(), mark: rand.Text()}, rounds: kills, seed: uint64(time.Now().UnixNano()),
		told: map[string]int{}}
	if s, err := strconv.ParseUint(os.Getenv("RINGWALL_TEST_SEED"), 10, 64); err == nil {
		k.seed = s
	}
	if testing.Short() {
		k.rounds = kills / 10
	}
	t.Logf("RINGWALL_TEST_SEED=%d", k.seed)
	k.random = mathrand.New(mathrand.NewPCG(k.seed, 0))
	k.project = filepath.Join(k.work, "project")
	k.must(k.makeHome())
	k.must(os.MkdirAll(filepath.Join(k.project, "dir0"), 0o755))
	k.write("ringwall.toml", killPolicy)
	k.write("agent.sh", killAgent)
	for i := range killFiles {
		k.write(fmt.Sprintf("file%d", i+1), numbered(0))
	}
	k.run(0, "git", "init", "--quiet")
	k.run(0, "ringwall", "trust")
	return k
}

func (k *killer) must(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

func (k *killer) write(name, text string) {
	k.must(os.WriteFile(filepath.Join(k.project, name), []byte(text), 0o644))
}

// numbered is the content that iteration n gives each file.
func numbered(n int) string { return strings.Repeat(strconv.Itoa(n)+"\n", 20000) }

// program prepares a program in the project.
func (k *killer) program(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	if name == "ringwall" {
		cmd.Path, cmd.Err = filepath.Join(bin, name), nil
	}
	for name, value := range k.variables() {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Dir = k.project
	return cmd
}

// run demands an exit code and returns what the program said.
func (k *killer) run(code int, name string, args ...string) string {
	k.Helper()
	cmd := k.program(name, args...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != code {
		k.Fatalf("%s %q: %v, want exit code %d\n%s", name, args, err, code, out)
	}
	return string(out)
}

// kill starts a loop and kills it: the supervisor alone, or all of its process
// group, as a terminal or a service manager does.
func (k *killer) kill(alive time.Duration, group bool) {
	cmd := k.program("ringwall", "loop")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	k.must(cmd.Start())
	time.Sleep(alive)
	if pid := cmd.Process.Pid; group {
		syscall.Kill(-pid, syscall.SIGKILL)
	} else {
		syscall.Kill(pid, syscall.SIGKILL)
	}
	cmd.Wait()
}

// settled checks what is there after a kill, starts ringwall again, and checks
// once more.
func (k *killer) settled(when string) bool {
	began := time.Now()
	if left := k.leftOutside(patience); len(left) > 0 {
		k.Errorf("%s: left behind:\n%s", when, lines(left))
	}
	k.slowest = max(k.slowest, time.Since(began))
	for name, text := range k.files() {
		if _, whole := wholeFile(text); !whole {
			k.Errorf("%s: %s is neither the old nor the new file: %d bytes", when, name, len(text))
		}
	}
	k.temporary += len(k.stray())
	active := k.active()
	said := k.run(0, "ringwall", "run", "--", "true")
	if told := strings.Contains(said, "recovered: run "+active+" was cut short"); active != "" && !told || active == "" && said != "" {
		k.Errorf("%s: run %q was cut short, and the next start said %q", when, active, said)
	}
	_, did, _ := strings.Cut(strings.TrimSpace(said), "; ")
	k.told[did]++
	k.consistent(when)
	return !k.Failed()
}

// leftOutside is leftAfter without the project's own files, which are settled
// at the next start.
func (k *killer) leftOutside(limit time.Duration) []string {
	for end := time.Now().Add(limit); ; time.Sleep(time.Millisecond) {
		runs := k.runs()
		left := append(append(k.processes(runs), groups(runs)...), k.locks()...)
		left = append(append(left, k.mentioned("/proc/self/mountinfo")...), k.mentioned("/proc/net/unix")...)
		if len(left) == 0 || time.Now().After(end) {
			return left
		}
	}
}

// active is the run that the state directory holds to be going on.
func (k *killer) active() string {
	paths, _ := filepath.Glob(filepath.Join(k.state(), "ringwall/projects/*/active"))
	if len(paths) == 0 {
		return ""
	}
	run, err := os.Readlink(paths[0])
	k.must(err)
	return run
}

// files are the contents of the numbered files.
func (k *killer) files() map[string]string {
	out := map[string]string{}
	for i := range killFiles {
		name := fmt.Sprintf("file%d", i+1)
		out[name] = read(filepath.Join(k.project, name))
	}
	return out
}

// wholeFile tells which iteration made a file, and whether it is all there.
func wholeFile(text string) (n int, whole bool) {
	first, _, _ := strings.Cut(text, "\n")
	n, err := strconv.Atoi(first)
	return n, err == nil && text == numbered(n)
}

// consistent demands that the project is exactly what one iteration left.
func (k *killer) consistent(when string) {
	n, _ := wholeFile(read(filepath.Join(k.project, "file1")))
	for name, text := range k.files() {
		if m, whole := wholeFile(text); !whole || m != n {
			k.Errorf("%s: after the recovery %s is of iteration %d, file1 of %d", when, name, m, n)
		}
	}
	want := []string{"agent.sh", fmt.Sprintf("dir%d", n), "ringwall.toml"}
	if n > 0 {
		want = append(want, fmt.Sprintf("dir%d/deep", n), fmt.Sprintf("dir%d/deep/file", n))
	}
	for name := range k.files() {
		want = append(want, name)
	}
	got := k.tree()
	for _, name := range want {
		if !got[name] {
			k.Errorf("%s: after the recovery to iteration %d there is no %s", when, n, name)
		}
		delete(got, name)
	}
	for name := range got {
		k.Errorf("%s: after the recovery to iteration %d there is %s", when, n, name)
	}
}

func (k *killer) tree() map[string]bool {
	out := map[string]bool{}
	k.must(filepath.WalkDir(k.project, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(k.project, path)
		switch {
		case err != nil:
			return err
		case rel == ".git":
			return fs.SkipDir
		case rel != ".":
			out[rel] = true
		}
		return nil
	}))
	return out
}

// finish lets a loop end by itself, and asks each run's journal whether it is
// whole.
func (k *killer) finish() {
	k.write("finish", "")
	if said := k.run(0, "ringwall", "loop"); !strings.Contains(said, "done after 1 iteration") {
		k.Errorf("the undisturbed loop says %s", said)
	}
	if said := k.run(0, "ringwall", "report"); !strings.Contains(said, "chain intact") {
		k.Errorf("the report does not call the journal intact:\n%s", said)
	}
	for _, run := range k.runs() {
		k.journal(strings.TrimPrefix(run, "ringwall-"))
	}
	if left := k.leftAfter(patience); len(left) > 0 {
		k.Errorf("left behind:\n%s", lines(left))
	}
	uppers, _ := filepath.Glob(filepath.Join(k.state(), "ringwall/runs/*/iterations/*/upper"))
	for _, upper := range uppers {
		// What was about to be applied is kept, and says so.
		if _, err := os.Lstat(filepath.Join(filepath.Dir(upper), "kept.json")); err != nil {
			k.Errorf("an overlay is still in the state directory: %q", upper)
		}
	}
}

// journal demands that a run's journal is whole and says how the run ended. A
// run that was killed before it had one is not known.
func (k *killer) journal(run string) {
	path := filepath.Join(k.state(), "ringwall/runs", run, "journal.jsonl")
	text, err := os.ReadFile(path)
	if err != nil || len(text) == 0 {
		return
	}
	if !bytes.Contains(text, []byte(`"run_ended"`)) {
		k.Errorf("the journal of %s does not say how it ended", run)
	}
	k.run(0, "ringwall", "report", run)
}
