package why

import (
	"net/netip"
	"path"
	"slices"
	"strings"

	"ringwall/internal/kernel/callname"
	"ringwall/internal/plan"
)

// Kinds lists what a question could mean, the one that is taken first. The
// rule: a URL is a host; what has a slash or begins with "~" or "." is a path;
// what has a colon or is an address is a host. Of a plain word, a limit counts
// before a system call, that before a tool, that before a file that is there,
// that before a name with a dot as a host. Anything else is a path.
func (w World) Kinds(what string) []Kind {
	switch {
	case strings.Contains(what, "://"):
		return []Kind{Host}
	case strings.Contains(what, "/"), strings.HasPrefix(what, "~"), strings.HasPrefix(what, "."), what == "":
		return []Kind{Path}
	}
	var out []Kind
	for _, c := range []struct {
		kind Kind
		is   bool
	}{
		{Host, strings.Contains(what, ":") || isAddress(what) || what == "localhost"},
		{Limit, w.isLimit(what)},
		{Syscall, callname.Known(what)},
		{Tool, w.isTool(what)},
		{Path, w.isNamed(what)},
		{Host, dotted(what) && !w.isNamed(what)},
		{Path, true},
	} {
		if c.is && !slices.Contains(out, c.kind) {
			out = append(out, c.kind)
		}
	}
	if len(out) > 1 && !w.isNamed(what) {
		// That any word could be a new file's name is not worth saying.
		out = slices.DeleteFunc(out, func(k Kind) bool { return k == Path })
	}
	return out
}

func isAddress(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

// dotted tells whether a word could be the name of a host on the internet.
func dotted(s string) bool {
	_, err := plan.CanonicalHost(s)
	return err == nil && strings.Contains(strings.TrimSuffix(s, "."), ".")
}

func (w World) isLimit(name string) bool {
	return slices.ContainsFunc(w.Plan.Controls, func(c plan.Control) bool {
		return c.Want.Limit != nil && c.Want.Limit.Resource == name
	})
}

func (w World) isTool(name string) bool {
	if _, found := w.find(name); found {
		return true
	}
	_, stubbed := w.stub(name)
	return stubbed || slices.Contains(w.tools().Allow, name) || w.Risky != nil && w.Risky(name) != ""
}

// isNamed tells whether a path is there, or the plan has a word on it.
func (w World) isNamed(what string) bool {
	p := path.Join(w.Dir, what)
	if w.look(p).Exists {
		return true
	}
	return slices.ContainsFunc(w.Plan.Controls, func(c plan.Control) bool {
		g, m := c.Want.Guardrail, c.Want.Mask
		return g != nil && path.Join(w.Plan.Project, g.Path) == p || m != nil && path.Join(w.Plan.Project, m.Path) == p
	})
}

func (w World) look(p string) Entry {
	if w.Look == nil {
		return Entry{}
	}
	return w.Look(p)
}
