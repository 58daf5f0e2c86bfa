//go:build linux

// Command ringwall-init is the first process inside a sandbox. It is embedded
// in ringwall and of no use on its own: scripts/build links it with an entry
// point of its own, past Go's runtime.
package main

import "ringwall/internal/kernel/child"

func main() { child.Entry() }
