package stage

import (
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"ringwall/internal/agent"
)

// spellings are other ways to write a name that a file system or a tool takes
// for the same.
var spellings = map[string]func(string) string{
	"as it is":     func(s string) string { return s },
	"upper case":   strings.ToUpper,
	"lower case":   strings.ToLower,
	"mixed case":   mixed,
	"a space":      func(s string) string { return s + " " },
	"a dot":        func(s string) string { return s + "." },
	"dots, spaces": func(s string) string { return s + " . ." },
	"zero width":   func(s string) string { return s[:1] + "\u200b" + s[1:] },
	"a joiner":     func(s string) string { return s + "\u200d" },
	"a variant":    func(s string) string { return s[:1] + "\ufe0f" + s[1:] },
	"a filler":     func(s string) string { return "\u3164" + s },
	"full width":   fullWidth,
	"no-break":     func(s string) string { return s + "\u00a0" },
	"decomposed":   norm.NFD.String,
	"Kelvin, long": func(s string) string { return strings.NewReplacer("k", "\u212a", "s", "\u017f").Replace(s) },
}

// refused spellings are no name that honest work makes.
var refusedSpellings = map[string]func(string) string{
	"a newline":  func(s string) string { return s + "\n" },
	"a return":   func(s string) string { return s[:1] + "\r" + s[1:] },
	"an escape":  func(s string) string { return "\x1b" + s },
	"not UTF-8":  func(s string) string { return s + "\xff" },
	"overlong":   func(s string) string { return s[:1] + "\xc0\xae" + s[1:] },
	"reversed":   func(s string) string { return "\u202e" + s },
	"a NUL-like": func(s string) string { return s + "\x7f" },
}

func mixed(s string) string {
	out := []rune(s)
	for i, r := range out {
		if i%2 == 0 {
			out[i] = unicode.ToUpper(r)
		}
	}
	return string(out)
}

func fullWidth(s string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r <= '~' {
			return r + 0xfee0
		}
		return r
	}, s)
}

// spell writes each part of a path in that way.
func spell(path string, how func(string) string) string {
	parts := strings.Split(path, "/")
	for i := range parts {
		parts[i] = how(parts[i])
	}
	return strings.Join(parts, "/")
}

// TestEveryGuardrailInEverySpelling: each name that the gate guards, at each
// depth, in each spelling. The same without the name among the rules is
// ordinary.
func TestEveryGuardrailInEverySpelling(t *testing.T) {
	names := agent.GuardrailNames()
	if len(names) < 100 {
		t.Fatalf("%d names", len(names))
	}
	with, without := Rules{GuardrailNames: names}, Rules{}
	for _, name := range names {
		path := strings.ReplaceAll(name, "*", "x")
		for how, change := range spellings {
			for _, depth := range []string{"", "a/", "a/b/c/d/e/f/g/h/"} {
				guarded(t, with, without, depth+spell(path, change), how)
			}
		}
		for how, change := range refusedSpellings {
			if class, _, _ := without.Judge("a/"+spell(path, change), File); class != Escape {
				t.Errorf("%s (%s) is %s", name, how, class)
			}
		}
	}
}

func guarded(t *testing.T, with, without Rules, path, how string) {
	t.Helper()
	for _, p := range []string{path, path + "/x"} {
		if class, detail, err := with.Judge(p, File); class != Guardrail || detail == "" || err != nil {
			t.Errorf("%q (%s) is %s, %v", p, how, class, err)
		}
	}
	folded := foldedPath(path)
	if strings.Contains(folded, ".GIT/") || strings.HasSuffix(folded, ".GIT") {
		return // what git itself runs is guarded by no list of names
	}
	if class, _, err := without.Judge(path, File); class != Ordinary || err != nil {
		t.Errorf("%q (%s) without the names is %s, %v", path, how, class, err)
	}
}

// TestNotASpelling: what merely looks similar is the agent's to write.
func TestNotASpelling(t *testing.T) {
	r := Rules{GuardrailNames: agent.GuardrailNames()}
	for _, p := range []string{"[CLAUDE.md]", "CLAUDE.md.txt", "xCLAUDE.md", "claude/settings.json", "a.vscode/x", "{AGENTS}.md", "AGENTS.md?", "*", "a*b/[x]"} {
		if class, detail, err := r.Judge(p, File); class != Ordinary || err != nil {
			t.Errorf("%q is %s (%s), %v", p, class, detail, err)
		}
	}
}

// TestGitInEverySpelling: git directories are known by no list of names.
func TestGitInEverySpelling(t *testing.T) {
	for how, change := range spellings {
		for _, p := range []string{".git/hooks/pre-commit", ".git/config", ".git/info/attributes"} {
			for _, depth := range []string{"", "a/b/c/d/e/f/g/h/"} {
				if class, _, _ := (Rules{}).Judge(depth+spell(p, change), File); class != Guardrail {
					t.Errorf("%q (%s) is %s", spell(p, change), how, class)
				}
			}
		}
	}
	for _, p := range []string{"GIT~1/hooks/x", "git~2/config", ".git::$INDEX_ALLOCATION/hooks/x", ".GIT:x/config", "a/.git:b"} {
		if class, _, _ := (Rules{}).Judge(p, File); class != Guardrail {
			t.Errorf("%q is %s", p, class)
		}
	}
	for _, p := range []string{"git~/x", "git~x/config", "a:b", "git/config", ".github/x:y"} {
		if class, detail, _ := (Rules{}).Judge(p, File); class != Ordinary {
			t.Errorf("%q is %s (%s)", p, class, detail)
		}
	}
}
