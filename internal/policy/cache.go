package policy

import (
	"errors"
	"path"
	"path/filepath"
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

// checkHome takes one folder below the agent's home. The whole home would carry
// along whatever the tools there act by.
func checkHome(s string) error {
	if !filepath.IsLocal(s) || path.Clean(s) != s || s == "." || strings.ContainsAny(s, "*?[\\\x00\n") {
		return errors.New(quote(s) + " is not a folder below the agent's home, such as \".claude/projects\"")
	}
	return nil
}
