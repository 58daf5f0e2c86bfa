package scan

import (
	"strings"
	"testing"
)

// made is a secret that was never one; it is put together here, so that no
// scanner finds it in this file.
func made(prefix string, n int) string {
	const from = "aZ3kQ9xW1mB7vT5rY2nC8dF4gH6jL0pS"
	return prefix + strings.Repeat(from, 1+n/len(from))[:n]
}

func TestTokens(t *testing.T) {
	key := "-----BEGIN EC PRIVATE" + " KEY-----\n" + made("", 64) + "\n" + made("x", 64) + "\n"
	for text, kind := range map[string]string{
		"token = \"" + made("gh"+"p_", 36) + "\"":        "GitHub token",
		"\n\n  key: " + made("sk-"+"ant-", 90):           "Anthropic key",
		"AK" + "IA" + "IOSFODNN7ABCDEFG":                 "AWS access key",
		key:                                              "private key",
		strings.ReplaceAll(key, "\n", `\n`):              "private key",
		"https://u:" + made("glp"+"at-", 20) + "@x.test": "GitLab token",
	} {
		got := Tokens([]byte(text))
		if len(got) != 1 || got[0].Kind != kind {
			t.Errorf("%q: %+v, want %s", text[:20], got, kind)
		}
	}
	got := Tokens([]byte("a\nb\n" + made("gh"+"p_", 36)))
	if len(got) != 1 || got[0].Line != 3 {
		t.Errorf("%+v", got)
	}
	for _, text := range []string{
		"", "ghp_", "ghp_short", "AKIAIOSFODNN7EXAMPLE", "ghp_" + strings.Repeat("x", 36), "MAKIAIOSFODNN7ABCDEFG",
		"-----BEGIN PUBLIC KEY-----\n" + made("", 64), "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
		"if strings.Contains(s, \"PRIVATE KEY-----\") {", "npm_config_registry=https://registry.npmjs.org/", "SG.x",
	} {
		if got := Tokens([]byte(text)); len(got) != 0 {
			t.Errorf("%q holds %+v", text, got)
		}
	}
}

func TestTokensAreBounded(t *testing.T) {
	many := strings.Repeat(made("gh"+"p_", 36)+" ", 1000)
	if got := Tokens([]byte(many)); len(got) != maxTokens {
		t.Errorf("%d tokens", len(got))
	}
}

func TestPackageScripts(t *testing.T) {
	old := `{"scripts": {"test": "jest", "build": "tsc"}, "dependencies": {"a": "1"}, "version": "1"}`
	for after, want := range map[string]string{
		old: "",
		`{"scripts": {"test": "jest", "build": "tsc"}, "dependencies": {"b": "1"}, "version": "2"}`: "",
		`{"scripts": {"build": "tsc", "test": "jest --bail"}}`:                                      "test",
		`{"scripts": {"test": "jest", "build": "tsc", "postinstall": "sh x"}}`:                      "postinstall",
		`{"scripts": {"test": "jest"}}`:                                                             "",
		`{"scripts": {"test": "jest", "build": "tsc"}, "husky": {"hooks": {"pre-commit": "x"}}}`:    "husky",
		`{"scripts": {"test": "jest", "build": "tsc"}, "scripts": {"test": "curl x"}}`:              "test",
		`{"scripts": ["x"]}`:        unread,
		`not json`:                  unread,
		strings.Repeat("[", 100000): unread,
	} {
		if got := strings.Join(PackageScripts([]byte(old), []byte(after)), " "); got != want {
			t.Errorf("%.60s: %q, want %q", after, got, want)
		}
	}
	if got := PackageScripts(nil, []byte(old)); len(got) != 2 {
		t.Errorf("a new file: %q", got)
	}
}

func FuzzTokens(f *testing.F) {
	f.Add([]byte(made("gh"+"p_", 36)))
	f.Add([]byte("-----BEGIN RSA PRIVATE KEY-----\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, tok := range Tokens(text) {
			if tok.Line < 1 || tok.Line > strings.Count(string(text), "\n")+1 || !strings.Contains(string(text), tok.key) {
				t.Fatalf("%+v", tok)
			}
		}
		PackageScripts(text, text)
	})
}
