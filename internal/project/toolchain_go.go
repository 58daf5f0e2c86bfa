package project

import (
	"path"
	"strings"
)

// goTests runs the tests of each module of a go.work: there "./..." covers the
// module in the folder itself, and fails where there is none.
func goTests(p *part) tests {
	if !p.has("go.work") {
		return tests{command: "go test ./..."}
	}
	var patterns []string
	for _, dir := range uses(p.text("go.work")) {
		patterns = append(patterns, strings.TrimSuffix("./"+dir, "/.")+"/...")
	}
	if len(patterns) == 0 {
		return tests{}
	}
	return tests{"go test " + strings.Join(patterns, " "), "use in " + p.join("go.work")}
}

// uses are the folders that a go.work names, of those that lie in the project
// and can stand in a command; at most 32.
func uses(text string) []string {
	var out []string
	block := false
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "//")
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0:
			continue
		case block && fields[0] == ")":
			block = false
			continue
		case len(fields) == 2 && fields[0] == "use" && fields[1] == "(":
			block = true
			continue
		case fields[0] == "use" && len(fields) == 2:
			fields = fields[1:]
		case !block:
			continue
		}
		if dir := path.Clean(strings.Trim(fields[0], `"`)); wordPath(dir) && len(out) < 32 {
			out = append(out, dir)
		}
	}
	return out
}

// wordPath is wordName of each element of a relative path; "." is one too.
func wordPath(p string) bool {
	if p == "." {
		return true
	}
	for e := range strings.SplitSeq(p, "/") {
		if !wordName(e) {
			return false
		}
	}
	return true
}
