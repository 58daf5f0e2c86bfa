package policy

import (
	"errors"
	"slices"
	"strings"
)

// CacheNames are the caches of toolchains that a policy can show inside.
func CacheNames() []string {
	return []string{"cargo", "composer", "go-build", "go-modules", "gradle", "maven", "npm", "pip", "pnpm", "uv", "yarn"}
}

func checkCache(name string) error {
	if slices.Contains(CacheNames(), name) {
		return nil
	}
	return errors.New("is no cache that ringwall knows: " + strings.Join(CacheNames(), ", "))
}
