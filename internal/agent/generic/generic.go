// Package generic stands for any program: nothing is known of its settings, and
// its output is text.
package generic

import (
	"errors"
	"io"
	"strings"

	"ringwall/internal/agent"
)

// Agent is the policy's own command.
type Agent struct{}

// Describe implements agent.Agent.
func (Agent) Describe() agent.Description {
	return agent.Description{Name: "generic", Title: "a program of the owner's"}
}

// Invocation implements agent.Agent: the command, as it is in the policy. It
// is empty when the request names no command.
func (Agent) Invocation(r agent.Request) []string {
	return append(r.Command[:len(r.Command):len(r.Command)], r.ExtraArgs...)
}

// Files implements agent.Agent: there are none.
func (Agent) Files(agent.Rules) map[string]string { return nil }

// Home implements agent.Agent: it is empty.
func (Agent) Home(string) map[string]string { return nil }

// Parse implements agent.Agent: the result is the end of the output, without
// the blank lines after it.
func (Agent) Parse(r io.Reader) (agent.Result, error) {
	tail := make([]byte, 0, 2*agent.MaxText)
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		tail = append(tail, buf[:n]...)
		if over := len(tail) - agent.MaxText; over > 0 {
			tail = append(tail[:0], tail[over:]...)
		}
		if errors.Is(err, io.EOF) {
			return result(tail), nil
		}
		if err != nil {
			return result(tail), err
		}
	}
}

func result(tail []byte) agent.Result {
	text := strings.TrimRight(agent.Tail(string(tail), agent.MaxText), " \t\r\n")
	return agent.Result{Text: agent.Tail(text, agent.MaxText), Complete: true}
}
