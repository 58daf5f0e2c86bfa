package cli

import (
	"context"
	"errors"
	"fmt"

	"ringwall/internal/evidence"
	"ringwall/internal/plan"
	"ringwall/internal/secret"
)

// secrets reads the values of the plan's credentials. They go to the gateway
// and nowhere else.
func (w *work) secrets() (*secret.Vault, error) {
	v, err := w.reader().Open(context.Background(), w.plan)
	var empty *secret.EmptyError
	switch {
	case errors.As(err, &empty):
		return nil, usage(withHint("set it, or take the credential out of ringwall.toml", "%w", err))
	case err != nil:
		return nil, fmt.Errorf("%s", evidence.Printable(err.Error()))
	}
	return v, nil
}

func (w *work) reader() *secret.Reader {
	return &secret.Reader{Env: w.host.Env, Home: w.host.Home, Project: w.plan.Project,
		Stderr: w.stderr, Warn: func(s string) { fmt.Fprintf(w.stderr, "ringwall: %s\n", evidence.Printable(s)) }}
}

// dropMissingCredentials leaves out those whose value is not there: a command
// other than the agent seldom needs one. A place that may be reached only for
// one of them is left out too: a key of the agent's own could be sent there.
func (w *work) dropMissingCredentials() {
	for _, c := range w.plan.Controls {
		k := c.Want.Credential
		if k == nil || k.FromEnv == "" || w.host.Env[k.FromEnv] != "" {
			continue
		}
		why := "$" + k.FromEnv + " is not set"
		for j, other := range w.plan.Controls {
			e := other.Want.Egress
			if other.ID == c.ID || e != nil && e.Host == k.Host && e.Port == k.Port && e.Intercept && other.From == c.From {
				w.plan.Controls[j].Status, w.plan.Controls[j].Why = plan.Unavailable, why
			}
		}
	}
}
