//go:build !linux

package cli

import (
	"runtime"

	"github.com/spf13/cobra"
)

// runCommand is there to say why it cannot be used.
func (e *env) runCommand() *cobra.Command { return onlyLinux("run", "Run one command, confined") }

// learnCommand is there to say why it cannot be used.
func (e *env) learnCommand() *cobra.Command {
	return onlyLinux("learn", "Run one command, confined, and tell what the policy would have to allow")
}

// loopCommand is there to say why it cannot be used.
func (e *env) loopCommand() *cobra.Command {
	return onlyLinux("loop", "Run the policy's agent, unattended, until done or capped")
}

func onlyLinux(name, short string) *cobra.Command {
	return &cobra.Command{Use: name, Short: short, DisableFlagParsing: true,
		RunE: func(*cobra.Command, []string) error {
			return exit(exitNotStarted, withHint("run it on Linux, or in a Linux virtual machine",
				"ringwall confines on Linux only; %s has no namespaces", runtime.GOOS))
		}}
}
