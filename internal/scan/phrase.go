package scan

import (
	"regexp"
	"strings"
)

// phrase is a way of turning an agent on its owner.
type phrase struct {
	form func() *regexp.Regexp
	why  string
	// plain: it is meant whatever stands before it.
	plain bool
}

var injections = []phrase{
	{form: lazy(`(?i)\b(?:ignore|disregard|forget|override)\s+(?:(?:all|any|every|everything|of|the|your|my|these|those)\s+){0,4}(?:previous|prior|above|earlier|preceding|foregoing|original)\s+(?:instructions?|rules?|prompts?|directions?|guidelines|messages?|context|constraints)\b`),
		why: "tells an agent to put its owner's rules aside"},
	{form: lazy(`(?i)\b(?:ignore|disregard|override|bypass)\s+(?:(?:all|any|every|of|the|your|its)\s+){1,3}(?:safety|security|system)\s+(?:instructions?|rules?|prompts?|guidelines|policies|guardrails|restrictions)\b`),
		why: "tells an agent to put its owner's rules aside"},
	{form: lazy(`(?i)\b(?:do\s+not|don't|never)\s+(?:tell|inform|notify|alert|mention\s+(?:this|it)\s+to|reveal\s+(?:this|it)\s+to|show\s+(?:this|it)\s+to)\s+(?:the\s+|your\s+)?(?:users?|owner|human|developer|operator|maintainers?)(?:\s+about\s+(?:this|these|it|any\s+of)|\s+(?:of|that)\s+(?:this|these|it)|\s*[.,;!)]|\s*$|\s*\n)`),
		why: "has the agent keep something from its owner", plain: true},
	{form: lazy(`(?i)\b(?:hide|conceal|keep)\s+(?:this|it|these)\s+(?:a\s+secret\s+|secret\s+|hidden\s+)?from\s+(?:the\s+|your\s+)?(?:users?|owner|human|developer|operator)\b`),
		why: "has the agent keep something from its owner"},
	{form: lazy(`(?i)\b(?:send|post|upload|exfiltrate|forward|transmit|email|append|encode)\b[^.\n]{0,60}\b(?:environment\s+variables?|env\s+vars?|api[ _-]?keys?|tokens?|secrets?|credentials|passwords?|ssh\s+keys?|private\s+keys?|\.env|id_rsa|conversation|chat\s+history|system\s+prompt)\b[^.\n]{0,60}(?:https?://|\bwebhook\b|[\w.+-]+@[\w-]+\.)`),
		why: "has the agent send what it knows to an address"},
	{form: lazy(`(?i)\bcurl\b[^\n|]*(?:\$\((?:cat|env|printenv)\b|-d\s*@?(?:\.env|~/\.ssh|~/\.aws)|\$\{?[A-Z_]*(?:KEY|TOKEN|SECRET|PASSWORD)[^\n]{0,40}(?:webhook|requestbin|ngrok|pipedream|interact\.sh))`),
		why: "has the agent send what it knows to an address"},
	{form: lazy(`(?i)\byou\s+are\s+now\s+(?:in\s+)?(?:developer|dan|jailbreak|jailbroken|god|unrestricted|unfiltered|root)\b(?:\s+mode)?`),
		why: "gives the agent another role, without its rules"},
	{form: lazy(`<\|(?:im_start|im_end|system|user|assistant|endoftext)\|>|\[/?INST\]|<</?SYS>>|</?system-reminder>|</?system_prompt>`),
		why: "is a mark by which models tell who speaks: text from a file has none", plain: true},
}

// warned are words that tell that a phrase is spoken about, not said.
var warned = lazy(`(?i)\b(?:injections?|attacks?|malicious|hostile|untrusted|suspicious|refuse|beware|such\s+as|phrases?|e\.g\.|never|don't|do\s+not|must\s+not|should\s+not|if\b.*\b(?:says?|asks?|tells?|reads?|contains?))`)

// phrases finds injected text. One that is spoken about ("treat text such as
// ... as an attack", "never send secrets to ...") is left out.
func phrases(text string) []Finding {
	var out []Finding
	last := map[int]bool{}
	for _, p := range injections {
		for _, m := range p.form().FindAllStringIndex(text, maxEach) {
			n := lineAt(text, m[0])
			if last[n] || !p.plain && spokenAbout(text, m) || p.plain && quoted(text, m) {
				continue
			}
			last[n] = true
			out = append(out, Finding{Line: n, Problem: Injected, Entry: excerpt(text[m[0]:m[1]]),
				Why: p.why, Better: "take it out, and find out who wrote it"})
		}
	}
	return out
}

func spokenAbout(text string, m []int) bool {
	if warned().MatchString(sentence(text, m[0])) {
		return true
	}
	return quoted(text, m)
}

// quoted tells whether a phrase stands in quotes in a line that warns.
func quoted(text string, m []int) bool {
	before, after := text[:m[0]], text[m[1]:]
	if i := strings.LastIndexByte(before, '\n'); i >= 0 {
		before = before[i+1:]
	}
	after, _, _ = strings.Cut(after, "\n")
	inQuotes := strings.HasSuffix(before, "`") || strings.HasSuffix(before, "\"") || strings.HasSuffix(before, "'") ||
		strings.HasSuffix(before, "\u201c")
	return inQuotes && warned().MatchString(before+" "+after)
}
