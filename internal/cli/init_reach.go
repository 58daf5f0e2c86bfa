package cli

import (
	"slices"

	"ringwall/internal/project"
)

// need is what a toolchain fetches, and from where.
type need struct {
	entries []string // of network.allow
	found   string
}

// needs are the registries of the toolchains found, each once.
func needs(pr project.Facts) []need {
	var out []need
	for _, t := range pr.Toolchains {
		entries := registries(t.Name)
		if len(entries) > 0 && !slices.ContainsFunc(out, func(n need) bool { return n.entries[0] == entries[0] }) {
			out = append(out, need{entries, t.Found})
		}
	}
	return out
}

// registries are what a toolchain needs: a preset, or hosts where there is none.
func registries(toolchain string) []string {
	switch toolchain {
	case "go", "python", "rust", "ruby", "php", "dotnet":
		return []string{"preset:" + toolchain}
	case "node":
		return []string{"preset:npm"}
	case "gradle", "maven":
		return []string{"preset:java"}
	case "deno":
		return []string{"jsr.io", "deno.land"}
	case "elixir":
		return []string{"repo.hex.pm"}
	}
	return nil
}

// reached is the whole list. An agent whose key is not kept outside reaches its
// model by its preset.
func reached(pr project.Facts) []string {
	out := []string{}
	for _, n := range needs(pr) {
		out = append(out, n.entries...)
	}
	if d, ok := pr.AgentDescription(); ok && d.APIHost == "" && project.AgentPreset(d.Name) {
		out = append(out, "preset:"+d.Name)
	}
	return out
}
