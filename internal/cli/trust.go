package cli

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"ringwall/internal/agent/catalog"
	"ringwall/internal/evidence"
	"ringwall/internal/host"
	"ringwall/internal/policy"
)

func (e *env) trustCommand() *cobra.Command {
	var revoke bool
	c := &cobra.Command{
		Use:   "trust",
		Short: "Approve the project's policy as it is now",
		Long: "Approve the exact content of the project's ringwall.toml. Nothing runs under a policy\n" +
			"that was not approved, or that changed since.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error { return e.trust(revoke) },
	}
	c.Flags().BoolVar(&revoke, "revoke", false, "take the approval back")
	return c
}

func (e *env) trust(revoke bool) error {
	h, err := host.Basics(e.vars)
	if err != nil {
		return err
	}
	dir, err := e.find(policy.FileName)
	if err != nil {
		return err
	}
	store := policy.NewStore(filepath.Join(h.StateDir, "trust.json"))
	real := realPath(dir)
	if revoke {
		if err := store.Revoke(real); err != nil {
			return err
		}
		fmt.Fprintf(e.out, "no longer approved: %s\n", evidence.Printable(filepath.Join(real, policy.FileName)))
		return nil
	}
	// What does not parse is not approved: a person would learn of it at night.
	p, raw, err := policy.Load(filepath.Join(dir, policy.FileName))
	if err == nil {
		err = p.CheckAgent(catalog.Names())
	}
	if err != nil {
		return usage(err)
	}
	if err := store.Approve(real, raw); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "approved: %s\nsha256: %s\n", evidence.Printable(filepath.Join(real, policy.FileName)), policy.Digest(raw))
	return nil
}
