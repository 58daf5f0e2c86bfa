package apart

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"ringwall/internal/egress"
	"ringwall/internal/egress/authority"
	"ringwall/internal/egress/tripwire"
	"ringwall/internal/plan"
)

// wireVersion changes with the protocol: supervisor and gateway are the same
// program, unless it was replaced in between.
const wireVersion = 1

// start is all that the gateway is told.
type start struct {
	Version      int                 `json:"version"`
	Plan         json.RawMessage     `json:"plan"`
	Secrets      map[string][]byte   `json:"secrets,omitempty"`
	Placeholders map[string][]byte   `json:"placeholders,omitempty"`
	Sockets      []egress.SocketSpec `json:"sockets"`
	Authority    []byte              `json:"authority,omitempty"` // with its key
	Roots        []byte              `json:"roots,omitempty"`
	Refresh      bool                `json:"refresh,omitempty"` // a credential can be asked for again
	Decoys       []tripwire.Value    `json:"decoys,omitempty"`
}

// newStart leaves out of the plan what is not the gateway's business.
func newStart(cfg egress.Config, specs []egress.SocketSpec) (*start, error) {
	p := cfg.Plan
	p.Command, p.Controls = nil, networkControls(p)
	b, err := p.Canonical()
	if err != nil {
		return nil, err
	}
	s := &start{Version: wireVersion, Plan: b, Secrets: inBytes(cfg.Secrets), Placeholders: inBytes(cfg.Placeholders), Sockets: specs,
		Roots: cfg.Roots, Refresh: cfg.Refresh != nil, Decoys: cfg.Decoys}
	if cfg.Authority != nil {
		own, ok := cfg.Authority.(*authority.Authority)
		if !ok {
			return nil, errors.New("an authority that cannot go to another process")
		}
		s.Authority, err = own.Marshal()
	}
	return s, err
}

// forget overwrites what would do harm in other hands, where it can be.
func (s *start) forget() {
	clear(s.Authority)
	for _, secret := range s.Secrets {
		clear(secret)
	}
}

// inBytes keeps values that are no UTF-8 as they are.
func inBytes(m map[string]string) map[string][]byte {
	out := make(map[string][]byte, len(m))
	for k, v := range m {
		out[k] = []byte(v)
	}
	return out
}

func inText(m map[string][]byte) map[string]string {
	out := make(map[string]string, len(m))
	for k, v := range m {
		out[k] = string(v)
	}
	return out
}

// networkControls are the gateway's business, and so is which programs may be
// said to have been started in vain.
func networkControls(p plan.Plan) []plan.Control {
	var out []plan.Control
	for _, c := range p.Controls {
		w := c.Want
		if w.Stub != nil || w.Gateway != nil || w.Egress != nil || w.Credential != nil || w.Trust != nil {
			out = append(out, c)
		}
	}
	return out
}

// readStart is the other side of it. The supervisor is believed.
func readStart(b []byte) (*start, egress.Config, error) {
	var s start
	if err := strict(b, &s); err != nil {
		return nil, egress.Config{}, fmt.Errorf("start: %w", err)
	}
	if s.Version != wireVersion {
		return nil, egress.Config{}, fmt.Errorf("start: version %d of the protocol, not %d: ringwall was replaced meanwhile", s.Version, wireVersion)
	}
	defer s.forget()
	cfg := egress.Config{Secrets: inText(s.Secrets), Placeholders: inText(s.Placeholders), Roots: s.Roots, Decoys: s.Decoys}
	if err := strict(s.Plan, &cfg.Plan); err != nil {
		return nil, egress.Config{}, fmt.Errorf("start: plan: %w", err)
	}
	if len(s.Authority) > 0 {
		own, err := authority.Unmarshal(s.Authority)
		if err != nil {
			return nil, egress.Config{}, fmt.Errorf("start: %w", err)
		}
		cfg.Authority = own
	}
	return &s, cfg, nil
}

// strict reads one JSON value that has no field that is not known.
func strict(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one value")
	}
	return nil
}
