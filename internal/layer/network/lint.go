package network

import (
	"fmt"
	"strings"

	"golang.org/x/net/publicsuffix"

	"ringwall/internal/plan"
	"ringwall/internal/policy"
)

// shared is a host, or all below it, where strangers can put and read things:
// a name on the allowlist says nothing about who receives what is sent there.
type shared struct {
	host   string
	below  bool // names below it as well
	reason string
}

func sharedHosts() []shared {
	const (
		code   = "anyone has repositories there: whoever holds any account's token can send data out by a push, an issue or a gist"
		store  = "an object store: anyone can have a bucket that takes uploads"
		paste  = "anyone can leave a text there without an account"
		tunnel = "anyone can put a server of their own below this name"
		hook   = "it shows every request to whoever made the address"
		model  = "anyone can upload there with a key of their own; a [[credential]] for it works without an entry here"
		spelt  = "the name decides the address, so whoever asks does"
		meta   = "the metadata service of a cloud: it gives out credentials of the machine"
	)
	return []shared{
		{"github.com", false, code}, {"api.github.com", false, code}, {"gist.github.com", false, code},
		{"uploads.github.com", false, code}, {"githubusercontent.com", true, code}, {"github.io", true, tunnel},
		{"gitlab.com", false, code}, {"bitbucket.org", false, code}, {"codeberg.org", false, code}, {"huggingface.co", true, code},
		{"amazonaws.com", true, store}, {"storage.googleapis.com", true, store}, {"firebaseio.com", true, store},
		{"blob.core.windows.net", true, store}, {"r2.cloudflarestorage.com", true, store}, {"r2.dev", true, store},
		{"digitaloceanspaces.com", true, store}, {"backblazeb2.com", true, store}, {"dropbox.com", true, store},
		{"pastebin.com", true, paste}, {"transfer.sh", true, paste}, {"file.io", true, paste}, {"0x0.st", true, paste},
		{"termbin.com", true, paste}, {"ix.io", true, paste}, {"paste.rs", true, paste}, {"dpaste.com", true, paste},
		{"ngrok.io", true, tunnel}, {"ngrok-free.app", true, tunnel}, {"ngrok.app", true, tunnel}, {"trycloudflare.com", true, tunnel},
		{"localtunnel.me", true, tunnel}, {"loca.lt", true, tunnel}, {"serveo.net", true, tunnel}, {"localhost.run", true, tunnel},
		{"workers.dev", true, tunnel}, {"pages.dev", true, tunnel}, {"vercel.app", true, tunnel}, {"netlify.app", true, tunnel},
		{"herokuapp.com", true, tunnel}, {"onrender.com", true, tunnel}, {"run.app", true, tunnel}, {"web.app", true, tunnel},
		{"appspot.com", true, tunnel}, {"azurewebsites.net", true, tunnel}, {"cloudfront.net", true, tunnel}, {"fly.dev", true, tunnel},
		{"nip.io", true, spelt}, {"sslip.io", true, spelt}, {"xip.io", true, spelt}, {"traefik.me", true, spelt},
		{"localtest.me", true, spelt}, {"lvh.me", true, spelt}, {"vcap.me", true, spelt}, {"rbndr.us", true, spelt},
		{"webhook.site", true, hook}, {"pipedream.net", true, hook}, {"requestbin.com", true, hook},
		{"oast.fun", true, hook}, {"interact.sh", true, hook}, {"hooks.slack.com", false, hook}, {"discord.com", false, hook},
		{"api.telegram.org", false, hook},
		{"api.anthropic.com", false, model}, {"api.openai.com", false, model},
		{"169.254.169.254", false, meta}, {"fd00:ec2::254", false, meta}, {"100.100.100.200", false, meta},
		{"168.63.129.16", false, meta}, {"192.0.0.192", false, meta}, {"metadata.google.internal", false, meta},
		{"instance-data.ec2.internal", false, meta}, {"metadata.azure.com", false, meta},
	}
}

// Lint warns of allowed hosts that strangers can write to, or that are more
// than their name says. A warning stops nothing: each such host has good uses.
// The host of a credential is not told, because the gateway puts the owner's
// own key into what is sent there.
func Lint(p policy.Policy) []string {
	if p.Network.Mode == policy.None {
		return nil
	}
	var out []string
	for i, entry := range p.Network.Allow {
		out = append(out, lintEntry(p, fmt.Sprintf("network.allow[%d]", i), policy.Rule{Host: entry})...)
	}
	for i, r := range p.Network.Rules {
		out = append(out, lintEntry(p, fmt.Sprintf("network.rule[%d]", i), r)...)
	}
	return out
}

func lintEntry(p policy.Policy, key string, r policy.Rule) []string {
	t, err := policy.ParseTarget(r.Host)
	if err != nil {
		return nil // a preset
	}
	if _, denied := p.Denies(t); denied {
		return nil // Shadowed tells
	}
	hosts, err := plan.ParseHostSet(t.Host)
	if err != nil {
		return nil
	}
	if why := reason(hosts, r); why != "" {
		return []string{fmt.Sprintf("%s: %s: %s", p.Where(key), t.Host, why)}
	}
	return nil
}

// reason says why a set of hosts is more than it looks; empty: it is not. What
// is known of a host counts before what is true of every pattern.
func reason(hosts plan.HostSet, r policy.Rule) string {
	for _, s := range sharedHosts() {
		switch {
		case hosts.Has(s.host) && !hosts.Exact():
			return "it holds " + s.host + ": " + s.reason
		case hosts.Has(s.host), s.below && strings.HasSuffix("."+strings.TrimPrefix(hosts.String(), "*."), "."+s.host):
			return s.reason
		}
	}
	base := hosts.Below()
	switch suffix, registry := publicsuffix.PublicSuffix(base); {
	case base == "":
		return ""
	case suffix == base && !registry:
		return "anyone can have a name, and so a server, below it"
	case r.Methods != nil:
		return ""
	}
	return "whoever can make a name below it receives what is sent there; write the names that are needed, if they are known"
}
