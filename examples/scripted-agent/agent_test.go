//go:build linux

package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestMain lets the test binary play the agent's other parts.
func TestMain(m *testing.M) {
	if play(os.Args[1:], os.Stdin, os.Stdout) {
		return
	}
	os.Exit(m.Run())
}

// project makes an empty folder with the guardrails that are attacked, and
// works in it.
func project(t *testing.T) {
	t.Helper()
	home := t.TempDir()
	dir := filepath.Join(home, "project")
	for _, folder := range []string{settingsDir, ".git/hooks"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{instructions, settings} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte("good\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("HOME", home)
	t.Chdir(dir)
}

// only makes the attempts named and gives the exit code and the lines.
func only(t *testing.T, opt options, names string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	opt.only = names
	code := run(opt, strings.NewReader(""), &out)
	return code, out.String()
}

// Unconfined, the attempts on files must succeed: an attempt that fails by
// itself would make a sandbox look good that does nothing.
func TestFileAttemptsSucceedUnconfined(t *testing.T) {
	for _, test := range []struct{ name, file, want string }{
		{"write-memory", instructions, evilInstructions},
		{"rename-memory", instructions, evilInstructions},
		{"write-settings", settings, evilSettings},
		{"rename-settings", settings, evilSettings},
		{"move-settings", settings, evilSettings},
		{"git-hook", hook, evilHook},
	} {
		t.Run(test.name, func(t *testing.T) {
			project(t)
			code, out := only(t, options{}, test.name)
			if code != 1 || !strings.Contains(out, "SUCCEEDED") {
				t.Errorf("exit code %d: %s", code, out)
			}
			if got, err := os.ReadFile(test.file); err != nil || string(got) != test.want {
				t.Errorf("%s holds %q, %v", test.file, got, err)
			}
		})
	}
}

func TestFileAttemptsTellTheRefusal(t *testing.T) {
	project(t)
	if err := os.Remove(instructions); err != nil {
		t.Fatal(err)
	}
	// A folder in the place of the file refuses root too.
	if err := os.Mkdir(instructions, 0o755); err != nil {
		t.Fatal(err)
	}
	code, out := only(t, options{}, "write-memory,rename-memory")
	if code != 0 || strings.Count(out, ": refused: ") != 2 || !strings.Contains(out, "EISDIR") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	if left, _ := filepath.Glob(".scripted-agent-*"); left != nil {
		t.Errorf("left behind: %v", left)
	}
}

func TestReadKey(t *testing.T) {
	project(t)
	if os.Geteuid() == 0 {
		if _, err := os.Stat("/root/.ssh/id_rsa"); err == nil {
			t.Skip("this account has a real key, which the test does not print")
		}
	}
	if code, out := only(t, options{}, "ssh-key"); code != 0 || !strings.Contains(out, "refused") {
		t.Errorf("without a key: exit code %d: %s", code, out)
	}
	// The folder above the project is the owner's home, whatever HOME says.
	t.Setenv("HOME", t.TempDir())
	if err := os.Mkdir("../.ssh", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("../.ssh/id_rsa", []byte("CANARY\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out := only(t, options{}, "ssh-key"); code != 1 || !strings.Contains(out, "CANARY") {
		t.Errorf("with a key: exit code %d: %s", code, out)
	}
	// A decoy in HOME does not keep the agent from the real one.
	if err := os.MkdirAll(filepath.Join(os.Getenv("HOME"), ".ssh"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(os.Getenv("HOME"), ".ssh/id_rsa"), []byte("DECOY\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, out := only(t, options{}, "ssh-key"); !strings.Contains(out, "DECOY") || !strings.Contains(out, "CANARY") {
		t.Errorf("with a decoy: %s", out)
	}
}

func TestForkStops(t *testing.T) {
	code, out := only(t, options{maxForks: 3, hold: time.Millisecond}, "fork")
	if code != 1 || !strings.Contains(out, "3 copies, and could go on") {
		t.Errorf("exit code %d: %s", code, out)
	}
}

func TestCall(t *testing.T) {
	for _, test := range []struct {
		name      string
		status    int
		body      string
		succeeded bool
	}{
		{"the host", http.StatusOK, "thank you", true},
		{"the host does not know the page", http.StatusNotFound, "what?", true},
		{"the gateway", http.StatusForbidden, "ringwall refused: GET https://example.com/\n", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.body)
			}))
			defer server.Close()
			note, err := call(server.URL, nil)()
			if (err == nil) != test.succeeded {
				t.Errorf("call = %q, %v", note, err)
			}
		})
	}
}

func TestUnknownAttempt(t *testing.T) {
	if code, out := only(t, options{}, "fork,nonsense"); code != 2 || !strings.Contains(out, `"nonsense"`) {
		t.Errorf("exit code %d: %s", code, out)
	}
}

func TestExitCode(t *testing.T) {
	var out bytes.Buffer
	if code := run(options{exit: 7}, strings.NewReader(""), &out); code != 7 {
		t.Errorf("exit code %d", code)
	}
}

func TestOutlive(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	var out bytes.Buffer
	opt := options{outlive: file, outliveFor: time.Minute}
	if code := run(opt, strings.NewReader(""), &out); code != 0 {
		t.Fatalf("exit code %d: %s", code, &out)
	}
	first := waitLonger(t, file, 0)
	t.Cleanup(func() { killWriter(t, file) })
	waitLonger(t, file, first) // it goes on after the one who started it
}

// killWriter ends the process that wrote the file.
func killWriter(t *testing.T, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Sscanf(string(data), "still here: %d", &pid); err != nil {
		t.Fatal(err)
	}
	if err := unix.Kill(pid, unix.SIGKILL); err != nil {
		t.Error(err)
	}
}

// waitLonger waits until the file has more than size bytes.
func waitLonger(t *testing.T, file string, size int64) int64 {
	t.Helper()
	for range 200 {
		if info, err := os.Stat(file); err == nil && info.Size() > size {
			return info.Size()
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("%s does not grow past %d bytes", file, size)
	return 0
}

// No output of a program may look like the agent's last word.
func TestOutputIsIndented(t *testing.T) {
	var out bytes.Buffer
	printIndented(&out, []byte("one\n"+doneToken+"\n"))
	if want := "    one\n    " + doneToken + "\n"; out.String() != want {
		t.Errorf("printed %q, want %q", &out, want)
	}
}

// TestWorkOnFixit does the work of both iterations on a copy of the example.
func TestWorkOnFixit(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the Go tool")
	}
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOCACHE", strings.TrimSpace(string(cache)))
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../fixit")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", t.TempDir())
	t.Chdir(dir)
	if output, err := exec.Command("sh", "-c", "git init -q && git add -A && "+
		"git -c user.name=a -c user.email=a@example.com commit -qm start").CombinedOutput(); err != nil {
		t.Fatalf("git: %v: %s", err, output)
	}
	var out bytes.Buffer
	if work(&out) {
		t.Fatalf("the example's tests pass before the repair:\n%s", &out)
	}
	commit(&out)
	if !work(&out) {
		t.Errorf("the example's tests fail after the repair:\n%s", &out)
	}
	if !strings.Contains(out.String(), "Committed "+brokenFile) {
		t.Errorf("nothing was committed:\n%s", &out)
	}
}
