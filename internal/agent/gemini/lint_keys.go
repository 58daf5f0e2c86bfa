package gemini

import (
	"net"
	"net/url"
	"strings"

	"ringwall/internal/agent"
	"ringwall/internal/agent/jsonedit"
	"ringwall/internal/plan"
)

// settingRow is one setting that can be wrong by itself.
type settingRow struct {
	path                 []string
	bad                  func(*jsonedit.Value) bool
	owners               bool // an administrator may well want it
	problem, why, better string
	layer                plan.LayerID
}

func (r settingRow) name() string { return strings.Join(r.path, ".") }

// key makes the path of a dotted name.
func key(name string) []string { return strings.Split(name, ".") }

func is(kinds ...jsonedit.Kind) func(*jsonedit.Value) bool {
	return func(v *jsonedit.Value) bool {
		for _, k := range kinds {
			if v.Is(k) {
				return true
			}
		}
		return false
	}
}

func text(values ...string) func(*jsonedit.Value) bool {
	return func(v *jsonedit.Value) bool {
		for _, s := range values {
			if v.Is(jsonedit.String) && v.Text() == s {
				return true
			}
		}
		return false
	}
}

// filled: a text, or a list, with something in it.
func filled(v *jsonedit.Value) bool {
	return v.Is(jsonedit.String) && v.Text() != "" || v.Is(jsonedit.Array) && len(v.Elements) > 0
}

// elsewhere: an address that is not this machine's.
func elsewhere(v *jsonedit.Value) bool {
	u, err := url.Parse(v.Text())
	if err != nil {
		return true
	}
	host := u.Hostname()
	ip := net.ParseIP(host)
	return filled(v) && host != "localhost" && (ip == nil || !ip.IsLoopback())
}

func settingRows() []settingRow {
	yes, no := is(jsonedit.True), is(jsonedit.False)
	const starts = "a program that Gemini CLI starts by itself, past every rule"
	return []settingRow{
		{path: key("general.defaultApprovalMode"), bad: text("auto_edit"), problem: agent.TooBroad, layer: plan.Isolation, better: `"default"`,
			why: "every edit is made without a question, of files that steer the next start too"},
		{path: key("general.defaultApprovalMode"), bad: text("yolo"), problem: agent.Ineffective, better: `"default"`,
			why: "this mode can be asked for on the command line only"},
		{path: key("security.disableYoloMode"), bad: no, problem: agent.Bypasses, better: "true", layer: plan.Isolation,
			why: "--yolo switches every question off"},
		{path: key("security.disableYoloMode"), bad: is(jsonedit.String, jsonedit.Number), problem: agent.Malformed, better: "true",
			why: "it takes true or false"},
		{path: key("security.folderTrust.enabled"), bad: no, problem: agent.Widens, better: "true", layer: plan.Isolation,
			why: "the settings, hooks, servers and variables of every folder are loaded unasked"},
		{path: key("security.enablePermanentToolApproval"), bad: yes, problem: agent.Widens, better: "false", layer: plan.Isolation,
			why: "one answer to a question becomes a rule for good"},
		{path: key("security.autoAddToPolicyByDefault"), bad: yes, problem: agent.Widens, better: "false", layer: plan.Isolation,
			why: "an answer to a question becomes a rule for good unless one looks"},
		{path: key("mcp.autoAllowInHeadless"), bad: yes, problem: agent.Bypasses, better: "false", layer: plan.Isolation,
			why: "without a person, every tool of every server runs"},
		{path: key("mcp.serverCommand"), bad: filled, owners: true, problem: agent.Executes, why: starts, layer: plan.Isolation},
		{path: key("tools.discoveryCommand"), bad: filled, owners: true, problem: agent.Executes, why: starts, layer: plan.Isolation},
		{path: key("tools.callCommand"), bad: filled, owners: true, problem: agent.Executes, why: starts, layer: plan.Isolation},
		{path: key("adminPolicyPaths"), bad: filled, owners: true, problem: agent.Widens, layer: plan.Isolation,
			why: "the rules there win over all others, and nobody asks who owns them"},
		{path: key("policyPaths"), bad: filled, owners: true, problem: agent.Widens, layer: plan.Isolation,
			why: "the rules there stand in the place of the user's own"},
		{path: key("telemetry.otlpEndpoint"), bad: elsewhere, owners: true, problem: agent.Redirects, layer: plan.Network,
			why: "what the agent is told and does is sent there"},
		{path: key("experimental.extensionRegistryURI"), bad: filled, owners: true, problem: agent.Redirects, layer: plan.Network,
			why: "extensions, which are programs, come from there"},
	}
}
