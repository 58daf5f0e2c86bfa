// Package learn turns what a run asked for in vain into what its owner could
// add to the policy. It is pure, writes nothing, and proposes the smallest
// entries: exact hosts, ports and methods.
//
// All that it reads was chosen by what ran inside. A proposal is for a person
// to read, and none of it has any effect by itself.
package learn

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"ringwall/internal/evidence"
	"ringwall/internal/plan"
)

// Bounds of what one run can ask for.
const (
	maxPlaces = 500
	maxPaths  = 5 // shown of one place
)

// Place is one destination that was asked for and is not allowed.
type Place struct {
	Host    string   `json:"host"`
	Port    int      `json:"port"` // 0: only the name was asked for
	Methods []string `json:"methods"`
	Paths   []string `json:"paths"` // the first ones, for whoever reads it
	Count   int      `json:"count"`
}

// Seen gathers what was asked for. The zero value is ready.
type Seen struct {
	places []*Place
	names  map[string]string // by the address that stands for them inside
	tools  []string
	More   int // places beyond what is kept
}

// Add takes an event that is about something asked for in vain.
func (s *Seen) Add(n evidence.Needed) {
	host, err := plan.CanonicalHost(n.Host)
	switch {
	case n.Tool != "":
		if word(n.Tool, "abcdefghijklmnopqrstuvwxyz0123456789+._-") && !slices.Contains(s.tools, n.Tool) && len(s.tools) < maxPlaces {
			s.tools = append(s.tools, n.Tool)
		}
	case err != nil || n.Port < 0 || n.Port > 65535:
	case n.Port == 0:
		s.name(host, n.Address)
		s.place(host, 0)
	default:
		s.place(host, n.Port).add(n)
	}
}

func (s *Seen) name(host, address string) {
	if s.names == nil {
		s.names = map[string]string{}
	}
	if address != "" && len(s.names) < 2*maxPlaces {
		s.names[address] = host
	}
}

// Connect takes a connection that the kernel refused, to an address as the
// sandbox has it: one that stands for a name is that name's.
func (s *Seen) Connect(to netip.AddrPort) {
	host := to.Addr().Unmap().String()
	if name, ok := s.names[host]; ok {
		host = name
	}
	s.place(host, int(to.Port())).Count++
}

// place finds or makes an entry. A name of which the port is known by now is
// not asked for by itself any more.
func (s *Seen) place(host string, port int) *Place {
	for _, p := range s.places {
		if p.Host == host && (p.Port == port || p.Port == 0) {
			p.Port = cmp.Or(p.Port, port)
			return p
		}
		if p.Host == host && port == 0 {
			return p
		}
	}
	p := &Place{Host: host, Port: port, Methods: []string{}, Paths: []string{}}
	if len(s.places) >= maxPlaces {
		s.More++
		return p
	}
	s.places = append(s.places, p)
	return p
}

func (p *Place) add(n evidence.Needed) {
	p.Count++
	if word(n.Method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") && !slices.Contains(p.Methods, n.Method) && len(p.Methods) < maxPaths {
		p.Methods = append(p.Methods, n.Method)
	}
	if n.Path != "" && !slices.Contains(p.Paths, n.Path) && len(p.Paths) < maxPaths {
		p.Paths = append(p.Paths, n.Path)
	}
}

// word tells whether a text is a short one of certain characters.
func word(s, of string) bool { return s != "" && len(s) <= 64 && strings.Trim(s, of) == "" }

// Places are all that was asked for, in order of their names.
func (s *Seen) Places() []Place {
	out := make([]Place, 0, len(s.places))
	for _, p := range s.places {
		out = append(out, *p)
	}
	slices.SortStableFunc(out, func(a, b Place) int {
		return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.Port, b.Port))
	})
	return out
}

// Tools are the programs that were started in vain.
func (s *Seen) Tools() []string { return slices.Sorted(slices.Values(s.tools)) }
