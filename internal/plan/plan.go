// Package plan holds what a policy became on this host: an ordered list of
// controls, each with what to enforce, how strongly, and why. It is data only:
// nothing in it reads a file, asks the kernel or changes anything, so that a
// plan can be printed, hashed, compared and signed.
package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Version is the version of the plan format; it changes when an older reader
// would misread a newer plan.
const Version = 1

// LayerID names one of the five layers.
type LayerID string

// The five layers, in the order in which an attack meets them.
const (
	Instructions   LayerID = "instructions"
	Permissions    LayerID = "permissions"
	Isolation      LayerID = "isolation"
	Network        LayerID = "network"
	Infrastructure LayerID = "infrastructure"
)

// Layers lists the five in order.
func Layers() []LayerID {
	return []LayerID{Instructions, Permissions, Isolation, Network, Infrastructure}
}

// Status tells how strongly a control holds on this host.
type Status string

const (
	// Enforced: the control holds as the policy asks.
	Enforced Status = "enforced"
	// Downgraded: a weaker form holds; Why says which and what is missing.
	Downgraded Status = "downgraded"
	// Unavailable: nothing holds; Why says what is missing.
	Unavailable Status = "unavailable"
)

// Control is one thing to enforce.
type Control struct {
	// ID is stable and names the control in events, attacks and reports,
	// for example "isolation.guardrail:.claude/settings.json".
	ID     string  `json:"id"`
	Layer  LayerID `json:"layer"`
	Want   Op      `json:"want"`
	Status Status  `json:"status"`
	// Why is required unless Status is Enforced.
	Why string `json:"why,omitempty"`
	// Must refuses the run unless the control is enforced or waived by name.
	Must bool `json:"must,omitempty"`
	// From tells what asked for the control: a line of a policy
	// ("ringwall.toml:12", "/etc/ringwall/policy.toml:3"), "default", or what
	// else it was taken from ("PATH", "agent claude").
	From string `json:"from,omitempty"`
}

// Plan is the resolved whole.
type Plan struct {
	Version  int       `json:"version"`
	Project  string    `json:"project"` // absolute, symlinks resolved, valid UTF-8
	Agent    string    `json:"agent"`   // "claude", or "generic"
	Command  []string  `json:"command"`
	Policy   string    `json:"policy"` // sha256 of the approved policy file
	Controls []Control `json:"controls"`
	// Waived lists the controls that the owner accepted as not enforced.
	Waived []string `json:"waived,omitempty"`
}

// Canonical renders the plan as the bytes that are hashed: JSON without
// insignificant space, fields in declared order, map keys sorted.
func (p Plan) Canonical() ([]byte, error) {
	b, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode plan: %w", err)
	}
	return b, nil
}

// Hash is the lower-case hexadecimal SHA-256 of the canonical form.
func (p Plan) Hash() (string, error) {
	b, err := p.Canonical()
	if err != nil {
		return "", err
	}
	return HashOf(b), nil
}

// HashOf is the hash of a plan whose canonical form is at hand.
func HashOf(canonical []byte) string {
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}

// ByLayer returns the controls of one layer, in order.
func (p Plan) ByLayer(id LayerID) []Control {
	var out []Control
	for _, c := range p.Controls {
		if c.Layer == id {
			out = append(out, c)
		}
	}
	return out
}

// Find returns the control with that ID.
func (p Plan) Find(id string) (Control, bool) {
	for _, c := range p.Controls {
		if c.ID == id {
			return c, true
		}
	}
	return Control{}, false
}

// Missing lists the controls that must be enforced, are not, and were not
// waived. A run with any is refused.
func (p Plan) Missing() []Control {
	waived := make(map[string]bool, len(p.Waived))
	for _, id := range p.Waived {
		waived[id] = true
	}
	var out []Control
	for _, c := range p.Controls {
		if c.Must && c.Status != Enforced && !waived[c.ID] {
			out = append(out, c)
		}
	}
	return out
}

// Check reports the first control that breaks the form of a plan: no ID, a
// second use of an ID, not exactly one operation, or a weaker status without a
// reason.
func (p Plan) Check() error {
	seen := make(map[string]bool, len(p.Controls))
	for i, c := range p.Controls {
		switch {
		case c.ID == "":
			return fmt.Errorf("control %d has no ID", i)
		case seen[c.ID]:
			return fmt.Errorf("control %s appears twice", c.ID)
		case c.Want.count() != 1:
			return fmt.Errorf("control %s wants %d operations, not one", c.ID, c.Want.count())
		case c.Status != Enforced && c.Why == "":
			return fmt.Errorf("control %s is %s without a reason", c.ID, c.Status)
		}
		seen[c.ID] = true
	}
	return nil
}
