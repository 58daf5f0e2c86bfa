package host

import (
	"errors"
	"strings"
)

// AppArmorProfile is a profile for the program at an absolute path that allows
// it what Ubuntu allows no program without one: user namespaces. It restricts
// nothing; ringwall does that by itself.
func AppArmorProfile(program string) (string, error) {
	if !strings.HasPrefix(program, "/") {
		return "", errors.New("a profile takes an absolute path")
	}
	var path strings.Builder
	for _, r := range program {
		switch {
		case r < ' ' || r == 0x7f || r == '\uFFFD':
			return "", errors.New("the program's path has a character that a profile cannot hold")
		case strings.ContainsRune(`*?[]{}^"\`, r):
			path.WriteByte('\\')
		}
		path.WriteRune(r)
	}
	return `abi <abi/4.0>,

profile ringwall "` + path.String() + `" flags=(unconfined) {
  userns,

  include if exists <local/ringwall>
}
`, nil
}
