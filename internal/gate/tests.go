package gate

import (
	"fmt"
	"strings"
)

// suite is what a file tests.
type suite struct {
	names      []string // of its tests, as often as they are there
	assertions int
	skips      int
	asserted   map[string]int // assertions by the test that they follow
}

// testFile is one file of tests before and after.
type testFile struct {
	path          string
	before, after *suite // nil: there is none
}

// tests finds tests that are gone, assert less, or are skipped where they were
// not. It counts, and understands nothing: a test that was moved or renamed is
// not gone, and one that was rewritten to check less with as many words is not
// found.
func tests(changes []Change) []Finding {
	var out []Finding
	for _, l := range languages() {
		files, bad := l.collect(changes)
		files = paired(files)
		moved := arrivals(files)
		for _, f := range files {
			if why := f.weaker(moved); why != "" {
				out = append(out, Finding{Gate: TestsWeakened, What: f.path + ": " + why, Paths: []string{f.path}})
			}
		}
		out = append(out, unread(TestsWeakened, bad)...)
	}
	return out
}

// collect reads the changed files that hold tests of that language.
func (l language) collect(changes []Change) (files []testFile, bad []string) {
	if !l.had(changes) {
		return nil, nil // nothing was there that could be weaker
	}
	read, size := 0, int64(0)
	for _, c := range changes {
		if installed(c.Path) || !l.file(c.Path) {
			continue
		}
		size += c.Size
		if read++; read > maxTests || size > maxLooked {
			bad = append(bad, c.Path)
			continue
		}
		before, ok1 := l.suite(c.Path, c.Old)
		after, ok2 := l.suite(c.Path, c.New)
		if !ok1 || !ok2 {
			bad = append(bad, c.Path)
			continue
		}
		if before != nil || after != nil {
			files = append(files, testFile{c.Path, before, after})
		}
	}
	return files, bad
}

// had tells whether any file with tests was there before.
func (l language) had(changes []Change) bool {
	for _, c := range changes {
		if c.Old != nil && l.file(c.Path) && !installed(c.Path) {
			return true
		}
	}
	return false
}

// suite reads one side; nil for one that is not there or holds no tests.
func (l language) suite(p string, side func(int64) ([]byte, error)) (*suite, bool) {
	if side == nil || !l.file(p) {
		return nil, true
	}
	content, ok := read(side, maxSource)
	if !ok {
		return nil, false
	}
	s := l.count(content)
	if len(s.names) == 0 && (!l.named || s.assertions == 0) {
		return nil, true
	}
	return &s, true
}

// count finds tests, assertions and skips in a source.
func (l language) count(src []byte) suite {
	code := plain(src, l.of)
	s := suite{asserted: map[string]int{}}
	var starts []int
	for _, m := range l.test().FindAllSubmatchIndex(code, -1) {
		starts = append(starts, m[0])
		s.names = append(s.names, l.testName(src, code, m))
	}
	trivial := map[int]bool{}
	for _, m := range l.trivial().FindAllIndex(code, -1) {
		trivial[m[0]] = true
	}
	at := -1
	for _, m := range l.assertion().FindAllIndex(code, -1) {
		if trivial[m[0]] {
			continue
		}
		s.assertions++
		for at+1 < len(starts) && starts[at+1] <= m[0] {
			at++
		}
		if at >= 0 {
			s.asserted[s.names[at]]++
		}
	}
	s.skips = len(l.skip().FindAllIndex(code, -1))
	return s
}

// maxTestName bounds a name, in bytes.
const maxTestName = 100

// testName is the match's group, or the text that follows it.
func (l language) testName(src, code []byte, m []int) string {
	if len(m) > 3 && m[2] >= 0 {
		return string(code[m[2]:min(m[3], m[2]+maxTestName)])
	}
	rest := strings.TrimLeft(string(src[m[1]:min(m[1]+4*maxTestName, len(src))]), " \t\r\n")
	if rest == "" || !strings.ContainsRune("\"'`", rune(rest[0])) {
		return ""
	}
	name, _, _ := strings.Cut(rest[1:], rest[:1])
	return name[:min(len(name), maxTestName)]
}

// paired joins a file that is gone with the new one that has most of its tests.
func paired(files []testFile) []testFile {
	taken := map[int]bool{}
	for i := range files {
		if files[i].before == nil || files[i].after != nil {
			continue
		}
		best, most := -1, 0
		for j := range files {
			if files[j].before != nil || files[j].after == nil || taken[j] {
				continue
			}
			if n := shared(files[i].before.names, files[j].after.names); n > most {
				best, most = j, n
			}
		}
		if best >= 0 && 2*most >= len(files[i].before.names) {
			taken[best] = true
			files[i].path, files[i].after = files[best].path, files[best].after
		}
	}
	var out []testFile
	for j, f := range files {
		if !taken[j] {
			out = append(out, f)
		}
	}
	return out
}

// counted is how often each name is there.
func counted(names []string) map[string]int {
	out := map[string]int{}
	for _, n := range names {
		out[n]++
	}
	return out
}

// shared is how many names two lists have in common.
func shared(a, b []string) int {
	left, n := counted(b), 0
	for _, name := range a {
		if left[name] > 0 {
			left[name]--
			n++
		}
	}
	return n
}

// missing are the names of a that are not in b.
func missing(a, b []string) []string {
	left := counted(b)
	var out []string
	for _, name := range a {
		if left[name] > 0 {
			left[name]--
			continue
		}
		out = append(out, name)
	}
	return out
}

// arrivals are the names that files have now and did not have before: where a
// test may have moved to.
func arrivals(files []testFile) map[string]int {
	out := map[string]int{}
	for _, f := range files {
		var before []string
		if f.before != nil {
			before = f.before.names
		}
		if f.after != nil {
			for _, n := range missing(f.after.names, before) {
				out[n]++
			}
		}
	}
	return out
}

// weaker says in what way a file tests less, or nothing.
func (f testFile) weaker(moved map[string]int) string {
	if f.before == nil {
		return ""
	}
	after := f.after
	if after == nil {
		after = &suite{}
	}
	gone := missing(f.before.names, after.names)
	fresh := len(missing(after.names, f.before.names))
	var lost []string
	left := 0 // assertions that moved away with their tests
	for _, n := range gone {
		if n != "" && moved[n] > 0 {
			moved[n]--
			left += f.before.asserted[n]
			continue
		}
		lost = append(lost, n)
	}
	var why []string
	if n := len(lost) - fresh; n > 0 { // as many new ones: renamed
		why = append(why, lostTests(f.after == nil, n, lost))
		for name, n := range counted(lost) {
			left += min(n, 1) * f.before.asserted[name] // said by the test that is gone
		}
	}
	if before := f.before.assertions - left; after.assertions < before {
		why = append(why, fmt.Sprintf("assertions %d -> %d", before, after.assertions))
	}
	if after.skips > f.before.skips {
		why = append(why, fmt.Sprintf("skipped or focused %d -> %d", f.before.skips, after.skips))
	}
	return strings.Join(why, "; ")
}

func lostTests(deleted bool, n int, names []string) string {
	var named []string
	for _, name := range names {
		if name != "" {
			named = append(named, name)
		}
	}
	what := fmt.Sprintf("%s fewer", count(n, "test"))
	if deleted {
		what = "deleted, with " + count(n, "test")
	}
	if len(named) > 0 {
		what += " (" + list(named) + ")"
	}
	return what
}
