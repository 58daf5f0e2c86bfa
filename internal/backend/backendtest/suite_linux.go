package backendtest

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"ringwall/internal/backend"
	"ringwall/internal/plan"
)

// Suite runs everything that a backend has to pass.
func Suite(t *testing.T, target Target) {
	for _, s := range []struct {
		name string
		test func(*testing.T, Target)
	}{
		{"ends as the command does", testExit},
		{"fails closed", testFailsClosed},
		{"interrupted", testInterrupted},
		{"identity and environment", testIdentity},
		{"own namespaces", testNamespaces},
		{"files of the host", testHostFiles},
		{"shared places", testShared},
		{"system read-only", testSystem},
		{"guardrails", testGuardrails},
		{"secrets", testSecrets},
		{"git", testGit},
		{"processes of the host", testHostProcesses},
		{"signals with data", testQueuedSignals},
		{"network", testNetwork},
		{"hogs", testHogs},
		{"page cache is no memory", testPageCache},
		{"CPU", testCPU},
		{"limits are locked", testLocked},
		{"file size", testFileSize},
		{"time", testTime},
		{"output", testOutput},
	} {
		t.Run(s.name, func(t *testing.T) { s.test(t, target) })
	}
}

func testExit(t *testing.T, target Target) {
	for _, c := range []struct {
		script string
		code   int
		signal string
	}{
		{"exit 0", 0, ""}, {"exit 7", 7, ""}, {"exit 255", 255, ""},
		{"kill -TERM $$", 143, "SIGTERM"}, {"kill -KILL $$", 137, "SIGKILL"},
	} {
		r := NewBox(t, target).Command("/bin/sh", "-c", c.script)
		if r.Err != nil || r.Reason != backend.Exited || r.ExitCode != c.code || r.Signal != c.signal {
			t.Errorf("%s: %+v, %v", c.script, r.Result, r.Err)
		}
	}
	b := NewBox(t, target)
	if r := b.Command("/nonexistent/program"); r.Err == nil || !strings.Contains(r.Err.Error(), "/nonexistent/program") {
		t.Errorf("a program that is not there: %+v, %v", r.Result, r.Err)
	}
}

// testFailsClosed: with a control that cannot be carried out nothing runs, and
// the error names it.
func testFailsClosed(t *testing.T, target Target) {
	for _, c := range []struct {
		name  string
		spoil func(*Box)
		says  string
	}{
		{"no such source", func(b *Box) { b.Show("/nonexistent/source", "/x", false) }, "/x"},
		{"no such kind of mount", func(b *Box) {
			b.Add("isolation.view:/y", plan.Op{Mount: &plan.Mount{Kind: "teleport", Target: "/y"}})
		}, "teleport"},
		{"no stage", func(b *Box) { os.RemoveAll(b.IterDir) }, ""},
		{"no work directory", func(b *Box) { os.RemoveAll(b.IterDir + "/work") }, ""},
		{"no project", func(b *Box) { os.RemoveAll(b.Project) }, ""},
		{"a guardrail that is not there", func(b *Box) {
			b.Add("isolation.guardrail:gone", plan.Op{Guardrail: &plan.Guardrail{Path: "gone", Present: true}})
		}, "gone"},
		{"a guardrail that is a link", func(b *Box) {
			b.File("target", "")
			os.Symlink("target", b.Project+"/l")
			b.Add("isolation.guardrail:l", plan.Op{Guardrail: &plan.Guardrail{Path: "l", Present: true}})
		}, "l"},
		{"a secret that is not there", func(b *Box) {
			b.Add("isolation.secret:gone", plan.Op{Mask: &plan.Mask{Path: "gone", Reason: "test"}})
		}, "gone"},
		{"root", func(b *Box) {
			b.Add("isolation.user", plan.Op{User: &plan.User{Form: ownerForm, UID: 1000, GID: 1000}})
		}, "unprivileged"},
		{"no user", func(b *Box) { b.Drop("isolation.user") }, "unprivileged"},
		{"a limit beyond what can be had", func(b *Box) {
			b.Add("infrastructure.memory", plan.Op{Limit: &plan.Limit{Resource: "memory", Value: 1 << 62, By: "cgroup v1 nonexistent"}})
			b.Target.Host.Cgroups.Dirs = map[string]string{"memory": "/proc/nonexistent"}
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			marker := t.TempDir()
			if err := os.Chmod(marker, 0o777); err != nil {
				t.Fatal(err)
			}
			b := NewBox(t, target).Show(marker, "/marker", true)
			b.Add("isolation.landlock", plan.Op{Landlock: &plan.Landlock{}})
			c.spoil(b)
			r := b.Command("/bin/sh", "-c", "echo ran >/marker/ran; echo ran")
			if r.Err == nil || !strings.Contains(r.Err.Error(), c.says) {
				t.Errorf("%v, want an error that names %q", r.Err, c.says)
			}
			if _, err := os.Stat(marker + "/ran"); err == nil {
				t.Error("the command ran")
			}
		})
	}
	marker := t.TempDir()
	if err := os.Chmod(marker, 0o777); err != nil {
		t.Fatal(err)
	}
	b := NewBox(t, target).Show(marker, "/marker", true)
	b.Drop("isolation.landlock")
	r := b.Command("/bin/sh", "-c", "echo ran >/marker/ran")
	if _, err := os.Stat(marker + "/ran"); err != nil || r.Err != nil {
		t.Errorf("with nothing spoilt the command did not run: %v, %v, %s", err, r.Err, r.Stderr)
	}
}

func testInterrupted(t *testing.T, target Target) {
	for name, script := range map[string]string{
		"asked":   "trap 'exit 3' TERM; echo ready >&2; while :; do sleep 0.05; done",
		"ignored": "trap '' TERM; echo ready >&2; while :; do sleep 0.05; done",
	} {
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(400*time.Millisecond, cancel)
		b := NewBox(t, target)
		b.Context = ctx
		r := b.Command("/bin/sh", "-c", script)
		want := map[string]int{"asked": 3, "ignored": 137}[name]
		if r.Err != nil || r.Reason != backend.Interrupted || r.ExitCode != want {
			t.Errorf("%s: %+v, %v, want exit code %d", name, r.Result, r.Err, want)
		}
	}
}
