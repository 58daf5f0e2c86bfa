// Package backendtest is the suite that every backend has to pass: attacks
// from inside a sandbox, each with its counterpart, the same attempt with the
// control left out. What one kernel mechanism alone can show is tested there.
package backendtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"ringwall/internal/backend"
	"ringwall/internal/evidence"
	"ringwall/internal/host"
	"ringwall/internal/plan"
)

// Job is what a backend needs beside the plan.
type Job struct {
	Host                  host.Facts
	Name                  string
	IterDir               string
	Layers                string // what stays between the runs of a box
	Owner                 [2]int // of the project's files
	Stdin, Stdout, Stderr *os.File
}

// Target is the backend under test.
type Target struct {
	Host    host.Facts
	Program string // hands its arguments after "attack" to Attack
	New     func(Job) backend.Backend
}

// Box is one sandbox, not yet built: its plan can be changed before it runs.
type Box struct {
	T        *testing.T
	Target   Target
	Project  string
	IterDir  string
	Layers   string
	Plan     plan.Plan
	Stdin    *os.File
	Recorder evidence.Memory
	Context  context.Context
	// Keep bounds what is kept of each stream; the rest is read and dropped.
	Keep int
}

// Ran is how a box ended.
type Ran struct {
	backend.Result
	Err     error
	Reports []Report
	Stderr  string
	Read    int64            // bytes of standard error, those that were dropped included
	Written map[string]int64 // the same of both streams, by descriptor
}

// NewBox makes a project and the plan for it.
func NewBox(t *testing.T, target Target) *Box {
	t.Helper()
	base := t.TempDir()
	// An account that is not the project's owner must not need to walk here.
	b := &Box{T: t, Target: target, Project: filepath.Join(base, "project"), IterDir: filepath.Join(base, "iteration"),
		Layers:  filepath.Join(base, "layers"),
		Context: context.Background(), Keep: 1 << 20}
	for _, d := range []string{b.Project, filepath.Join(b.IterDir, "upper"), filepath.Join(b.IterDir, "work")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { openUp(b.IterDir) })
	b.Plan = basePlan(target.Host, b.Project, target.Program)
	return b
}

// NextIteration drops what was changed, and makes room for the next one.
func (b *Box) NextIteration() {
	b.T.Helper()
	openUp(b.IterDir)
	for _, d := range []string{"upper", "work"} {
		path := filepath.Join(b.IterDir, d)
		if err := errors.Join(os.RemoveAll(path), os.Mkdir(path, 0o700)); err != nil {
			b.T.Fatal(err)
		}
	}
}

// openUp makes a tree removable: the kernel leaves the overlay's work directory
// without any permission, and an attacker what it likes.
func openUp(dir string) {
	os.Chmod(dir, 0o700)
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if e.IsDir() {
			openUp(filepath.Join(dir, e.Name()))
		}
	}
}

// File writes a file of the project, with its folders.
func (b *Box) File(name, content string) string {
	b.T.Helper()
	path := filepath.Join(b.Project, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.T.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		b.T.Fatal(err)
	}
	return path
}

// Add appends a control; one with the same ID is replaced.
func (b *Box) Add(id string, op plan.Op) *Box {
	b.Drop(id)
	b.Plan.Controls = append(b.Plan.Controls, control(id, op))
	return b
}

// Drop takes a control out.
func (b *Box) Drop(id string) *Box {
	b.Plan.Controls = slices.DeleteFunc(b.Plan.Controls, func(c plan.Control) bool { return c.ID == id })
	return b
}

// Limit sets a limit's value; how it is kept stays.
func (b *Box) Limit(resource string, value int64) *Box {
	for i, c := range b.Plan.Controls {
		if l := c.Want.Limit; l != nil && l.Resource == resource {
			changed := *l
			changed.Value = value
			b.Plan.Controls[i].Want.Limit = &changed
		}
	}
	return b
}

// Size sets the size of a file system in memory.
func (b *Box) Size(target string, bytes int64) *Box {
	for i, c := range b.Plan.Controls {
		if m := c.Want.Mount; m != nil && m.Target == target {
			changed := *m
			changed.Size = bytes
			b.Plan.Controls[i].Want.Mount = &changed
		}
	}
	return b
}

// Show puts a path of the host in the view.
func (b *Box) Show(source, target string, writable bool) *Box {
	return b.Add("isolation.view:"+target, plan.Op{Mount: &plan.Mount{Kind: plan.Bind, Source: source, Target: target, Writable: writable}})
}

// Attack runs the attacker with these attempts.
func (b *Box) Attack(attempts ...string) Ran {
	b.T.Helper()
	b.Plan.Command = append([]string{Program, "attack"}, attempts...)
	return b.Run()
}

// Command runs any command.
func (b *Box) Command(argv ...string) Ran {
	b.T.Helper()
	b.Plan.Command = argv
	return b.Run()
}

// Run runs the plan's command and waits until all of it is over.
func (b *Box) Run() Ran {
	b.T.Helper()
	b.share()
	var streams sync.WaitGroup
	out, outW := b.stream(&streams)
	errs, errW := b.stream(&streams)
	job := Job{Host: b.Target.Host, Name: unique(), IterDir: b.IterDir, Layers: b.Layers, Owner: [2]int{os.Getuid(), os.Getgid()},
		Stdin: b.Stdin, Stdout: outW, Stderr: errW}
	var ran Ran
	ran.Result, ran.Err = b.Target.New(job).Run(b.Context, b.Plan, &b.Recorder)
	outW.Close()
	errW.Close()
	streams.Wait() // no process of the run holds them any more
	ran.Stderr, ran.Read = errs.text.String(), errs.read
	ran.Written = map[string]int64{"1": out.read, "2": errs.read}
	ran.Reports = reports(out.text.Bytes())
	return ran
}

var boxes atomic.Int64

// unique is a name that no other box on this machine has.
func unique() string { return fmt.Sprintf("ringwall-test-%d-%d", os.Getpid(), boxes.Add(1)) }

// drain reads a stream to its end and keeps its beginning.
type drain struct {
	text bytes.Buffer
	read int64
}

func (b *Box) stream(wg *sync.WaitGroup) (*drain, *os.File) {
	b.T.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		b.T.Fatal(err)
	}
	d := new(drain)
	wg.Go(func() {
		defer r.Close()
		kept, _ := io.CopyN(&d.text, r, int64(b.Keep))
		rest, _ := io.Copy(io.Discard, r)
		d.read = kept + rest
	})
	return d, w
}

func reports(out []byte) []Report {
	var all []Report
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var r Report
		if err := dec.Decode(&r); err != nil {
			return all
		}
		all = append(all, r)
	}
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

// Expect fails the test for each attempt that did not end with that errno.
func (b *Box) Expect(r Ran, want map[string]string) {
	b.T.Helper()
	if r.Err != nil {
		b.T.Errorf("the run failed: %v\n%s", r.Err, r.Stderr)
		return
	}
	if len(r.Reports) == 0 && len(want) > 0 {
		b.T.Errorf("the attacker reported nothing: %+v\n%s", r.Result, r.Stderr)
		return
	}
	for attempt, errno := range want {
		if got := r.Report(attempt); !slices.Contains(strings.Fields(errno), got.Errno) {
			b.T.Errorf("%s: %s %.200q, want %s", attempt, got.Errno, got.Value, errno)
		}
	}
}

// Outside makes the same attempts with no sandbox at all.
func Outside(t *testing.T, target Target, attempts ...string) Ran {
	t.Helper()
	cmd := exec.Command(target.Program, append([]string{"attack"}, attempts...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	return Ran{Err: err, Reports: reports(out)}
}

// Refusals are the recorded ones of a control, all counts added up by attempt.
func (b *Box) Refusals(control string) map[string]int {
	sum := map[string]int{}
	for _, e := range b.Recorder.Of(evidence.KindRefused) {
		if e.Refused.Control == control {
			sum[e.Refused.What] += e.Refused.Count
		}
	}
	return sum
}
