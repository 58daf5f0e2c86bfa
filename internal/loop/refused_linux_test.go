package loop

import (
	"bufio"
	"io"
	"slices"
	"strings"
	"testing"

	"ringwall/internal/agent"
	"ringwall/internal/agent/generic"
	"ringwall/internal/backend"
)

// complainer tells on standard error what it refused, a line each.
type complainer struct{ generic.Agent }

func (complainer) Refused(stderr io.Reader) ([]agent.Denial, error) {
	var out []agent.Denial
	for s := bufio.NewScanner(stderr); s.Scan(); {
		if tool, ok := strings.CutPrefix(s.Text(), "refused "); ok {
			out = append(out, agent.Denial{Tool: tool})
		}
	}
	return out, nil
}

// TestRefusalsOnStandardError: an agent that tells them there has them in the
// record, and one that does not is not read for them.
func TestRefusalsOnStandardError(t *testing.T) {
	for _, c := range []struct {
		agent agent.Agent
		want  []string
	}{{complainer{}, []string{"shell"}}, {generic.Agent{}, nil}} {
		r := newRig(t, func(_ int, _ string, s IO) backend.Result {
			io.WriteString(s.Stderr, "warning\nrefused shell\n")
			io.WriteString(s.Stdout, "DONE\n")
			return backend.Result{}
		})
		r.Agent = c.agent
		r.run(t)
		var got []string
		for _, e := range r.memory.Events() {
			if e.AgentResult != nil {
				got = append(got, e.AgentResult.Denied...)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%T: %q", c.agent, got)
		}
	}
}
