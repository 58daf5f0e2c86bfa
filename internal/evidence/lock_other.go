//go:build !unix

package evidence

import "os"

// lock does nothing where there is no flock: runs, and so writers, exist on
// Unix only; elsewhere journals are read.
func lock(*os.File) error { return nil }

// syncDir does nothing where a folder cannot be opened for that.
func syncDir(string) error { return nil }
