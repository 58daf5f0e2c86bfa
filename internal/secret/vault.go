package secret

import (
	"context"
	"fmt"
	"maps"
	"sync"

	"ringwall/internal/plan"
)

// Vault holds the values of a run's credentials for its gateways.
type Vault struct {
	reader *Reader
	creds  map[string]plan.Credential

	mu     sync.Mutex
	values map[string]string // encoded
}

// Open reads all that a plan's gateway needs.
func (r *Reader) Open(ctx context.Context, p plan.Plan) (*Vault, error) {
	v := &Vault{reader: r, creds: map[string]plan.Credential{}, values: map[string]string{}}
	for _, c := range p.Controls {
		k := c.Want.Credential
		if k == nil || c.Status == plan.Unavailable {
			continue
		}
		value, err := r.Read(ctx, *k)
		if err != nil {
			return nil, err
		}
		v.creds[k.Name], v.values[k.Name] = *k, value.Encode()
	}
	return v, nil
}

// Values are the values by the names of their credentials, as credform.Decode
// reads them.
func (v *Vault) Values() map[string]string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return maps.Clone(v.values)
}

// Refresh reads a value again that its service refused, or that has ended.
func (v *Vault) Refresh(ctx context.Context, name string) (string, error) {
	c, ok := v.creds[name]
	if !ok {
		return "", fmt.Errorf("credential %s: the run has none", name)
	}
	value, err := v.reader.Again(ctx, c)
	if err != nil {
		return "", err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.values[name] = value.Encode()
	return v.values[name], nil
}
