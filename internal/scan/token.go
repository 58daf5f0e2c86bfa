package scan

import (
	"bytes"
	"strings"
)

// Token is a secret that stands in a text. What it is, and never the secret
// itself, may be shown.
type Token struct {
	Kind string // "GitHub token"
	Line int    // from 1
	key  string // the secret, to tell two apart
}

// Same tells whether two tokens are the same secret.
func (t Token) Same(o Token) bool { return t.key == o.key }

// privateKey is the kind of a key in PEM.
const privateKey = "private key"

// maxTokens bounds what is taken out of one text.
const maxTokens = 100

// tokenRule is a form that no other text has by accident: how it begins, what
// follows, and how much of it at least.
type tokenRule struct {
	prefix, kind string
	set          string // characters that may follow
	least, most  int    // of them
}

const (
	digits = "0123456789"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lower  = "abcdefghijklmnopqrstuvwxyz"
	alnum  = digits + upper + lower
	word   = alnum + "_"
	dashed = word + "-"
)

// tokenRules are the published forms of the services' keys.
var tokenRules = []tokenRule{
	{"AKIA", "AWS access key", digits + upper, 16, 16},
	{"ASIA", "AWS access key", digits + upper, 16, 16},
	{"ghp_", "GitHub token", alnum, 36, 255},
	{"gho_", "GitHub token", alnum, 36, 255},
	{"ghu_", "GitHub token", alnum, 36, 255},
	{"ghs_", "GitHub token", alnum, 36, 255},
	{"ghr_", "GitHub token", alnum, 36, 255},
	{"github_pat_", "GitHub token", word, 60, 255},
	{"glpat-", "GitLab token", dashed, 20, 64},
	{"sk-ant-", "Anthropic key", dashed, 32, 255},
	{"sk-proj-", "OpenAI key", dashed, 40, 255},
	{"sk-svcacct-", "OpenAI key", dashed, 40, 255},
	{"AIza", "Google key", dashed, 35, 35},
	{"xoxb-", "Slack token", dashed, 24, 255},
	{"xoxp-", "Slack token", dashed, 24, 255},
	{"xoxa-", "Slack token", dashed, 24, 255},
	{"xapp-", "Slack token", dashed, 24, 255},
	{"https://hooks.slack.com/services/T", "Slack webhook", alnum + "/", 30, 100},
	{"sk_live_", "Stripe key", alnum, 24, 255},
	{"rk_live_", "Stripe key", alnum, 24, 255},
	{"SG.", "SendGrid key", dashed + ".", 60, 80},
	{"npm_", "npm token", alnum, 36, 36},
	{"pypi-AgEIcHlwaS5vcmc", "PyPI token", dashed, 50, 500},
	{"dop_v1_", "DigitalOcean token", digits + "abcdef", 64, 64},
	{"hvs.", "Vault token", dashed, 24, 255},
	{"hf_", "Hugging Face token", alnum, 34, 40},
	{"AGE-SECRET-KEY-1", "age key", digits + upper, 58, 58},
}

// Tokens finds secrets in a text by their form, at most a hundred of them. It
// knows published forms and private keys only: what a person would call a
// password by its meaning is not found.
func Tokens(text []byte) []Token {
	var out []Token
	for _, r := range tokenRules {
		out = r.find(text, out)
	}
	return privateKeys(text, out)
}

func (r tokenRule) find(text []byte, out []Token) []Token {
	prefix := []byte(r.prefix)
	for at := 0; len(out) < maxTokens; {
		i := bytes.Index(text[at:], prefix)
		if i < 0 {
			return out
		}
		start := at + i
		at = start + len(prefix)
		end := at
		for end < len(text) && end-at <= r.most && strings.IndexByte(r.set, text[end]) >= 0 {
			end++
		}
		inWord := start > 0 && strings.IndexByte(word, text[start-1]) >= 0
		if n := end - at; inWord || n < r.least || n > r.most || placeholder(text[at:end]) {
			continue
		}
		out = append(out, Token{r.kind, lineOf(text, start), string(text[start:end])})
		at = end
	}
	return out
}

// placeholder tells whether what follows a prefix was made up for a text about
// such keys: the word example, or next to no variety.
func placeholder(b []byte) bool {
	if strings.Contains(strings.ToLower(string(b)), "example") {
		return true
	}
	var seen [256]bool
	kinds := 0
	for _, c := range b {
		if !seen[c] {
			seen[c] = true
			kinds++
		}
	}
	return kinds < 8
}

// privateKeys finds keys in PEM with something in them.
func privateKeys(text []byte, out []Token) []Token {
	const end = "PRIVATE KEY-----"
	for at := 0; len(out) < maxTokens; {
		i := bytes.Index(text[at:], []byte("-----BEGIN "))
		if i < 0 {
			return out
		}
		start := at + i
		head := text[start:min(start+64, len(text))]
		j := bytes.Index(head, []byte(end))
		at = start + len("-----BEGIN ")
		if j < 0 {
			continue
		}
		body := text[start+j+len(end) : min(start+j+len(end)+200, len(text))]
		if b := bytes.TrimLeft(body, "\\nr \t\""); len(b) > 100 && !placeholder(b[:60]) {
			out = append(out, Token{privateKey, lineOf(text, start), string(b[:100])})
		}
	}
	return out
}

func lineOf(text []byte, at int) int { return bytes.Count(text[:at], []byte("\n")) + 1 }
