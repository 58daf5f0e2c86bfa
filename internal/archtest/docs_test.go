package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	declaration = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Example)\w*)\(`)
	codeSpan    = regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w+)")
	scriptNames = regexp.MustCompile("scripts? (`[a-z0-9*-]+`(?:(?:, and |, | and )`[a-z0-9*-]+`)*)")
)

// TestDocumentsNameTestsThatExist: a claim whose test was renamed is shown by
// nothing.
func TestDocumentsNameTestsThatExist(t *testing.T) {
	tests := declared(t)
	pages, err := filepath.Glob(root + "/docs/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no documents: %v", err)
	}
	named := 0
	for _, page := range append(pages, root+"/README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range codeSpan.FindAllStringSubmatch(string(text), -1) {
			if named++; !tests[m[1]] {
				t.Errorf("%s names %s, which does not exist", filepath.Base(page), m[1])
			}
		}
		for _, name := range scripts(string(text)) {
			named++
			if found, _ := filepath.Glob(root + "/testdata/script/" + name + ".txtar"); len(found) == 0 {
				t.Errorf("%s names the script %s, which does not exist", filepath.Base(page), name)
			}
		}
	}
	if named < 100 {
		t.Errorf("only %d names were found: the test looks in the wrong place", named)
	}
}

func scripts(text string) []string {
	var out []string
	for _, m := range scriptNames.FindAllStringSubmatch(text, -1) {
		for i, part := range strings.Split(m[1], "`") {
			if i%2 == 1 {
				out = append(out, part)
			}
		}
	}
	return out
}

// declared are the tests of the whole module.
func declared(t *testing.T) map[string]bool {
	t.Helper()
	tests := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		for _, m := range declaration.FindAllSubmatch(data, -1) {
			tests[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests
}

func TestNamesInDocumentsAreFound(t *testing.T) {
	text := "x (script `a`), scripts `b`, `c-d`; script `e`, `TestFa` and `TestGo/h`"
	if got := strings.Join(scripts(text), " "); got != "a b c-d e" {
		t.Error(got)
	}
	if got := codeSpan.FindAllString(text, -1); len(got) != 2 {
		t.Error(got)
	}
}
