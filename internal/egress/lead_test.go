package egress

import (
	"context"
	"net/netip"
	"slices"
	"testing"

	"ringwall/internal/plan"
)

// TestNamesThatLeadInside: a name reaches a private address only where a rule
// covers that address and that port, and never one that is denied, public or
// not. Whatever else the name resolves to is left out (NET-10, NET-11).
func TestNamesThatLeadInside(t *testing.T) {
	name := allow("api.example.com", 2222)
	for what, c := range map[string]struct {
		controls []plan.Control
		resolved []string
		want     []string
	}{
		"no rule":                {nil, []string{"10.1.2.3"}, nil},
		"its address":            {[]plan.Control{allow("10.1.2.3", 2222)}, []string{"10.1.2.3", "10.1.2.4"}, []string{"10.1.2.3:2222"}},
		"its range":              {[]plan.Control{allow("10.1.0.0/16", 2222)}, []string{"127.0.0.1", "10.1.2.3"}, []string{"10.1.2.3:2222"}},
		"another port":           {[]plan.Control{allow("10.1.0.0/16", 8080)}, []string{"10.1.2.3"}, nil},
		"denied in the range":    {[]plan.Control{allow("10.1.0.0/16", 2222), deny("10.1.2.0/24", 0)}, []string{"10.1.2.3", "10.1.3.3"}, []string{"10.1.3.3:2222"}},
		"denied and public":      {[]plan.Control{deny("93.184.0.0/16", 0)}, []string{"93.184.216.34"}, nil},
		"denied on another port": {[]plan.Control{deny("93.184.0.0/16", 25)}, []string{"93.184.216.34"}, []string{"93.184.216.34:2222"}},
		"mapped":                 {[]plan.Control{allow("10.1.0.0/16", 2222)}, []string{"::ffff:10.1.2.3"}, nil},
		"names' own addresses":   {[]plan.Control{allow("198.0.0.0/8", 2222)}, []string{"198.18.0.1"}, nil},
	} {
		r := newRig(t, echo(t), append(c.controls, name)...)
		r.cfg.Resolve = func(context.Context, string) (out []netip.Addr, err error) {
			for _, s := range c.resolved {
				out = append(out, mustAddr(s))
			}
			return out, nil
		}
		r.start(t)
		got := send(t, dialTest(t, r.address(t, "api.example.com", 2222)), []byte("\x00x"))
		var dialed []string
		for _, a := range r.dials() {
			dialed = append(dialed, a.String())
		}
		if !slices.Equal(dialed, c.want) || (got == "\x00x") != (c.want != nil) {
			t.Errorf("%s: dialled %v, answer %q", what, dialed, got)
		}
		r.Close()
	}
}
