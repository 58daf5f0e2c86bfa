//go:build !unix

package project

import "io/fs"

// identity is not known on this system.
func identity(fs.FileInfo) (dev, ino, links uint64) { return 0, 0, 0 }

// writable is not known on this system; a failure to write tells it later.
func writable(string) bool { return true }
