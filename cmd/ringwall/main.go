// Command ringwall puts an unattended coding agent behind five layers of
// defence.
package main

import (
	"os"

	"ringwall/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args)) }
