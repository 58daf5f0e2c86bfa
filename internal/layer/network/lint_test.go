package network

import (
	"slices"
	"strings"
	"testing"

	"ringwall/internal/policy"
)

func warned(t *testing.T, text string) []string {
	t.Helper()
	p, err := policy.Parse(policy.FileName, []byte("version = 1\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range Lint(p) {
		at, rest, _ := strings.Cut(s, ": ")
		name, _, _ := strings.Cut(rest, ": ")
		got = append(got, at+" "+name)
	}
	return got
}

func TestLint(t *testing.T) {
	got := warned(t, `[network]
allow = ["preset:go", "github.com:22", "proxy.golang.org",
  "bucket.s3.eu-west-1.amazonaws.com", "notamazonaws.com", "raw.GitHubUserContent.com."]
[[network.rule]]
host = "pastebin.com"
[[credential]]
name = "a"
from = { env = "A" }
host = "api.anthropic.com"
`)
	want := []string{"ringwall.toml:3 github.com", "ringwall.toml:4 bucket.s3.eu-west-1.amazonaws.com",
		"ringwall.toml:4 raw.githubusercontent.com", "ringwall.toml:5 pastebin.com"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestLintWide: a pattern or a range that holds, or lies below, a host that
// strangers write to; a name that anyone can have a name below; any pattern
// without methods (NET-17).
func TestLintWide(t *testing.T) {
	for entry, reason := range map[string]string{
		"*.amazonaws.com":              "object store",
		"*.s3.eu-west-1.amazonaws.com": "object store",
		"*.github.com":                 "it holds api.github.com",
		"*.blogspot.com":               "below it",
		"*.github.io":                  "below this name",
		"*.nip.io":                     "decides the address",
		"10.0.0.1.nip.io":              "decides the address",
		"169.254.0.0/16":               "it holds 169.254.169.254",
		"*.ec2.internal":               "it holds instance-data.ec2.internal",
		"*.corp.example":               "whoever can make a name",
		"a.corp.example":               "",
		"10.0.0.0/8":                   "",
		"preset:npm":                   "",
	} {
		p, err := policy.Parse(policy.FileName, []byte("version = 1\n[network]\nallow = [\""+entry+"\"]\n"))
		if err != nil {
			t.Fatal(err)
		}
		got := Lint(p)
		if (len(got) == 0) != (reason == "") || len(got) > 1 || reason != "" && !strings.Contains(got[0], reason) {
			t.Errorf("%s: %q, want %q", entry, got, reason)
		}
	}
	if got := warned(t, "[[network.rule]]\nhost = \"*.corp.example\"\nmethods = [\"GET\"]\n"); got != nil {
		t.Errorf("a pattern that is only read from: %q", got)
	}
	if got := warned(t, "[network]\nallow = [\"gist.github.com\"]\ndeny = [\"gist.github.com\"]\n"); got != nil {
		t.Errorf("a host that is denied: %q", got)
	}
}

// TestShadowed: what a denial covers is left out of the plan, and said, be it
// written or brought by a preset.
func TestShadowed(t *testing.T) {
	const text = `[network]
allow = ["preset:go", "a.example", "b.a.example", "*.b.a.example", "c.example", "10.1.2.3:22"]
deny = ["*.golang.org", "a.example", "*.a.example:443", "c.example:22", "10.0.0.0/8"]
`
	p, err := policy.Parse(policy.FileName, []byte("version = 1\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range Shadowed(p, owner("")) {
		place, _, _ := strings.Cut(s, " is not allowed, because ringwall.toml:4 denies it")
		got = append(got, place[strings.LastIndex(place, " ")+1:])
	}
	want := []string{"proxy.golang.org:443", "sum.golang.org:443", "a.example:443", "b.a.example:443", "*.b.a.example:443", "10.1.2.3:22"}
	if !slices.Equal(got, want) {
		t.Errorf("said %q, want %q", got, want)
	}
	var left []string
	for _, c := range compile(t, text, able()) {
		if e := c.Want.Egress; e != nil && !e.Deny {
			left = append(left, c.ID)
		}
	}
	if !slices.Equal(left, []string{"network.allow:c.example:443"}) {
		t.Errorf("in the plan: %q", left)
	}
}
