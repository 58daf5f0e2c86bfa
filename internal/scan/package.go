package scan

import (
	"encoding/json"
	"maps"
	"slices"
)

// maxName bounds a name that is taken out of a file, in bytes.
const maxName = 100

// unread stands for the parts of a file that cannot be read as what it is.
const unread = "(not to be read as JSON)"

// PackageScripts names what of a package.json runs on whoever installs or builds
// and is new or another than before: the scripts, and the settings that name
// programs or hooks. before may be empty: there was none. A file that is no
// package.json, or is larger than MaxContent, is named as a whole.
func PackageScripts(before, after []byte) []string {
	now, ok := packageParts(after)
	if !ok {
		return []string{unread}
	}
	old, _ := packageParts(before)
	var out []string
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if old[name] != now[name] {
			out = append(out, cut(name))
		}
	}
	return out
}

// packageParts is what runs, by name.
func packageParts(content []byte) (map[string]string, bool) {
	if len(content) == 0 {
		return nil, true
	}
	if len(content) > MaxContent {
		return nil, false
	}
	var top map[string]json.RawMessage
	if json.Unmarshal(content, &top) != nil {
		return nil, false
	}
	out := map[string]string{}
	for _, key := range []string{"bin", "gypfile", "husky", "simple-git-hooks", "pre-commit", "lint-staged", "workspaces", "packageManager"} {
		if v, ok := top[key]; ok {
			out[key] = string(v)
		}
	}
	scripts, ok := top["scripts"]
	if !ok {
		return out, true
	}
	var each map[string]json.RawMessage
	if json.Unmarshal(scripts, &each) != nil {
		return nil, false
	}
	for name, v := range each {
		out[name] = string(v)
	}
	return out, true
}

// cut bounds a name for people.
func cut(s string) string {
	if len(s) > maxName {
		return s[:maxName] + "..."
	}
	return s
}
