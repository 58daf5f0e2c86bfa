//go:build !linux

package cli

import "github.com/spf13/cobra"

// setupCommand is there to say why it cannot be used.
func (e *env) setupCommand() *cobra.Command {
	return onlyLinux("setup", "Prepare this machine, once, for the strongest form of identity")
}
