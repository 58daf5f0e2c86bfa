package isolation

import (
	"slices"
	"testing"

	"ringwall/internal/host"
	"ringwall/internal/plan"
	"ringwall/internal/policy"
)

// TestCachesAreThoseOfThePolicy: every name that a policy may list is a folder,
// and no other.
func TestCachesAreThoseOfThePolicy(t *testing.T) {
	var names []string
	for _, d := range cacheDirs() {
		names = append(names, d.name)
	}
	if !slices.Equal(names, policy.CacheNames()) {
		t.Errorf("%q, the policy knows %q", names, policy.CacheNames())
	}
}

func TestWhereCachesAre(t *testing.T) {
	at := func(name string, env map[string]string) string {
		for _, d := range cacheDirs() {
			if d.name == name {
				return d.source(host.Facts{Home: "/home/o", Env: env})
			}
		}
		return ""
	}
	for _, c := range []struct {
		name string
		env  map[string]string
		want string
	}{
		{"go-modules", nil, "/home/o/go/pkg/mod"},
		{"go-modules", map[string]string{"GOPATH": "/a:/b"}, "/a/pkg/mod"},
		{"go-modules", map[string]string{"GOPATH": "/a", "GOMODCACHE": "/m"}, "/m"},
		{"go-build", map[string]string{"XDG_CACHE_HOME": "/x"}, "/x/go-build"},
		{"npm", map[string]string{"npm_config_cache": "/n"}, "/n/_cacache"},
		{"maven", map[string]string{"XDG_CACHE_HOME": "/x"}, "/home/o/.m2/repository"},
	} {
		if got := at(c.name, c.env); got != c.want {
			t.Errorf("%s with %v: %s, want %s", c.name, c.env, got, c.want)
		}
	}
}

// TestCacheApartFromTheProject: a cache in the project would be shown twice, and
// one that holds it would show what is hidden there.
func TestCacheApartFromTheProject(t *testing.T) {
	for _, c := range []struct {
		dir  string
		want plan.Status
	}{
		{"/elsewhere", plan.Enforced}, {"/home/o/project/cache", plan.Unavailable}, {"/home/o", plan.Unavailable}, {"relative", plan.Unavailable},
	} {
		in := &compiler{host: host.Facts{Home: "/home/o", Env: map[string]string{"GOCACHE": c.dir}, Overlay: host.Ability{OK: true}}}
		in.project.Path = "/home/o/project"
		in.policy.Workspace.Caches = []string{"go-build"}
		in.caches()
		if got := in.controls[0]; got.Status != c.want || got.Must {
			t.Errorf("%s: %+v", c.dir, got)
		}
	}
}
