package isolation

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"ringwall/internal/host"
	"ringwall/internal/plan"
)

// cacheDir is where a toolchain keeps what it has fetched or built. A download
// cache holds what the owner's other projects use too, and go-build what they
// are built from: whoever lists one shows it.
type cacheDir struct {
	name string
	vars []variable // the first that is set tells where it is
	home string     // else, below the owner's home folder; and inside, below the run's
}

// variable leads to the cache: the folder that it names, and below is in it.
type variable struct{ name, below string }

func cacheDirs() []cacheDir {
	return []cacheDir{
		{"cargo", []variable{{"CARGO_HOME", "registry"}}, ".cargo/registry"},
		{"composer", []variable{{"COMPOSER_CACHE_DIR", ""}, {"XDG_CACHE_HOME", "composer"}}, ".cache/composer"},
		{"go-build", []variable{{"GOCACHE", ""}, {"XDG_CACHE_HOME", "go-build"}}, ".cache/go-build"},
		{"go-modules", []variable{{"GOMODCACHE", ""}, {"GOPATH", "pkg/mod"}}, "go/pkg/mod"},
		{"gradle", []variable{{"GRADLE_USER_HOME", "caches"}}, ".gradle/caches"},
		{"maven", nil, ".m2/repository"},
		{"npm", []variable{{"npm_config_cache", "_cacache"}}, ".npm/_cacache"},
		{"pip", []variable{{"PIP_CACHE_DIR", ""}, {"XDG_CACHE_HOME", "pip"}}, ".cache/pip"},
		{"pnpm", []variable{{"PNPM_HOME", "store"}, {"XDG_DATA_HOME", "pnpm/store"}}, ".local/share/pnpm/store"},
		{"uv", []variable{{"UV_CACHE_DIR", ""}, {"XDG_CACHE_HOME", "uv"}}, ".cache/uv"},
		{"yarn", []variable{{"YARN_CACHE_FOLDER", ""}, {"XDG_CACHE_HOME", "yarn"}}, ".cache/yarn"},
	}
}

// caches shows those that the policy lists.
func (c *compiler) caches() {
	for _, d := range cacheDirs() {
		if i := slices.Index(c.policy.Workspace.Caches, d.name); i >= 0 {
			c.cache(d, c.policy.Where(fmt.Sprintf("workspace.caches[%d]", i)))
		}
	}
}

func (c *compiler) cache(d cacheDir, from string) {
	op := plan.Op{Cache: &plan.Cache{Name: d.name, Source: d.source(c.host), Target: Home + "/" + d.home}}
	can := c.host.Overlay
	switch {
	case c.user().Form == FormAccount:
		can = host.Ability{Why: "the agent has an account of its own, which cannot read its owner's caches"}
	case !can.OK:
	case !path.IsAbs(op.Cache.Source) || within(op.Cache.Source, c.project.Path) || within(c.project.Path, op.Cache.Source):
		can = host.Ability{Why: op.Cache.Source + " is no folder apart from the project"}
	}
	c.add("cache:"+d.name, op, can, from)
	// Without it the work takes longer, and nothing is less safe.
	c.controls[len(c.controls)-1].Must = false
}

// source is where the owner's is.
func (d cacheDir) source(h host.Facts) string {
	for _, v := range d.vars {
		// GOPATH is a list, and modules are in the first of it.
		if dir, _, _ := strings.Cut(h.Env[v.name], ":"); dir != "" {
			return path.Join(dir, v.below)
		}
	}
	return path.Join(h.Home, d.home)
}
