//go:build linux

// Command ringwall-init is the first process inside a sandbox. It is embedded
// in ringwall and of no use on its own.
package main

import (
	"os"

	"ringwall/internal/backend/native/child"
)

func main() { child.Main(os.Args) }
