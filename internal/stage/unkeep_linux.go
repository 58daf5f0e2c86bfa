package stage

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Unkeep takes Keep's mark off: what it was kept for is over. That there is none
// is no error.
func Unkeep(d Dirs) error {
	t, err := openTree(d.Iter)
	if err != nil {
		return fmt.Errorf("unkeep the changes: %w", err)
	}
	defer t.close()
	if err := unix.Unlinkat(t.fd, keptName, 0); err != nil && err != unix.ENOENT {
		return fmt.Errorf("unkeep the changes: %w", err)
	}
	return nil
}
