package project

import "encoding/json"

// denoTests prefers the task. Without one there has to be a test: deno fails
// where it finds none.
func denoTests(p *part) tests {
	var m struct {
		Tasks map[string]json.RawMessage `json:"tasks"`
	}
	if json.Unmarshal([]byte(p.text("deno.json")), &m) == nil && m.Tasks["test"] != nil {
		return tests{"deno task test", "tasks.test in " + p.join("deno.json")}
	}
	for _, form := range []string{"*_test.ts", "*.test.ts", "*_test.js", "*.test.js"} {
		if t := p.where("deno test", ".", form); t.command != "" {
			return t
		}
	}
	return tests{}
}
