package claude

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringwall/internal/agent"
)

// TestLintOfRealisticFiles: ten settings as projects publish them, and a list of
// servers. What is found in each was read by eye and is true.
func TestLintOfRealisticFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/lint/*.json")
	if err != nil || len(files) < 10 {
		t.Fatal("too few", files, err)
	}
	var out strings.Builder
	for _, file := range append(files, "testdata/lint/mcp/.mcp.json") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := projectSettings
		switch filepath.Base(file) {
		case projectServers:
			name = projectServers
		case filepath.Base(managedSettings):
			name = managedSettings
		}
		fmt.Fprintf(&out, "%s\n", filepath.Base(file))
		for _, f := range (Agent{}).Lint(name, text) {
			fmt.Fprintf(&out, "  %d %s %s | %s | %s | %s\n", f.Line, f.Problem, f.Entry, f.Why, f.Better, f.Layer)
		}
	}
	golden(t, "lint.txt", []byte(out.String()))
}

// problems are what the linter finds in a text, without words.
func problems(name, text string) string {
	var out []string
	for _, f := range (Agent{}).Lint(name, []byte(text)) {
		out = append(out, fmt.Sprintf("%d %s", f.Line, f.Problem))
	}
	return strings.Join(out, ", ")
}

var _ agent.Linter = Agent{}
