package opencode

import (
	"fmt"

	"ringwall/internal/agent"
	"ringwall/internal/agent/jsonedit"
)

// projectPath is where a project's own permissions lie, for a person who starts
// opencode there by hand. Inside it is not read.
const projectPath = "opencode.json"

// ProjectFiles implements agent.ProjectWriter. A person is asked for what the
// rules leave open.
func (Agent) ProjectFiles(r agent.Rules) map[string]string {
	return map[string]string{projectPath: string(encode(object{{"$schema", schema}, {"permission", permission(r, ask)}}))}
}

// Merge implements agent.ProjectWriter. The last rule that fits decides, and an
// edit can only put something at the end: a rule that would take back one of the
// person's is left out, unless it is one of the owner's denials.
func (Agent) Merge(path string, old []byte, r agent.Rules) ([]byte, error) {
	doc, err := jsonedit.Parse(old)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	there := doc.Root.Get("permission")
	if there == nil {
		err = doc.SetMissing([]string{"permission"}, permission(r, ask))
	} else {
		err = mergeBash(doc, there, r)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return doc.Bytes(), nil
}

// mergeBash adds to the rules of commands. Where there are none, what the
// person said of all tools goes on to hold for the commands that are not named,
// if it is stricter.
func mergeBash(doc *jsonedit.Doc, there *jsonedit.Value, r agent.Rules) error {
	at := []string{"permission", "bash"}
	bash := there.Get("bash")
	switch {
	case !there.Is(jsonedit.Object):
		return fmt.Errorf("line %d: permission is one word for all tools: make it an object first", there.Line)
	case bash == nil:
		rest := ask
		if there.Get("*").Text() == deny {
			rest = deny
		}
		return doc.SetMissing(at, bashRules(valid(r.Allow), r.Deny, rest))
	case !bash.Is(jsonedit.Object):
		return fmt.Errorf("line %d: bash is one word for all commands: make it an object first", bash.Line)
	}
	own := (&linter{}).object(nil, "", jsonedit.Member{Name: "bash", Value: bash})
	for _, e := range bashRules(valid(r.Allow), r.Deny, ask)[1:] { // the first one is for all others
		if takesBack(e, own) && !denied(e.name, r.Deny) {
			continue
		}
		if err := doc.SetMissing(append(at[:2:2], e.name), e.value); err != nil {
			return err
		}
	}
	return nil
}

// takesBack tells whether a rule at the end would decide what one of the
// person's decides otherwise.
func takesBack(e entry, own []rule) bool {
	for _, o := range own {
		if o.pattern != "*" && match(o.pattern, e.name) && o.action != e.value {
			return true
		}
	}
	return false
}

func denied(pattern string, names []string) bool {
	for _, n := range names {
		if anyArguments(literalHome(n)) == pattern {
			return true
		}
	}
	return false
}
