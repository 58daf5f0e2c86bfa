package network

import (
	"testing"

	"ringwall/internal/agent/codex"
	"ringwall/internal/policy"
)

// TestOwnKeyKeepsThePath: a host that stands in for the agent's service is asked
// under that service's path; one for another key is not.
func TestOwnKeyKeepsThePath(t *testing.T) {
	for text, want := range map[string]string{
		`host = "http://127.0.0.1:8080"` + "\nkey_env = \"OPENAI_API_KEY\"": "http://127.0.0.1:7081/v1",
		`host = "api.openai.com"`: "http://127.0.0.1:7081/v1",
		`host = "http://127.0.0.1:8080"` + "\nkey_env = \"OTHER_KEY\"\nbase_url_env = \"OTHER\"\nheader = \"x-key\"": "http://127.0.0.1:7081",
		`host = "api.openai.com"` + "\nintercept = true":                                                             "",
	} {
		p, err := policy.Parse(policy.FileName, []byte("version = 1\nagent = \"codex\"\n[[credential]]\nname = \"k\"\nfrom = { env = \"MINE\" }\n"+text+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		controls, err := credentials(p, codex.Agent{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := controls[0].Want.Credential.BaseURL(); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
