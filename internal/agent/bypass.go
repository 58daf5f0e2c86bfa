package agent

import (
	"maps"
	"slices"
	"strings"
)

// Bypasses lists what of a command line or of its variables switches the tool's
// own permissions off, as it is written there;
// of a variable the name alone. argv is the whole command; the
// tool may stand behind others in it ("env", "npx"). A variable that the
// description itself sets is ringwall's own and does not count.
func (d Description) Bypasses(argv []string, vars map[string]string) []string {
	var out []string
	for i, word := range argv {
		next := ""
		if i+1 < len(argv) {
			next = argv[i+1]
		}
		for _, flag := range d.BypassFlags {
			if written, is := spells(flag, word, next); is && !slices.Contains(out, written) {
				out = append(out, written)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		own, set := d.Env[name]
		if slices.ContainsFunc(d.BypassFlags, func(f string) bool { return ofVariable(f, name) }) && vars[name] != "" && (!set || own != vars[name]) {
			out = append(out, name+"=") // its value may be anything
		}
	}
	return out
}

// ofVariable tells whether a flag is the variable of that name.
func ofVariable(flag, name string) bool {
	return !strings.HasPrefix(flag, "-") && strings.TrimSuffix(flag, "=") == name
}

// spells tells whether a word, with the one that follows it, says the same as a
// flag; written is what it looks like there.
func spells(flag, word, next string) (written string, is bool) {
	if !strings.HasPrefix(flag, "-") { // a variable, before the command
		return word, strings.Contains(word, "=") && strings.HasPrefix(word, flag) && strings.HasSuffix(flag, "=")
	}
	if !strings.HasPrefix(word, "-") {
		return "", false
	}
	name, value, valued := strings.Cut(flag, "=")
	gotName, got, joined := strings.Cut(word, "=")
	switch {
	case !valued && !joined:
		return word, sameName(name, word) || inCluster(name, word)
	case !valued:
		return word, sameName(name, gotName) && !slices.Contains([]string{"false", "0", "no"}, strings.ToLower(got))
	case sameName(name, gotName) && joined:
		return word, sameValue(value, got)
	case sameName(name, word):
		return word + " " + next, sameValue(value, next)
	}
	short := len(name) == 2 && strings.HasPrefix(word, name) // "-sVALUE"
	return word, short && sameValue(value, word[2:])
}

// sameName compares names of options as their parsers do: some take
// "--allowAll" for "--allow-all".
func sameName(a, b string) bool {
	if len(a) <= 2 || len(b) <= 2 {
		return a == b
	}
	plain := func(s string) string { return strings.ReplaceAll(strings.ToLower(s), "-", "") }
	return strings.HasPrefix(a, "--") == strings.HasPrefix(b, "--") && plain(a) == plain(b)
}

// inCluster tells whether a short option stands among others: "-py".
func inCluster(flag, word string) bool {
	if len(flag) != 2 || len(word) > 5 || strings.HasPrefix(word, "--") {
		return false
	}
	return strings.Contains(word[1:], flag[1:])
}

func sameValue(a, b string) bool {
	plain := func(s string) string {
		return strings.ToLower(strings.NewReplacer(`"`, "", "'", "", " ", "").Replace(s))
	}
	return plain(a) == plain(b)
}

// Names tells whether a word of a command line names the tool's program, by a
// path or as a package: "/opt/bin/claude", "@openai/codex@latest".
func (d Description) Names(word string) bool {
	if d.Executable == "" {
		return false
	}
	base := word[strings.LastIndexByte(word, '/')+1:]
	base, _, _ = strings.Cut(base, "@")
	return base == d.Executable || strings.HasPrefix(base, d.Executable+"-")
}
