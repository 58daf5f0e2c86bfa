// Package scan finds what should not be where it is, by name and by form:
// secrets in a project. It reads nothing by itself.
package scan

import (
	"bytes"
	"path"
	"regexp"
	"strings"
	"sync"
)

// Verdict is what a file's name tells about it.
type Verdict int

// The verdicts.
const (
	Ordinary Verdict = iota
	Secret           // by its name alone
	Look             // SecretContent has to decide
)

// MaxContent bounds what SecretContent wants to see of a file, in bytes.
const MaxContent = 1 << 20

// nameRule is a pattern of lower-case base names.
type nameRule struct {
	pattern string
	verdict Verdict
	reason  string
}

// nameRules are tried in order; the first that matches decides.
var nameRules = []nameRule{
	{".env.example", Ordinary, ""},
	{".env.*.example", Ordinary, ""},
	{".env.sample", Ordinary, ""},
	{".env.template", Ordinary, ""},
	{".env.dist", Ordinary, ""},
	{".env", Secret, "environment file"},
	{".env.*", Secret, "environment file"},
	{"id_rsa", Secret, "private key"},
	{"id_dsa", Secret, "private key"},
	{"id_ecdsa", Secret, "private key"},
	{"id_ecdsa_sk", Secret, "private key"},
	{"id_ed25519", Secret, "private key"},
	{"id_ed25519_sk", Secret, "private key"},
	{"*.key", Secret, "private key"},
	{"*.ppk", Secret, "private key"},
	{"*.p12", Secret, "key store"},
	{"*.pfx", Secret, "key store"},
	{"*.jks", Secret, "key store"},
	{"*.keystore", Secret, "key store"},
	{"*.kdbx", Secret, "password database"},
	{"*.ovpn", Secret, "VPN profile"},
	{".git-credentials", Secret, "credentials"},
	{".pgpass", Secret, "credentials"},
	{".my.cnf", Secret, "credentials"},
	{".htpasswd", Secret, "credentials"},
	{".vault-token", Secret, "credentials"},
	{"credentials.json", Secret, "credentials"},
	{"client_secret*.json", Secret, "credentials"},
	{"service-account*.json", Secret, "service account key"},
	{"service_account*.json", Secret, "service account key"},
	{"serviceaccount*.json", Secret, "service account key"},
	{"*.tfstate", Secret, "Terraform state"},
	{"*.tfstate.*", Secret, "Terraform state"},
	{"kubeconfig", Secret, "cluster credentials"},
	{"*.kubeconfig", Secret, "cluster credentials"},
	{".dockercfg", Secret, "registry credentials"},
	{"*.pem", Look, "private key"},
	{".npmrc", Look, "registry token"},
	{".yarnrc.yml", Look, "registry token"},
	{".pypirc", Look, "registry password"},
	{".netrc", Look, "password"},
	{"_netrc", Look, "password"},
}

// SecretName judges a file by the last element of its path, without regard to
// case. The reason is for people.
func SecretName(name string) (Verdict, string) {
	base := strings.ToLower(path.Base(name))
	for _, r := range nameRules {
		if ok, err := path.Match(r.pattern, base); ok && err == nil {
			return r.verdict, r.reason
		}
	}
	return Ordinary, ""
}

// A value that refers to a variable ("${NPM_TOKEN}") is no secret itself.
var (
	npmToken  = lazy(`(?mi)^[^#;\n]*(?:_authtoken|_auth|_password)[ \t]*=[ \t]*["']?[^\s"'$]`)
	yarnToken = lazy(`(?mi)^[^#\n]*(?:npmauthtoken|npmauthident)["']?[ \t]*:[ \t]*["']?[^\s"'$]`)
	password  = lazy(`(?i)\bpassword\b`)
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
	switch path.Ext(strings.ToLower(path.Base(name))) {
	case ".pem":
		return bytes.Contains(content, []byte("PRIVATE KEY"))
	case ".npmrc":
		return npmToken().Match(content)
	case ".yml":
		return yarnToken().Match(content)
	default:
		return password().Match(content)
	}
}
