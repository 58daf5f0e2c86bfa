package project

import (
	"path"
	"strings"

	"ringwall/internal/agent"
)

// Bounds of the files that instruction files import: more than any tool reads.
const (
	maxImportHops = 5
	maxImports    = 100
)

// importers are the instruction files in which "@path" stands for the content
// of another file.
var importers = []string{"CLAUDE.md", "CLAUDE.local.md", ".claude/CLAUDE.md", "GEMINI.md", "QWEN.md"}

// imports freezes the texts that instruction files import: they are part of
// what the next session is told.
func (in *inspector) imports() error {
	seen := map[string]bool{}
	todo := append([]string(nil), importers...)
	for hop := 0; hop <= maxImportHops && len(todo) > 0; hop++ {
		var next []string
		for _, file := range todo {
			if seen[file] || len(seen) > maxImports {
				continue
			}
			seen[file] = true
			more, err := in.importsOf(file)
			if err != nil {
				return err
			}
			next = append(next, more...)
		}
		todo = next
	}
	return nil
}

// importsOf freezes the files that one imports, and returns them.
func (in *inspector) importsOf(file string) ([]string, error) {
	text, err := in.readThrough(file, maxConfig)
	if err != nil {
		return nil, nil // none, or none that is text
	}
	var out []string
	for _, to := range importedPaths(string(text)) {
		p, inside := in.target(in.inProject(to, path.Dir(file)))
		if !inside || p == "." || !isProse(p) || !in.isFile(p) {
			continue
		}
		out = append(out, p)
		_, known := in.rails[p]
		if err := in.addRail(agent.Path{Path: p, Reason: "instructions: " + file + " imports it"}); err != nil {
			return nil, err
		}
		if g, ok := in.rails[p]; ok && !known {
			g.Imported = true
			in.rails[p] = g
		}
	}
	return out, nil
}

// isProse tells a text for reading from a part of the build, such as
// package.json, which is imported to be known and has to be changed.
func isProse(p string) bool {
	switch strings.ToLower(path.Ext(p)) {
	case "", ".md", ".mdc", ".mdx", ".txt", ".rst":
		return true
	}
	return false
}

// importedPaths lists what stands behind an "@" at the beginning of a word,
// outside of code.
func importedPaths(text string) []string {
	var out []string
	fenced := false
	for line := range strings.Lines(text) {
		if trimmed := strings.TrimSpace(line); strings.HasPrefix(trimmed, "```") || strings.HasPrefix(trimmed, "~~~") {
			fenced = !fenced
		}
		if fenced {
			continue
		}
		for i, part := range strings.Split(line, "`") {
			if i%2 == 0 {
				out = append(out, importsIn(part)...)
			}
		}
	}
	return out
}

func importsIn(text string) (out []string) {
	for _, word := range strings.Fields(text) {
		to, is := strings.CutPrefix(strings.TrimLeft(word, "(*_\"'"), "@")
		to = strings.TrimRight(to, ".,;:!?)*_\"'")
		if is && to != "" && !strings.HasPrefix(to, "~") {
			out = append(out, to)
		}
	}
	return out
}
