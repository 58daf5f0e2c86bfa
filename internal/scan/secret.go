// Package scan finds what should not be where it is, by name and by form:
// secrets in a project. It reads nothing by itself.
package scan

import (
	"path"
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

// Rules names this set of rules. What was judged by another is judged again.
const Rules = "1"

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
	{".s3cfg", Secret, "credentials"},
	{".dockerconfigjson", Secret, "registry credentials"},
	{"*.pem", Look, "private key"},
	{"*.asc", Look, "private key"},
	{".npmrc", Look, "registry token"},
	{".yarnrc", Look, "registry token"},
	{".yarnrc.yml", Look, "registry token"},
	{"pip.conf", Look, "registry password"},
	{"pip.ini", Look, "registry password"},
	{"settings.xml", Look, "server password"},
	{"nuget.config", Look, "registry password"},
	{"gradle.properties", Look, "password or token"},
	{"auth.json", Look, "registry password"},
	{"credentials", Look, "credentials"},
	{"credentials.toml", Look, "registry token"},
	{".gitmodules", Look, "credential in a URL"},
	{".gitconfig", Look, "credential in a URL"},
	{".pypirc", Look, "registry password"},
	{".netrc", Look, "password"},
	{"_netrc", Look, "password"},
}

// SecretName judges a file by the last element of its path, without regard to
// case. The reason is for people.
func SecretName(name string) (Verdict, string) {
	if i := sorted().first(strings.ToLower(path.Base(name))); i >= 0 {
		return nameRules[i].verdict, nameRules[i].reason
	}
	return Ordinary, ""
}

// index is the rules by how they can be found: every file of a project is asked
// about, and next to none fits any.
type index struct {
	exact map[string]int // rules without a star, by name
	wild  []wildRule
}

type wildRule struct {
	rule  int
	piece string // what every name that fits contains
}

var sorted = sync.OnceValue(func() *index {
	x := &index{exact: map[string]int{}}
	for i, r := range nameRules {
		if !strings.Contains(r.pattern, "*") {
			x.exact[r.pattern] = i
			continue
		}
		longest := ""
		for _, piece := range strings.Split(r.pattern, "*") {
			if len(piece) > len(longest) {
				longest = piece
			}
		}
		x.wild = append(x.wild, wildRule{i, longest})
	}
	return x
})

// first is the first rule that fits; -1 for none.
func (x *index) first(base string) int {
	best, ok := x.exact[base]
	if !ok {
		best = len(nameRules)
	}
	for _, w := range x.wild {
		if w.rule > best {
			break
		}
		if !strings.Contains(base, w.piece) {
			continue
		}
		if ok, err := path.Match(nameRules[w.rule].pattern, base); ok && err == nil {
			return w.rule
		}
	}
	if !ok {
		return -1
	}
	return best
}
