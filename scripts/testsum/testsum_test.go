package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// write makes a file of lines.
func write(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func ended(action, pkg, test string) string {
	return `{"Action":"` + action + `","Package":"` + pkg + `","Test":"` + test + `"}`
}

func said(pkg, test, output string) string {
	return `{"Action":"output","Package":"` + pkg + `","Test":"` + test + `","Output":"` + output + `\n"}`
}

func TestRun(t *testing.T) {
	for _, test := range []struct {
		name   string
		events []string
		failed bool
		want   string
	}{
		{"all pass", []string{ended("pass", "p", "TestA"), ended("pass", "p", "TestB"), ended("pass", "p", "")},
			false, "2 passed, 0 failed, 0 skipped\n"},
		{"inner tests count, the outer does not",
			[]string{ended("pass", "p", "TestA/x"), ended("pass", "p", "TestA/y"), ended("pass", "p", "TestA")},
			false, "2 passed, 0 failed, 0 skipped\n"},
		{"a skip has its reason",
			[]string{said("p", "TestA", "=== RUN   TestA"), said("p", "TestA", "    a_test.go:7: root needed"),
				ended("skip", "p", "TestA"), ended("pass", "p", "TestB")},
			false, "skipped: e: p TestA: a_test.go:7: root needed\n1 passed, 0 failed, 1 skipped\n"},
		{"a failure is counted once, with its output",
			[]string{said("p", "TestA/x", "bad"), ended("fail", "p", "TestA/x"), ended("fail", "p", "TestA"), ended("fail", "p", "")},
			true, "FAILED: e: p TestA/x\n    bad\n0 passed, 1 failed, 0 skipped\n"},
		{"an outer test fails by itself",
			[]string{ended("pass", "p", "TestA/x"), said("p", "TestA", "late"), ended("fail", "p", "TestA"), ended("fail", "p", "")},
			true, "FAILED: e: p TestA\n    late\n1 passed, 1 failed, 0 skipped\n"},
		{"a build breaks",
			[]string{`{"Action":"build-output","ImportPath":"p [p.test]","Output":"syntax error\n"}`,
				`{"Action":"fail","Package":"p","FailedBuild":"p [p.test]"}`},
			true, "FAILED: e: p\n    syntax error\n0 passed, 1 failed, 0 skipped\n"},
		{"a panic without a test's result",
			[]string{ended("pass", "p", "TestA"), said("p", "", "panic: boom"), ended("fail", "p", "")},
			true, "FAILED: e: p\n    panic: boom\n1 passed, 1 failed, 0 skipped\n"},
		{"a package without tests is nothing",
			[]string{ended("skip", "q", ""), ended("pass", "p", "TestA")},
			false, "1 passed, 0 failed, 0 skipped\n"},
		{"noise between the events",
			[]string{"fatal: noise", ended("pass", "p", "TestA")},
			false, "1 passed, 0 failed, 0 skipped\n"},
		{"no events at all", []string{""},
			true, "FAILED: e\n    no test has a result\n0 passed, 1 failed, 0 skipped\n"},
		{"a test program is killed",
			[]string{`{"Action":"start","Package":"p"}`, ended("pass", "p", "TestA")},
			true, "FAILED: e: p\n    it began and has no result\n1 passed, 1 failed, 0 skipped\n"},
		{"only skipped is not a pass", []string{ended("skip", "p", "TestA")},
			true, "skipped: e: p TestA: no reason given\n0 passed, 0 failed, 1 skipped\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			failed, err := run([]string{"e=" + write(t, test.events...)}, &out)
			if err != nil || failed != test.failed || out.String() != test.want {
				t.Errorf("failed %v, %v:\n%s\nwant %v:\n%s", failed, err, &out, test.failed, test.want)
			}
		})
	}
}

func TestChecks(t *testing.T) {
	var out bytes.Buffer
	failed, err := run([]string{write(t, "pass\tgofmt", "skip\tgovulncheck\tno database", "fail\tvet\tit is wrong")}, &out)
	want := "skipped: govulncheck: no database\nFAILED: vet\n    it is wrong\n1 passed, 1 failed, 1 skipped\n"
	if err != nil || !failed || out.String() != want {
		t.Errorf("failed %v, %v:\n%s", failed, err, &out)
	}
}

func TestUnreadableInputFails(t *testing.T) {
	for _, arg := range []string{"/nowhere/checks", "e=/nowhere/events", write(t, "perhaps\tgofmt")} {
		if failed, err := run([]string{arg}, &bytes.Buffer{}); !failed || err == nil {
			t.Errorf("%s: failed %v, %v", arg, failed, err)
		}
	}
}
