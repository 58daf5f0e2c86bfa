//go:build linux

package main_test

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// commands are what the scripts know beside testscript's own.
var commands = map[string]func(*testscript.TestScript, bool, []string){
	"await":        cmdAwait,
	"exits":        cmdExits,
	"files":        cmdFiles,
	"fill":         cmdFill,
	"json":         cmdJSON,
	"keys":         cmdKeys,
	"lines":        cmdLines,
	"model":        cmdModel,
	"nothing-left": cmdNothingLeft,
	"repo":         cmdRepo,
	"schema":       cmdSchema,
	"signal":       cmdSignal,
}

// exits CODE PROGRAM [ARGUMENT...]: the program ends with exactly this code.
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARGUMENT...]")
	}
	want := number(ts, args[0])
	if got := exitCode(ts, ts.Exec(args[1], args[2:]...)); got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func exitCode(ts *testscript.TestScript, err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &exit):
		ts.Fatalf("%v", err)
	}
	return exit.ExitCode()
}

func number(ts *testscript.TestScript, s string) int {
	n, err := strconv.Atoi(s)
	ts.Check(err)
	return n
}

// repo FOLDER: makes it a git repository with all that it holds committed.
func cmdRepo(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: repo FOLDER")
	}
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	for _, git := range [][]string{{"init", "--quiet"}, {"add", "--all"}, {"commit", "--quiet", "--allow-empty", "--message", "start"}} {
		ts.Check(ts.Exec("git", append([]string{"-C", dir}, git...)...))
	}
}

// files FOLDER: prints all that is in it but .git, for stdout and cmp.
func cmdFiles(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: files FOLDER")
	}
	dir := ts.MkAbs(args[0])
	var names []string
	ts.Check(filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == ".git":
			return fs.SkipDir
		case !d.IsDir():
			rel, _ := filepath.Rel(dir, path)
			names = append(names, rel)
		}
		return nil
	}))
	sort.Strings(names)
	fmt.Fprintln(ts.Stdout(), strings.Join(names, "\n"))
}

// lines FILE NUMBER: the file has that many lines.
func cmdLines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: lines FILE NUMBER")
	}
	if got := strings.Count(ts.ReadFile(args[0]), "\n"); got != number(ts, args[1]) {
		ts.Fatalf("%s has %d lines, want %s", args[0], got, args[1])
	}
}

// signal NAME PATTERN CODE PROGRAM [ARGUMENT...]: starts the program, sends it
// the signal as soon as a file fits the pattern, and demands the exit code.
func cmdSignal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 {
		ts.Fatalf("usage: signal NAME PATTERN CODE PROGRAM [ARGUMENT...]")
	}
	sig := unix.SignalNum("SIG" + args[0])
	if sig == 0 {
		ts.Fatalf("no signal is called %s", args[0])
	}
	cmd := rigOf(ts).command(ts, args[3], args[4:]...)
	cmd.Stdout, cmd.Stderr = ts.Stdout(), ts.Stderr()
	ts.Check(cmd.Start())
	found := waitFor(ts.MkAbs(args[1]))
	cmd.Process.Signal(sig)
	late := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	defer late.Stop()
	got := exitCode(ts, cmd.Wait())
	if !found {
		ts.Fatalf("nothing fits %s", args[1])
	}
	if want := number(ts, args[2]); got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// command prepares a program with the script's environment and folder.
func (r rig) command(ts *testscript.TestScript, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	if !strings.Contains(name, "/") {
		cmd.Path, cmd.Err = filepath.Join(bin, name), nil
	}
	for name := range r.variables() {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	cmd.Dir = ts.MkAbs(".")
	return cmd
}

// waitFor waits until a file fits the pattern, for as long as a test may take.
func waitFor(pattern string) bool {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return true
		}
	}
	return false
}

// await PATTERN: waits until a file fits.
func cmdAwait(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: await PATTERN")
	}
	if !waitFor(ts.MkAbs(args[0])) {
		ts.Fatalf("nothing fits %s", args[0])
	}
}

// nothing-left: of all that the script's runs had, nothing is there any more.
// Every script ends with it by itself; this is for one that goes on.
func cmdNothingLeft(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: nothing-left")
	}
	if left := rigOf(ts).leftAfter(patience); len(left) > 0 {
		ts.Fatalf("left behind:\n%s", lines(left))
	}
}

// model SCRIPT LOG [NAME=VALUE...]: starts a scripted model on loopback until
// the script ends, and puts its address into $MODEL and its port into $PORT.
func cmdModel(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: model SCRIPT LOG [NAME=VALUE...]")
	}
	cmd := exec.Command(filepath.Join(bin, "scripted-model"), "-script", args[0], "-log", args[1])
	for _, value := range args[2:] {
		cmd.Args = append(cmd.Args, "-set", value)
	}
	address, stop, err := serve(cmd)
	ts.Check(err)
	ts.Defer(stop)
	ts.Setenv("MODEL", address)
	ts.Setenv("PORT", address[strings.LastIndexByte(address, ':')+1:])
}

// serve starts a program whose first line says where it answers.
func serve(cmd *exec.Cmd) (address string, stop func(), err error) {
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() { cmd.Process.Kill(); cmd.Wait() }
	address, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
	}
	return strings.TrimSpace(address), stop, err
}

// rigOf is what setup made for a script.
func rigOf(ts *testscript.TestScript) rig { return ts.Value(rigKey{}).(rig) }

type rigKey struct{}
