package codex

import (
	"io"
	"strings"

	"ringwall/internal/agent"
)

// Refused implements agent.RefusalReader. A line of a refused command is
//
//	TIME ERROR codex_core::tools::router: error=exec_command failed:
//	CreateProcess { message: "Rejected(\"`/bin/sh -c 'curl x'` rejected: WHY\")" }
//
// and for a rule that wants a person to be asked, it does not name the command.
func (Agent) Refused(stderr io.Reader) ([]agent.Denial, error) {
	var out []agent.Denial
	_, err := agent.Lines(stderr, func(line []byte) {
		if d, ok := refusal(string(line)); ok && len(out) < maxDenials {
			out = append(out, d)
		}
	})
	return out, err
}

func refusal(line string) (agent.Denial, bool) {
	_, rest, ok := strings.Cut(line, " ERROR codex_core::tools::router: error=")
	if !ok {
		return agent.Denial{}, false
	}
	tool, rest, ok := strings.Cut(rest, " failed")
	if !ok {
		return agent.Denial{}, false
	}
	_, what, ok := strings.Cut(rest, `Rejected(\"`)
	if !ok {
		return agent.Denial{}, false
	}
	if end := strings.LastIndex(what, "` rejected: "); end > 0 && what[0] == '`' {
		what = what[1:end]
	}
	what = strings.TrimSuffix(strings.TrimSpace(what), `\")" }`)
	return agent.Denial{Tool: agent.Head(tool, 64), Input: agent.Head(what, maxInput)}, true
}
