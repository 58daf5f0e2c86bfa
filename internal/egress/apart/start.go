package apart

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"ringwall/internal/egress"
	"ringwall/internal/plan"
)

// wireVersion changes with the protocol: supervisor and gateway are the same
// program, unless it was replaced in between.
const wireVersion = 1

// start is all that the gateway is told.
type start struct {
	Version      int                 `json:"version"`
	Plan         json.RawMessage     `json:"plan"`
	Secrets      map[string]string   `json:"secrets,omitempty"`
	Placeholders map[string]string   `json:"placeholders,omitempty"`
	Sockets      []egress.SocketSpec `json:"sockets"`
}

// newStart leaves out of the plan what is not the gateway's business.
func newStart(cfg egress.Config, specs []egress.SocketSpec) (*start, error) {
	p := cfg.Plan
	p.Command, p.Controls = nil, networkControls(p)
	b, err := p.Canonical()
	if err != nil {
		return nil, err
	}
	return &start{Version: wireVersion, Plan: b, Secrets: cfg.Secrets, Placeholders: cfg.Placeholders, Sockets: specs}, nil
}

func networkControls(p plan.Plan) []plan.Control {
	var out []plan.Control
	for _, c := range p.Controls {
		w := c.Want
		if w.Gateway != nil || w.Egress != nil || w.Credential != nil || w.Trust != nil {
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
	cfg := egress.Config{Secrets: s.Secrets, Placeholders: s.Placeholders}
	if err := strict(s.Plan, &cfg.Plan); err != nil {
		return nil, egress.Config{}, fmt.Errorf("start: plan: %w", err)
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
