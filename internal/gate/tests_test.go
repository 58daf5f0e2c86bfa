package gate

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// side is one side of a change in memory.
func side(text string) func(int64) ([]byte, error) {
	return func(most int64) ([]byte, error) { return []byte(text)[:min(int64(len(text)), most+1)], nil }
}

func added(p, text string) Change {
	return Change{Path: p, Action: Added, Size: int64(len(text)), New: side(text)}
}

func deleted(p, text string) Change {
	return Change{Path: p, Action: Deleted, Size: int64(len(text)), Old: side(text)}
}

func modified(p, before, after string) Change {
	return Change{Path: p, Action: Modified, Size: int64(len(after)), Old: side(before), New: side(after)}
}

// found is what the gates say, one sentence a line.
func found(r Rules, changes ...Change) string {
	var out []string
	for _, f := range Check(r, changes) {
		out = append(out, f.Gate+" "+f.What)
	}
	return strings.Join(out, "\n")
}

// sample is a file of two tests in one language.
type sample struct {
	path, moved string // where it lies, and where else it may
	whole       string
	one         string // only the first test is left
	fewer       string // an assertion is gone
	skipped     string
	trivial     string // an assertion says nothing any more
	renamed     string
	comment     string // as much in comments and texts as is gone: it is gone
}

func samples() map[string]sample {
	replace := func(s string, pairs ...string) string { return strings.NewReplacer(pairs...).Replace(s) }
	golang := "package x\n\nfunc TestOne(t *testing.T) {\n\tif f() != 1 {\n\t\tt.Error(\"x\")\n\t}\n}\n\nfunc TestTwo(t *testing.T) {\n\tif f() != 2 {\n\t\tt.Fatal(\"y\")\n\t}\n}\n"
	python := "import pytest\n\ndef test_one():\n    assert f() == 1\n\nclass TestX:\n    def test_two(self):\n        assert g() == 2\n"
	script := "describe('x', () => {\n  it('one', () => {\n    expect(f()).toBe(1)\n  })\n  test(`two`, async () => {\n    expect(await g()).toEqual(2)\n  })\n})\n"
	rust := "fn f() -> u32 { 1 }\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn one() { assert_eq!(f(), 1); }\n\n    #[tokio::test]\n    async fn two() { assert!(f() == 1, \"it's\"); }\n}\n"
	java := "class FTest {\n  @Test\n  void one() { assertEquals(1, f()); }\n\n  @Test @DisplayName(\"2\")\n  public void two() { assertThat(f()).isEqualTo(1); }\n}\n"
	cut := func(s, from string) string { return s[:strings.Index(s, from)] }
	return map[string]sample{
		"Go": {"a/x_test.go", "b/y_test.go", golang, cut(golang, "func TestTwo"), replace(golang, "t.Fatal(\"y\")", "println()"),
			replace(golang, "func TestTwo(t *testing.T) {", "func TestTwo(t *testing.T) {\n\tt.Skip(\"later\")"), "",
			replace(golang, "TestTwo", "TestSecond"), cut(golang, "func TestTwo") + "/*\nfunc TestTwo(t *testing.T) { t.Fatal(1) }\n*/\nvar s = `\nfunc TestTwo(t *testing.T) { t.Fatal(1) }`\n"},
		"Python": {"tests/test_x.py", "tests/unit/test_y.py", python, cut(python, "class"), replace(python, "assert g() == 2", "g()"),
			replace(python, "def test_one", "@pytest.mark.skip\ndef test_one"), replace(python, "assert g() == 2", "assert True"),
			replace(python, "test_two", "test_second"), cut(python, "class") + "'''\n    def test_two(self):\n        assert g() == 2\n'''\n# assert g()\n"},
		"JavaScript": {"src/x.test.ts", "src/y.spec.tsx", script, cut(script, "  test(") + "})\n", replace(script, "expect(f()).toBe(1)", "f()"),
			replace(script, "it('one'", "it.skip('one'"), replace(script, "expect(f()).toBe(1)", "expect(true).toBe(true)"),
			replace(script, "`two`", "'second'"), cut(script, "  test(") + "})\n// test('two', () => { expect(1) })\nconst s = \"test('two') expect(1)\"\n"},
		"Rust": {"src/lib.rs", "src/other.rs", rust, cut(rust, "    #[tokio") + "}\n", replace(rust, "assert_eq!(f(), 1);", "f();"),
			replace(rust, "    #[test]\n", "    #[test]\n    #[ignore]\n"), replace(rust, "assert_eq!(f(), 1);", "assert!(true);"),
			replace(rust, "fn two", "fn second"), cut(rust, "    #[tokio") + "}\n/* #[test]\nfn two() { assert!(1) } */ const S: &str = r#\"\n#[test]\nfn two() { assert!(2) }\"#;\n"},
		"Java": {"src/test/java/FTest.java", "src/test/java/GTest.java", java, cut(java, "  @Test @Display") + "}\n", replace(java, "assertEquals(1, f());", "f();"),
			replace(java, "  void one", "  @Disabled void one"), replace(java, "assertEquals(1, f());", "assertTrue(true);"),
			replace(java, "void two", "void second"), cut(java, "  @Test @Display") + "}\n// @Test void two() { assertTrue(f()); }\n"},
	}
}

var askTests = Rules{Ask: []string{TestsWeakened}}

// TestWeakerTestsAreFound in each language and each way.
func TestWeakerTestsAreFound(t *testing.T) {
	for name, s := range samples() {
		for _, c := range []struct{ what, text, want string }{
			{"one gone", s.one, "1 test fewer"},
			{"an assertion gone", s.fewer, "assertions 2 -> 1"},
			{"one skipped", s.skipped, "skipped or focused 0 -> 1"},
			{"one trivial", s.trivial, "assertions 2 -> 1"},
			{"the rest in comments and texts", s.comment, "1 test fewer"},
		} {
			if c.text == "" {
				continue
			}
			if got := found(askTests, modified(s.path, s.whole, c.text)); !strings.Contains(got, c.want) {
				t.Errorf("%s, %s: %q, want %q", name, c.what, got, c.want)
			}
			if got := found(Rules{}, modified(s.path, s.whole, c.text)); got != "" {
				t.Errorf("%s, %s: %q without being asked", name, c.what, got)
			}
		}
		if got := found(askTests, deleted(s.path, s.whole)); !strings.Contains(got, "deleted, with 2 tests (") {
			t.Errorf("%s: a deleted file gives %q", name, got)
		}
	}
}

// TestHonestChangesOfTests: what was moved, renamed, added or written anew is no
// finding.
func TestHonestChangesOfTests(t *testing.T) {
	for name, s := range samples() {
		for what, changes := range map[string][]Change{
			"the same":             {modified(s.path, s.whole, s.whole+"\n")},
			"renamed":              {modified(s.path, s.whole, s.renamed)},
			"one more":             {modified(s.path, s.one, s.whole)},
			"a file more":          {added(s.path, s.skipped)},
			"the file moved":       {deleted(s.path, s.whole), added(s.moved, s.whole)},
			"less of nothing":      {modified(s.path, "", "")},
			"not a file of tests":  {deleted("docs/readme.md", s.whole)},
			"of somebody's module": {deleted("node_modules/x/"+s.path, s.whole)},
		} {
			if got := found(askTests, changes...); got != "" {
				t.Errorf("%s, %s: %q", name, what, got)
			}
		}
	}
	g := samples()["Go"]
	two := "package y\n" + g.whole[strings.Index(g.whole, "func TestTwo"):]
	if got := found(askTests, modified(g.path, g.whole, g.one), added(g.moved, two)); got != "" {
		t.Errorf("one test moved to another file: %q", got)
	}
	if got := found(askTests, modified(g.path, g.whole, g.one), added(g.moved, strings.Replace(two, "TestTwo", "TestOther", 1))); got == "" {
		t.Error("a test is gone, and another one elsewhere hides it")
	}
	if got := found(askTests, deleted(g.path, g.whole), added(g.moved, g.fewer)); !strings.Contains(got, g.moved+": assertions 2 -> 1") {
		t.Errorf("moved and weakened: %q", got)
	}
}

// TestUnreadTestsAreSaid: what is too large or cannot be read is a finding.
func TestUnreadTestsAreSaid(t *testing.T) {
	broken := func(int64) ([]byte, error) { return nil, errors.New("no") }
	c := Change{Path: "x_test.go", Action: Modified, Old: broken, New: side("package x")}
	if got := found(askTests, c); !strings.Contains(got, "cannot be looked at") {
		t.Errorf("%q", got)
	}
	if got := found(askTests, modified("x_test.go", strings.Repeat("x", maxSource+1), "package x")); !strings.Contains(got, "cannot be looked at") {
		t.Errorf("%q", got)
	}
	many := []Change{deleted("a_test.go", samples()["Go"].whole)}
	for i := range maxTests + 5 {
		many = append(many, modified(fmt.Sprintf("f%d_test.go", i), "package x", "package x"))
	}
	if got := found(askTests, many...); !strings.Contains(got, "cannot be looked at, or not in full: f") {
		t.Errorf("%q", got)
	}
}

func FuzzCount(f *testing.F) {
	for _, s := range samples() {
		for _, text := range []string{s.whole, s.comment, s.skipped} {
			f.Add([]byte(text))
		}
	}
	f.Add([]byte("'''\n\"\"\"\n`\n/*\nr#\"\n'\\''\\"))
	f.Fuzz(func(t *testing.T, src []byte) {
		for _, l := range languages() {
			code := plain(src, l.of)
			if len(code) != len(src) || strings.Count(string(code), "\n") != strings.Count(string(src), "\n") {
				t.Fatalf("%s: lines or offsets moved", l.name)
			}
			s := l.count(src)
			for _, n := range s.names {
				if len(n) > maxTestName {
					t.Fatalf("%s: a name of %d bytes", l.name, len(n))
				}
			}
			f := testFile{"x", &s, &s}
			if why := f.weaker(map[string]int{}); why != "" {
				t.Fatalf("%s: weaker than itself: %s", l.name, why)
			}
		}
	})
}
