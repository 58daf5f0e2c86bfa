package scan

import "regexp"

// ask is a rule that many write and that a layer enforces.
type ask struct {
	form  func() *regexp.Regexp
	layer string
	why   string
}

var asks = []ask{
	{lazy(`(?i)\brm\s+-rf?\b|\bdelete\s+files\s+outside\b`), "isolation",
		"what is outside of the project is not there or read-only, and inside ringwall rollback brings it back"},
	{lazy(`(?i)\b(?:push|publish|deploy|upload|send)\b`), "network",
		"there is no way out but to the hosts that the policy allows"},
	{lazy(`(?i)\b(?:access|use|connect\s+to|reach)\s+the\s+(?:internet|network)\b`), "network",
		"there is no way out but to the hosts that the policy allows"},
	{lazy(`(?i)\b(?:read|open|print|commit|expose|leak|look\s+for|reveal)\b.*(?:\.env\b|\bsecrets?\b|\bcredentials\b|\bapi\s+keys?\b|\bpasswords?\b)`), "isolation",
		"files with secrets are hidden, and keys stay outside at the gateway"},
	{lazy("(?i)\\b(?:edit|modify|change|touch|write\\s+to|overwrite)\\b.*(?:CLAUDE\\.md|AGENTS\\.md|GEMINI\\.md|CONSTITUTION\\.md|\\.claude\\b|\\.git/|git\\s+hooks?|ringwall\\.toml|\\bCI\\b)"), "isolation",
		"guardrail files are frozen: a change fails, and could not reach the next iteration"},
	{lazy(`(?i)\b(?:use|run|call)\b.*\b(?:sudo|as\s+root)\b`), "isolation",
		"there are no privileges to gain inside"},
	{lazy(`(?i)\b(?:exceed|use\s+more\s+than|spend|run\s+for)\b.*(?:\bmemory\b|\bcost\b|\bbudget\b|\bminutes\b|\bhours\b|\bdollars\b|\$\d)`), "infrastructure",
		"limits on memory, time and cost are counted outside"},
}

var prohibition = lazy(`(?i)\b(?:never|do\s+not|don't|must\s+not|may\s+not)\b(.*)$`)

// onlyAsks finds rules that ask for what a layer enforces. They may stay: a
// rule saves an agent the try. Each is told once.
func onlyAsks(text string) []Finding {
	var out []Finding
	told := map[string]bool{}
	for _, l := range linesOf(text) {
		m := prohibition().FindStringSubmatch(l.text)
		if m == nil || l.fenced {
			continue
		}
		for _, a := range asks {
			if !told[a.why] && a.form().MatchString(m[1]) {
				told[a.why] = true
				out = append(out, Finding{Line: l.n, Problem: OnlyAsks, Entry: excerpt(l.text), Layer: a.layer, Advice: true,
					Why: "the " + a.layer + " layer enforces it: " + a.why})
			}
		}
	}
	return out
}
