package agent

import "slices"

// InstructionPaths are the files of a project that go into a prompt, by
// ringwall or by any known tool: guardrails all of them.
func InstructionPaths() []Path {
	prompts := slices.DeleteFunc(ringwallFiles(), func(p Path) bool { return p.Path == "ringwall.toml" })
	return append(prompts, instructionFiles()...)
}
