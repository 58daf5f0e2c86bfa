//go:build !linux

package stage

// Remove returns ErrOnlyLinux.
func Remove(string) error { return ErrOnlyLinux }

// Size returns ErrOnlyLinux.
func Size(string) (bytes int64, whole bool, err error) { return 0, false, ErrOnlyLinux }
