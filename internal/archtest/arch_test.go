package archtest

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// root is the module's folder.
const root = "../.."

const firstProcess = "cmd/ringwall-init"

func sources(t *testing.T) []source {
	t.Helper()
	files, err := load(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("no Go file was found: the test looks in the wrong place")
	}
	return files
}

func TestArrows(t *testing.T) {
	for _, problem := range check(arrows, sources(t)) {
		t.Error(problem)
	}
}

func TestFirstProcessIsLight(t *testing.T) {
	for _, problem := range reach(sources(t), firstProcess) {
		t.Error(problem)
	}
}

// TestFirstProcessAsBuilt asks the Go tool for everything that is linked into
// the first process, packages of the standard library that others bring along
// included.
func TestFirstProcessAsBuilt(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "./"+firstProcess)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for _, pkg := range strings.Fields(string(output)) {
		// This module's own are no one's to ban, and x/sys/unix brings reflect.
		if _, isOwn := own(pkg); isOwn || pkg == "reflect" {
			continue
		}
		for _, problem := range verdict(pkg, firstProcess+" -> ... -> "+pkg) {
			t.Error(problem)
		}
	}
}

func TestEveryRuleIsForOnePackageOrFolder(t *testing.T) {
	var seen []string
	for _, r := range arrows {
		if slices.Contains(seen, r.pkg) {
			t.Errorf("%s has two rules", r.pkg)
		}
		seen = append(seen, r.pkg)
	}
}

// program is a module in memory.
func program(files map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	for name, text := range files {
		out[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

// The checker itself is checked: on a wrong arrow it must say so.
func TestCheckReportsWrongArrows(t *testing.T) {
	for _, test := range []struct {
		name, file, text, want string
	}{
		{"a layer imports another", "internal/layer/network/a.go",
			"package network\nimport _ \"ringwall/internal/layer/isolation\"",
			"layer/network must not import layer/isolation"},
		{"only on another system", "internal/plan/a_windows.go",
			"//go:build windows\n\npackage plan\nimport _ \"ringwall/internal/policy\"",
			"plan must not import policy"},
		{"only in a test", "internal/report/a_test.go",
			"package report_test\nimport _ \"ringwall/internal/plan\"",
			"report must not import plan"},
		{"what only its tests may", "internal/loop/a.go",
			"package loop\nimport _ \"ringwall/internal/host\"",
			"loop must not import host"},
		{"a backend sees the policy", "internal/backend/native/a.go",
			"package native\nimport _ \"ringwall/internal/policy\"",
			"backend/native must not import policy"},
		{"main does the work itself", "cmd/ringwall/main.go",
			"package main\nimport _ \"ringwall/internal/loop\"",
			"cmd/ringwall must not import loop"},
		{"the first process sees the plan", "internal/kernel/child/a.go",
			"package child\nimport _ \"ringwall/internal/plan\"",
			"kernel/child must not import plan"},
		{"an example looks inside", "examples/x/main.go",
			"package main\nimport _ \"ringwall/internal/plan\"",
			"examples/x must not import plan"},
		{"a new package", "internal/utils/a.go", "package utils",
			"package utils has no place in the table"},
	} {
		t.Run(test.name, func(t *testing.T) {
			files, err := load(program(map[string]string{test.file: test.text}))
			if err != nil {
				t.Fatal(err)
			}
			got := check(arrows, files)
			if len(got) != 1 || !strings.Contains(got[0], test.want) {
				t.Errorf("check = %q, want %q", got, test.want)
			}
		})
	}
}

func TestCheckAcceptsRightArrows(t *testing.T) {
	files, err := load(program(map[string]string{
		"cmd/ringwall/main.go":            "package main\nimport _ \"ringwall/internal/cli\"",
		"internal/cli/a.go":               "package cli\nimport _ \"ringwall/internal/stage\"",
		"internal/kernel/landlock/a.go":   "package landlock\nimport _ \"ringwall/internal/kernel/mount\"",
		"internal/plan/a_test.go":         "package plan_test\nimport _ \"ringwall/internal/plan\"",
		"internal/plan/testdata/src/a.go": "package src\nimport _ \"ringwall/internal/cli\"",
		"examples/fixit/go.mod":           "module example.com/fixit",
		"examples/fixit/a.go":             "package main\nimport _ \"ringwall/internal/cli\"",
		"internal/layer/permissions/p.go": "package permissions\nimport _ \"ringwall/internal/agent/claude\"",
		"internal/kernel/child/c.go":      "package child\nimport _ \"ringwall/internal/kernel/launch\"",
	}))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 6 {
		t.Errorf("%d files were read, want 6: %v", len(files), files)
	}
	for _, problem := range check(arrows, files) {
		t.Error(problem)
	}
}

func TestReachReportsBannedPackages(t *testing.T) {
	files, err := load(program(map[string]string{
		"cmd/ringwall-init/main.go":       "package main\nimport _ \"ringwall/internal/kernel/child\"",
		"internal/kernel/child/a.go":      "package child\nimport _ \"ringwall/internal/kernel/mount\"\nimport _ \"golang.org/x/sys/unix\"",
		"internal/kernel/mount/a.go":      "package mount\nimport _ \"fmt\"\nimport _ \"github.com/spf13/cobra\"",
		"internal/kernel/mount/a_test.go": "package mount\nimport _ \"net/http\"",
	}))
	if err != nil {
		t.Fatal(err)
	}
	got := reach(files, firstProcess)
	if len(got) != 2 || !strings.Contains(got[0], "ringwall/internal/kernel/mount -> fmt: ") ||
		!strings.Contains(got[1], "-> github.com/spf13/cobra: ") {
		t.Errorf("reach = %q", got)
	}
}
