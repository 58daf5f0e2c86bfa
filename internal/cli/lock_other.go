//go:build !unix

package cli

import (
	"errors"
	"os"
)

func lockFile(string) (*os.File, error) {
	return nil, errors.New("runs are only made on Linux")
}
