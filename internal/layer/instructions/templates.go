package instructions

import (
	_ "embed"
	"strings"

	"ringwall/internal/project"
)

// File is a file that init writes into a project.
type File struct {
	Path    string // relative
	Content string
}

//go:embed templates/CONSTITUTION.md
var constitution string

//go:embed templates/AGENT_PLAYBOOK.md
var playbook string

//go:embed templates/PROMPT.md
var task string

// Templates are the three instruction files for a project, with the commands
// that fit its toolchain. Whether one of them is there already is the caller's
// business.
func Templates(facts project.Facts) []File {
	return []File{
		{project.Constitution, constitution},
		{project.Playbook, strings.Replace(playbook, "{{tests}}", tests(facts), 1)},
		{project.Task, task},
	}
}

// tests lists the commands that run the project's tests.
func tests(facts project.Facts) string {
	var lines []string
	for _, t := range facts.Checks() {
		lines = append(lines, "   - `"+t.Tests+"`")
	}
	if len(lines) == 0 {
		return "   - the commands that the project's README names"
	}
	return strings.Join(lines, "\n")
}
