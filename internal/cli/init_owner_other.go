//go:build !unix

package cli

import (
	"io/fs"
	"os"
)

// keepOwner has nothing to keep: who may use a file is inherited.
func keepOwner(*os.Root, string, fs.FileInfo) error { return nil }
