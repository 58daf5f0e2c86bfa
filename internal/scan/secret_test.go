package scan

import (
	"bytes"
	"path"
	"strings"
	"testing"
)

func TestSecretName(t *testing.T) {
	for name, want := range map[string]Verdict{
		".env": Secret, "a/b/.env.production": Secret, ".ENV": Secret, ".env.local": Secret,
		".env.example": Ordinary, ".env.sample": Ordinary, ".env.template": Ordinary, ".env.dist": Ordinary,
		".env.production.example": Ordinary, ".envrc": Ordinary, "env.go": Ordinary,
		"id_rsa": Secret, "id_rsa.pub": Ordinary, "id_ed25519": Secret, "id_ed25519.pub": Ordinary,
		"server.key": Secret, "key.go": Ordinary, "x.p12": Secret, "x.pfx": Secret, "vault.kdbx": Secret,
		"credentials.json": Secret, "credentials.go": Ordinary, "service-account-prod.json": Secret,
		"terraform.tfstate": Secret, "terraform.tfstate.backup": Secret, "main.tf": Ordinary,
		".git-credentials": Secret, "ca.pem": Look, ".npmrc": Look, ".pypirc": Look, ".netrc": Look,
		"package.json": Ordinary, "README.md": Ordinary,
	} {
		if got, reason := SecretName(name); got != want || (got != Ordinary) != (reason != "") {
			t.Errorf("SecretName(%q) = %v %q, want %v", name, got, reason, want)
		}
	}
}

func TestSecretContent(t *testing.T) {
	for _, c := range []struct {
		name, content string
		want          bool
	}{
		{"ca.pem", "-----BEGIN CERTIFICATE-----\nMII\n", false},
		{"k.pem", "-----BEGIN RSA PRIVATE KEY-----\nMII\n", true},
		{"both.pem", "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n", true},
		{".npmrc", "registry=https://r.example/\n", false},
		{".npmrc", "//r.example/:_authToken=npm_x\n", true},
		{".npmrc", "//r.example/:_authToken=${NPM_TOKEN}\n", false},
		{".npmrc", "; //r.example/:_authToken=npm_x\n", false},
		{".npmrc", "a=b\n_password = \"cGFzcw==\"\n", true},
		{".yarnrc.yml", "npmAuthToken: abc\n", true},
		{".yarnrc.yml", "npmAuthToken: \"${TOKEN}\"\nnodeLinker: pnp\n", false},
		{".pypirc", "[pypi]\nusername = u\n", false},
		{".pypirc", "[pypi]\npassword = p\n", true},
		{".netrc", "machine h login u password p", true},
		{"big.pem", string(bytes.Repeat([]byte("x"), MaxContent+1)), true},
	} {
		if got := SecretContent(c.name, []byte(c.content)); got != c.want {
			t.Errorf("SecretContent(%q, %.40q) = %v", c.name, c.content, got)
		}
	}
}

func FuzzSecretContent(f *testing.F) {
	f.Add(".npmrc", []byte("//r.example/:_authToken=npm_x\n"))
	f.Add("k.pem", []byte("-----BEGIN PRIVATE KEY-----"))
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		before := bytes.Clone(content)
		SecretName(name)
		SecretContent(name, content)
		if !bytes.Equal(before, content) {
			t.Error("the content was changed")
		}
	})
}

// TestIndexIsTheTable: what is found by the index is what going through the
// rules in their order finds, and a rule has no signs but the star.
func TestIndexIsTheTable(t *testing.T) {
	names := []string{"", "a", ".", ".env.a.b", "x.tfstate.example", ".env.key.example", "id_rsa.key", "client_secret.json"}
	for _, r := range nameRules {
		if strings.ContainsAny(r.pattern, "?[\\") {
			t.Errorf("%q: the index knows only the star", r.pattern)
		}
		for _, fill := range []string{"", "x", "a.b", ".env", ".key", "*"} {
			names = append(names, strings.ReplaceAll(r.pattern, "*", fill), "x"+r.pattern, r.pattern+"x")
		}
	}
	for _, name := range names {
		want := -1
		for i, r := range nameRules {
			if ok, err := path.Match(r.pattern, name); ok && err == nil {
				want = i
				break
			}
		}
		if got := sorted().first(name); got != want {
			t.Errorf("%q: rule %d, not %d", name, got, want)
		}
	}
}

func BenchmarkSecretName(b *testing.B) {
	for b.Loop() {
		SecretName("internal/backend/native/workspace_linux.go")
	}
}
