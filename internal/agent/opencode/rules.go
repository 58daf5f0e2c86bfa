package opencode

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// The three words that a rule decides with. In an unattended run "ask" is a
// refusal that also ends the turn.
const (
	allow = "allow"
	ask   = "ask"
	deny  = "deny"
)

// entry is one name with its value.
type entry struct {
	name  string
	value any
}

// object is JSON whose order is kept: in this grammar the last rule that fits
// decides.
type object []entry

// MarshalJSON implements json.Marshaler.
func (o object) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	out.WriteByte('{')
	for i, e := range o {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := enc.Encode(e.name); err != nil {
			return nil, err
		}
		out.WriteByte(':')
		if err := enc.Encode(e.value); err != nil {
			return nil, err
		}
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// validCommand tells what may stand before " *" in a rule: words of plain
// characters, one space between two. A star or a question mark would widen it,
// and "~" or "$HOME" at its beginning would be replaced.
func validCommand(name string) bool {
	for i, w := range strings.Split(name, " ") {
		// "=" is for arguments, not for the command itself.
		if w == "" || strings.ContainsFunc(w, func(r rune) bool { return !plainRune(r) && (r != '=' || i == 0) }) {
			return false
		}
	}
	return len(name) <= 128
}

func plainRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_./+@-", r)
}

// anyArguments is the pattern of a command with any arguments, or none.
func anyArguments(name string) string { return name + " *" }

// bashRules allow the named commands, leave all others to rest, and take from
// both what nobody needs unattended, unless the owner named just that. What the
// owner denies comes last.
func bashRules(allowed, denied []string, rest string) object {
	rules := object{{"*", rest}}
	for _, name := range allowed {
		rules = rules.set(anyArguments(name), allow)
	}
	for _, name := range neverNeeded() {
		if !slices.Contains(allowed, name) {
			rules = rules.set(anyArguments(literalHome(name)), deny)
		}
	}
	for _, name := range denied {
		rules = rules.set(anyArguments(literalHome(name)), deny)
	}
	return rules
}

// literalHome keeps opencode from putting the home folder in place of "~" and
// "$HOME" at the beginning of a pattern: what is denied is what is typed. "?"
// stands for any character.
func literalHome(name string) string {
	if strings.HasPrefix(name, "~") || strings.HasPrefix(name, "$HOME") {
		return "?" + name[1:]
	}
	return name
}

// set puts a rule at the end, in place of an earlier one of its name.
func (o object) set(name string, value any) object {
	o = slices.DeleteFunc(o, func(e entry) bool { return e.name == name })
	return append(o, entry{name, value})
}

// neverNeeded are early refusals with a clear message, not a boundary: an
// interpreter that is allowed walks past them, and the layers below hold.
func neverNeeded() []string {
	return []string{
		"sudo", "su", "doas", "curl", "wget", "nc", "ssh", "scp", "rsync",
		"git push", "git config", "git remote add", "git remote set-url",
		"npm publish", "cargo publish", "gh", "rm -rf /", "rm -rf ~", "chmod 777",
	}
}
