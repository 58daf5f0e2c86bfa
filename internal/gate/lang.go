package gate

import (
	"path"
	"regexp"
	"strings"
)

// language is how tests are written in one.
type language struct {
	name  string
	of    syntax
	file  func(p string) bool // may hold tests, by its path
	named bool                // holds tests by its name alone
	// test finds one each; the first group, if any, is the name. The source has
	// no comments and texts; where texts is set, names are read from the text
	// that begins at the end of the match.
	test  func() *regexp.Regexp
	texts bool
	// assertion and skip find one each; trivial finds assertions that are none.
	assertion, skip, trivial func() *regexp.Regexp
}

func languages() []language {
	return []language{
		{name: "Go", of: goLike, named: true, file: func(p string) bool { return strings.HasSuffix(p, "_test.go") },
			test: goTest, assertion: goAssertion, skip: goSkip, trivial: goTrivial},
		{name: "Python", of: pythonLike, named: true, file: pythonTests,
			test: pythonTest, assertion: pythonAssertion, skip: pythonSkip, trivial: pythonTrivial},
		{name: "JavaScript", of: jsLike, named: true, file: scriptTests, texts: true,
			test: jsTest, assertion: jsAssertion, skip: jsSkip, trivial: jsTrivial},
		{name: "Rust", of: rustLike, file: func(p string) bool { return strings.HasSuffix(p, ".rs") },
			test: rustTest, assertion: rustAssertion, skip: rustSkip, trivial: rustTrivial},
		{name: "Java", of: javaLike, named: true, file: javaTests,
			test: javaTest, assertion: javaAssertion, skip: javaSkip, trivial: javaTrivial},
	}
}

func pythonTests(p string) bool {
	name := path.Base(p)
	return strings.HasSuffix(name, ".py") && (strings.HasPrefix(name, "test_") || strings.HasSuffix(name, "_test.py") || name == "tests.py")
}

func scriptTests(p string) bool {
	ext := path.Ext(p)
	switch ext {
	case ".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts":
	default:
		return false
	}
	stem := strings.TrimSuffix(path.Base(p), ext)
	return strings.HasSuffix(stem, ".test") || strings.HasSuffix(stem, ".spec") || inFolder(p, "__tests__")
}

func javaTests(p string) bool {
	ext := path.Ext(p)
	if ext != ".java" && ext != ".kt" {
		return false
	}
	stem := strings.TrimSuffix(path.Base(p), ext)
	return strings.HasSuffix(stem, "Test") || strings.HasSuffix(stem, "Tests") || strings.HasSuffix(stem, "IT") ||
		strings.Contains("/"+p, "/src/test/")
}

func inFolder(p, name string) bool {
	for _, dir := range strings.Split(path.Dir(p), "/") {
		if dir == name {
			return true
		}
	}
	return false
}

// The forms, in sources without comments and texts.
var (
	goTest      = lazy(`(?m)^func ((?:Test|Fuzz|Example)\w*)\(|\b[tbs]\.Run\(`)
	goAssertion = lazy(`\b\w+\.(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)\(|\b(?:assert|require|is|qt|check)\.\w+\(`)
	goSkip      = lazy(`\b\w+\.(?:Skip|Skipf|SkipNow)\(`)
	goTrivial   = lazy(`\b(?:assert|require)\.(?:True\(\w+, *true|Equal\(\w+, *(?:true, *true|1, *1)|NoError\(\w+, *nil)\b`)

	pythonTest      = lazy(`(?m)^[ \t]*(?:async[ \t]+)?def[ \t]+(test\w*)[ \t]*\(`)
	pythonAssertion = lazy(`(?m)^[ \t]*assert\b|\bself\.(?:assert|fail)\w*\(|\bpytest\.(?:raises|warns|fail)\(|\.assert_\w+\(`)
	pythonSkip      = lazy(`\b(?:mark\.(?:skip|skipif|xfail)\b|unittest\.(?:skip\w*|expectedFailure)\b|pytest\.(?:skip|xfail)\(|self\.skipTest\()|(?m)^[ \t]*@(?:skip\w*|expectedFailure)\b`)
	pythonTrivial   = lazy(`(?m)^[ \t]*assert[ \t]+(?:True|1|not[ \t]+False)[ \t]*$|\bself\.assertTrue\([ \t]*True[ \t]*\)`)

	jsTest      = lazy(`\b(?:it|test)(?:\.(?:concurrent|only|skip|todo|failing|fails|sequential))*(?:\.each\b[^\n(]{0,200}(?:\([^\n()]{0,500}\))?)?\(`)
	jsAssertion = lazy(`\bexpect(?:\.soft)?\(|\bassert(?:\.\w+)*\(|\.should\b|\bt\.(?:is|deepEqual|truthy|falsy|throws|ok|equal|same|like|regex)\(`)
	jsSkip      = lazy(`\b(?:it|test|describe|suite|context)(?:\.\w+)*\.(?:skip|only|todo|skipIf|runIf|fails|failing)\b|\b(?:xit|xtest|xdescribe|fit|fdescribe)\(|\bt\.skip\(|\bthis\.skip\(`)
	jsTrivial   = lazy(`\bexpect\((?:true|1)\)\.(?:toBe|toEqual|toStrictEqual)\((?:true|1)\)|\bexpect\(true\)\.toBeTruthy\(|\bassert(?:\.ok|\.isTrue)?\(true\)`)

	rustTest      = lazy(`#\[(?:\w+::)*(?:test|rstest|test_case|bench)\b[^\]]*\](?:\s|#\[[^\]]*\]|pub(?:\([^)]*\))?|async|const|unsafe)*fn\s+(\w+)`)
	rustAssertion = lazy(`\b(?:debug_)?assert\w*!|\bpanic!|\bunreachable!|#\[should_panic|\.unwrap_err\(`)
	rustSkip      = lazy(`#\[(?:cfg_attr\([^\]]*)?ignore\b`)
	rustTrivial   = lazy(`\bassert!\(\s*true\s*[,)]|\bassert_eq!\(\s*(?:1\s*,\s*1|true\s*,\s*true)\s*[,)]`)

	javaTest      = lazy(`@(?:Test|ParameterizedTest|RepeatedTest|Property)\b(?:\([^)]*\))?(?:\s|@\w+(?:\([^)]*\))?|public|protected|private|static|final|suspend|fun)*(?:void|fun)?\s*(\w+)\s*\(`)
	javaAssertion = lazy(`\b(?:assert|expect)\w*\(|\bassert\s|\bverify\w*\(|\bfail\(|\bshould\w*\b|expected\s*=`)
	javaSkip      = lazy(`@(?:Disabled|Ignore)\w*\b|\bassume\w*\(|\benabled\s*=\s*false`)
	javaTrivial   = lazy(`\bassertTrue\(\s*true\s*\)|\bassertFalse\(\s*false\s*\)|\bassertEquals\(\s*1\s*,\s*1\s*\)`)
)
