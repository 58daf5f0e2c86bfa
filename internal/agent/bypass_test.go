package agent

import (
	"slices"
	"strings"
	"testing"
)

func TestBypasses(t *testing.T) {
	d := Description{
		BypassFlags: []string{"--yolo", "-y", "--allow-all", "--mode=full-access", "-s=danger", "-c=a=\"b\"", "SKIP_ALL="},
		Env:         map[string]string{"SKIP_ALL": "own"},
	}
	for argv, want := range map[string]string{
		"x --yolo":                  "--yolo",
		"x --yolo=true":             "--yolo=true",
		"x --yolo=false":            "",
		"x --YOLO":                  "--YOLO",
		"x --yol":                   "",
		"x yolo":                    "",
		"x -y":                      "-y",
		"x -py":                     "-py",
		"x -verbosely":              "",
		"x --allowAll":              "--allowAll",
		"x --allow-all-tools":       "",
		"x --mode full-access":      "--mode full-access",
		"x --mode=Full-Access":      "--mode=Full-Access",
		"x --mode":                  "",
		"x --mode read-only":        "",
		"x --mode=read full-access": "",
		"x -s danger":               "-s danger",
		"x -sdanger":                "-sdanger",
		"x -s=danger":               "-s=danger",
		"x -s safe":                 "",
		"x -c a=b":                  "-c a=b",
		"x -c a='b'":                "-c a='b'",
		"x -c a=c":                  "",
		"SKIP_ALL=1 x":              "SKIP_ALL=1",
		"SKIP_ALLY=1 x":             "",
		"x --yolo --yolo -y":        "--yolo -y",
	} {
		if got := strings.Join(d.Bypasses(strings.Fields(argv), nil), " "); got != want {
			t.Errorf("%s: %q, want %q", argv, got, want)
		}
	}
	for value, want := range map[string][]string{"own": nil, "": nil, "1": {"SKIP_ALL="}} {
		if got := d.Bypasses(nil, map[string]string{"SKIP_ALL": value, "OTHER": "1"}); !slices.Equal(got, want) {
			t.Errorf("%s: %q", value, got)
		}
	}
}

func TestNames(t *testing.T) {
	d := Description{Executable: "claude"}
	for word, want := range map[string]bool{"claude": true, "/opt/claude": true, "@anthropic-ai/claude-code@1.2": true,
		"claudette": false, "": false, "claude/x": false} {
		if d.Names(word) != want {
			t.Errorf("%q: %v", word, !want)
		}
	}
	if (Description{}).Names("") {
		t.Error("a tool without a program was named")
	}
}
