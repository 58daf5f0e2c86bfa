package scan

import (
	"bytes"
	"path"
	"regexp"
	"strings"
	"sync"
)

// A value that refers to a variable ("${NPM_TOKEN}") is no secret itself.
var (
	npmToken    = lazy(`(?mi)^[^#;\n]*(?:_authtoken|_auth|_password)["']?[ \t]*[= ][ \t]*["']?[^\s"'$=]`)
	yarnToken   = lazy(`(?mi)^[^#\n]*(?:npmauthtoken|npmauthident)["']?[ \t]*:[ \t]*["']?[^\s"'$]`)
	password    = lazy(`(?i)\bpassword\b`)
	pypiValue   = lazy(`(?mi)^[ \t]*(?:password|token)[ \t]*[=:][ \t]*[^\s$%{]`)
	urlSecret   = lazy(`(?i)[a-z][a-z0-9+.-]*://[^/\s:@"'<>]*:[^/\s:@"'<>${}]+@`)
	xmlPassword = lazy(`(?i)<(?:password|passphrase)>\s*[^\s<${][^<]*</|key="(?:cleartext)?password"\s+value="[^"%$]|<add key="[^"]*password"[^>]*value="[^"%$]`)
	propertyKey = lazy(`(?mi)^[ \t]*[\w.-]*(?:password|passwd|token|secret|apikey|api_key)[ \t]*[=:][ \t]*[^\s$]`)
	jsonAuth    = lazy(`(?i)"(?:password|token|auth|http-basic|github-oauth|gitlab-token|bearer|access|refresh|key)"\s*:\s*(?:"[^"$]|\{\s*"[^"]+"\s*:\s*["{])`)
	cloudKey    = lazy(`(?mi)^[ \t]*(?:aws_secret_access_key|aws_session_token|token|secret|password)[ \t]*=[ \t]*[^\s$]`)
)

// lazy makes an expression when it is first asked for: few starts need one.
func lazy(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

// SecretContent judges a file that SecretName said to Look at. content is the
// whole file, or its first MaxContent+1 bytes: what is longer than MaxContent
// was not seen in full, and what was not seen is taken for a secret.
func SecretContent(name string, content []byte) bool {
	if len(content) > MaxContent {
		return true
	}
	base := strings.ToLower(path.Base(name))
	switch base {
	case ".npmrc", ".yarnrc":
		return npmToken().Match(content) || urlSecret().Match(content)
	case "pip.conf", "pip.ini":
		return urlSecret().Match(content)
	case ".pypirc":
		return pypiValue().Match(content) || urlSecret().Match(content)
	case "settings.xml", "nuget.config":
		return xmlPassword().Match(content)
	case "gradle.properties":
		return propertyKey().Match(content)
	case "auth.json":
		return jsonAuth().Match(content)
	case "credentials", "credentials.toml":
		return cloudKey().Match(content)
	case ".gitmodules", ".gitconfig":
		_, changed := RedactGit(string(content))
		return changed
	}
	switch path.Ext(base) {
	case ".pem", ".asc":
		return bytes.Contains(content, []byte("PRIVATE KEY"))
	case ".yml":
		return yarnToken().Match(content)
	}
	return password().Match(content)
}

// MaxTokens bounds the files in which Tokens is asked for, in bytes: nobody
// keeps a key in a larger one.
const MaxTokens = 256 << 10

// Candidate tells whether the content of a file that SecretName calls Ordinary
// is worth a look: data and configuration, not source, and not what others wrote
// or what is made up for tests.
func Candidate(p string) bool {
	base := strings.ToLower(path.Base(p))
	switch path.Ext(base) {
	case ".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".config", ".properties", ".xml", ".tfvars", ".txt", ".envrc", "":
	default:
		return false
	}
	if strings.HasSuffix(base, "-lock.json") || base == "package.json" || base == "pnpm-lock.yaml" {
		return false
	}
	for _, elem := range strings.Split(path.Dir(p), "/") {
		switch strings.ToLower(elem) {
		case "node_modules", "vendor", "testdata", "test", "tests", "__tests__", "spec", "specs",
			"fixtures", "__fixtures__", "mocks", "__mocks__", "example", "examples", ".git":
			return false
		}
	}
	return true
}

// token is a form that only a secret has, and that takes more than a beginning
// and a length to tell (those are tokenRules).
type token struct {
	sign   string // every match holds it, as written
	form   func() *regexp.Regexp
	reason string
}

var tokens = []token{
	{"PRIVATE KEY", lazy(`-----BEGIN (?:[A-Z]+ )?PRIVATE KEY(?: BLOCK)?-----(?:\s|\\n|\\r)+(?:[A-Za-z-]+: [^\n]*\s+)*[A-Za-z0-9+/=]{40}`), "private key"},
	{"service_account", lazy(`"type"\s*:\s*"service_account"[\s\S]*"private_key"\s*:\s*"[^"]`), "service account key"},
	{"aws_secret", awsSecret, "cloud key"},
	{"AWS_SECRET", awsSecret, "cloud key"},
}

var awsSecret = lazy(`(?i)aws_?secret_?access_?key["']?\s*[:=]\s*["']?[A-Za-z0-9/+]{40}\b`)

// TokenKind says what secret a file's content holds, by forms that nothing else
// has; "" for none.
func TokenKind(content []byte) string {
	for _, t := range tokens {
		if !bytes.Contains(content, []byte(t.sign)) {
			continue
		}
		for _, m := range t.form().FindAll(content, 8) {
			if !madeUp(m) {
				return t.reason
			}
		}
	}
	for _, t := range Tokens(content) {
		if t.Kind != privateKey && !madeUp([]byte(t.key)) {
			return t.Kind
		}
	}
	return ""
}

// madeUp tells what stands in documentation from what was issued.
func madeUp(secret []byte) bool {
	s := bytes.ToLower(secret)
	for _, word := range []string{"example", "xxxxxx", "000000", "123456", "abcdef", "......", "redacted", "placeholder"} {
		if bytes.Contains(s, []byte(word)) {
			return true
		}
	}
	return false
}
