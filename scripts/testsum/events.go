package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// event is one line of "go test -json".
type event struct {
	Action      string
	Package     string
	ImportPath  string // of the output of a build
	Test        string
	Output      string
	FailedBuild string // the ImportPath of the build that broke
}

const (
	maxLine   = 16 << 20
	keepLines = 120 // of the output of a test that failed
)

// key names a test, or with an empty test a package.
type key struct{ pkg, test string }

// parents lists what a test lies in: the tests around it, then its package.
func (k key) parents() []key {
	var out []key
	for test := k.test; test != ""; {
		test = test[:max(strings.LastIndex(test, "/"), 0)]
		out = append(out, key{k.pkg, test})
	}
	return out
}

func (k key) String() string {
	if k.test == "" {
		return k.pkg
	}
	return k.pkg + " " + k.test
}

// testRun collects the events of one file.
type testRun struct {
	started  []key // packages
	order    []key
	outcome  map[key]string
	output   map[key][]string // the last lines
	hasInner map[key]bool
	innerBad map[key]bool // the failure is counted further in
}

// addEvents reads test events. Only the innermost tests count: one that holds
// others is their sum, unless it failed by itself. A package counts only where
// it failed by itself: a build that broke, a panic, a time limit.
func (s *summary) addEvents(label string, r io.Reader) error {
	run := testRun{
		outcome: map[key]string{}, output: map[key][]string{},
		hasInner: map[key]bool{}, innerBad: map[key]bool{},
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		// A program that writes past the test's output gets between the events.
		if e, ok := decode(lines.Bytes()); ok {
			run.add(e)
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	if len(run.order) == 0 {
		s.failed = append(s.failed, result{label, "no test has a result"})
	}
	run.count(label, s)
	run.countUnended(label, s)
	return nil
}

func decode(line []byte) (event, bool) {
	var e event
	err := json.Unmarshal(line, &e)
	return e, err == nil
}

// add takes in one event.
func (r *testRun) add(e event) {
	k := key{e.Package, e.Test}
	if k.pkg == "" {
		k.pkg = e.ImportPath
	}
	switch e.Action {
	case "start":
		r.started = append(r.started, k)
	case "output", "build-output":
		r.output[k] = append(r.output[k], e.Output)
		r.output[k] = r.output[k][max(0, len(r.output[k])-keepLines):]
	case "pass", "fail", "skip":
		r.end(k, e)
	}
}

// end takes in the outcome of a test or a package.
func (r *testRun) end(k key, e event) {
	if e.FailedBuild != "" {
		r.output[k] = append(r.output[k], r.output[key{pkg: e.FailedBuild}]...)
	}
	r.order = append(r.order, k)
	r.outcome[k] = e.Action
	for _, parent := range k.parents() {
		r.hasInner[parent] = true
		if e.Action == "fail" {
			r.innerBad[parent] = true
		}
	}
}

// count adds the outcomes to the summary.
func (r *testRun) count(label string, s *summary) {
	for _, k := range r.order {
		shown := fmt.Sprintf("%s: %s", label, k)
		why := strings.Join(r.output[k], "")
		switch outcome := r.outcome[k]; {
		case outcome == "fail" && !r.innerBad[k]:
			s.failed = append(s.failed, result{shown, why})
		case k.test == "" || r.hasInner[k]:
		case outcome == "skip":
			s.skipped = append(s.skipped, result{shown, reason(why)})
		case outcome == "pass":
			s.passed++
		}
	}
}

// countUnended adds the packages that began and have no result: their test
// program was killed, or its output was cut off.
func (r *testRun) countUnended(label string, s *summary) {
	for _, k := range r.started {
		if r.outcome[k] == "" {
			why := "it began and has no result\n" + strings.Join(r.output[k], "")
			s.failed = append(s.failed, result{fmt.Sprintf("%s: %s", label, k), why})
		}
	}
}

// reason finds in the output of a skipped test what it says of itself.
func reason(output string) string {
	var said []string
	for _, line := range strings.Split(output, "\n") {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") {
			said = append(said, line)
		}
	}
	if len(said) == 0 {
		return "no reason given"
	}
	return strings.Join(said, " ")
}
