package claude

import (
	"slices"
	"strings"

	"ringwall/internal/agent"
	"ringwall/internal/agent/jsonedit"
	"ringwall/internal/plan"
)

// environment looks at the variables that the settings give to the tool and to
// all that it starts. In an administrator's file the addresses are its owner's.
func (l *linter) environment(env *jsonedit.Value) {
	if !env.Is(jsonedit.Object) || l.managed {
		return
	}
	for _, m := range env.Members {
		problem, why := variable(m.Name, m.Value.Text())
		if problem == "" {
			continue
		}
		layer := plan.Isolation
		if problem == agent.Redirects {
			layer = plan.Network
		}
		l.report(finding{line: m.Line, entry: "env." + m.Name, problem: problem, why: why, layer: layer})
	}
}

// variable judges one; the problem is empty where there is none.
func variable(name, value string) (problem, why string) {
	upper := strings.ToUpper(name)
	switch {
	case value == "":
		return "", ""
	case strings.HasPrefix(name, "ANTHROPIC_") && strings.HasSuffix(name, "_BASE_URL"):
		return agent.Redirects, "it sends the calls to the model, and the key with them, to another address"
	case slices.Contains([]string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}, upper):
		return agent.Redirects, "it sends all calls through another address"
	case slices.Contains([]string{"NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_TLS_REJECT_UNAUTHORIZED"}, name):
		return agent.Redirects, "it changes which servers are believed to be the real ones"
	case strings.HasPrefix(name, "OTEL_EXPORTER_") && strings.HasSuffix(name, "_ENDPOINT"):
		return agent.Redirects, "it sends a record of the work, prompts where they are logged, to this address"
	case name == "ANTHROPIC_CUSTOM_HEADERS":
		return agent.Redirects, "it adds headers to each call to the model, credentials included"
	case slices.Contains([]string{"ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"}, name):
		return agent.Redirects, "it makes the calls those of another account; and a key has no place in a file"
	case name == "IS_SANDBOX":
		return agent.Bypasses, "it lets root run without permissions"
	}
	return loads(name)
}

// loads are the variables by which other programs start programs.
func loads(name string) (problem, why string) {
	if slices.Contains([]string{
		"PATH", "SHELL", "BASH_ENV", "ENV", "PROMPT_COMMAND", "NODE_OPTIONS", "PYTHONPATH", "PYTHONSTARTUP",
		"PERL5OPT", "RUBYOPT", "JAVA_TOOL_OPTIONS", "GIT_SSH_COMMAND", "GIT_EXTERNAL_DIFF", "GIT_PAGER",
		"GIT_EDITOR", "EDITOR", "VISUAL", "PAGER", "CLAUDE_CODE_SHELL", "CLAUDE_CODE_SHELL_PREFIX", "CLAUDE_ENV_FILE",
	}, name) || strings.HasPrefix(name, "LD_") || strings.HasPrefix(name, "DYLD_") || strings.HasPrefix(name, "GIT_CONFIG") {
		return agent.Executes, "an allowed program starts, or loads, what this variable names"
	}
	return "", ""
}
