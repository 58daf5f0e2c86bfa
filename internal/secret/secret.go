// Package secret reads the real values of credentials, outside of any sandbox:
// from the owner's environment, from files, from what a command prints, from
// the system's keyring, and from the sign-ins of agents, which it renews. No
// error of this package holds a secret.
package secret

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"ringwall/internal/egress/credform"
	"ringwall/internal/plan"
)

// maxSecret bounds a value, in bytes. It has to fit into a request's head.
const maxSecret = 32 << 10

// Reader reads secrets as one owner. Its fields are not changed after the
// first use. It is used by many at once.
type Reader struct {
	Env     map[string]string // of the owner
	Home    string            // of the owner, absolute
	Project string            // absolute; no program of it is run
	// Warn tells the owner what is not as it should be; nil: nobody.
	Warn func(string)
	// Stderr gets what commands say of themselves; nil: nobody.
	Stderr io.Writer
	// Endpoints are where sign-ins are renewed, by the name of the sign-in,
	// where it is not the service's own.
	Endpoints map[string]string
	Client    *http.Client // nil: one without a proxy
	Now       func() time.Time

	mu   sync.Mutex
	seen map[string]read // by the name of a credential
}

// read is what was read last, and when it was read again.
type read struct {
	value credform.Value
	again time.Time // zero: never
}

// EmptyError: the place is there and holds nothing.
type EmptyError struct{ Name, Place string }

// Error names the place.
func (e *EmptyError) Error() string {
	return fmt.Sprintf("credential %s: %s is empty", e.Name, e.Place)
}

// Read reads a credential's value. A sign-in that ends soon is renewed first.
func (r *Reader) Read(ctx context.Context, c plan.Credential) (credform.Value, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.read(ctx, c, "")
}

// againAfter is how long after it was read again a value is believed: a service
// that refuses everything must not make a command, or a sign-in, run at each
// request.
const againAfter = time.Minute

// Again reads a value that the service refused, or that has ended. It is what
// was read before where that is not a minute since it was last done.
func (r *Reader) Again(ctx context.Context, c plan.Credential) (credform.Value, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := r.seen[c.Name]
	if !last.again.IsZero() && r.now().Sub(last.again) < againAfter {
		return last.value, nil
	}
	v, err := r.read(ctx, c, last.value.Secret)
	if err != nil {
		v = last.value
	}
	if r.seen == nil {
		r.seen = map[string]read{}
	}
	r.seen[c.Name] = read{v, r.now()}
	return v, err
}

func (r *Reader) read(ctx context.Context, c plan.Credential, refused string) (credform.Value, error) {
	v, err := r.value(ctx, c, refused)
	if err != nil {
		return credform.Value{}, fmt.Errorf("credential %s: %w", c.Name, err)
	}
	if v.Secret == "" {
		return credform.Value{}, &EmptyError{c.Name, place(c)}
	}
	if len(v.Encode()) > maxSecret {
		return credform.Value{}, fmt.Errorf("credential %s: %s holds more than %d KiB", c.Name, place(c), maxSecret>>10)
	}
	if _, err := credform.Decode(v.Encode()); err != nil {
		return credform.Value{}, fmt.Errorf("credential %s: %s: %w", c.Name, place(c), err)
	}
	if r.seen == nil {
		r.seen = map[string]read{}
	}
	r.seen[c.Name] = read{value: v}
	return v, nil
}

func (r *Reader) value(ctx context.Context, c plan.Credential, refused string) (credform.Value, error) {
	if c.FromOAuth != "" {
		return r.signIn(ctx, c.FromOAuth, refused)
	}
	text, err := r.text(ctx, c)
	if err != nil {
		return credform.Value{}, err
	}
	if c.Form == plan.FormSigV4 {
		return r.amazon(c, text)
	}
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if len(c.FromCommand) == 0 {
		line = strings.TrimSpace(text) // a second line is a mistake that is told
	}
	return credform.Value{Secret: strings.TrimSpace(line)}, nil
}

func (r *Reader) text(ctx context.Context, c plan.Credential) (string, error) {
	switch {
	case c.FromEnv != "":
		return r.Env[c.FromEnv], nil
	case c.FromFile != "":
		return r.file(c.FromFile, c.FromJSON)
	case len(c.FromCommand) > 0:
		return r.command(ctx, c.FromCommand)
	case c.FromKeyring != "":
		return keyringText(ctx, c.FromKeyring)
	}
	return "", errors.New("the plan names no place for it")
}

// place is where a secret lies, for people.
func place(c plan.Credential) string {
	switch {
	case c.FromEnv != "":
		return "$" + c.FromEnv
	case c.FromJSON != "":
		return c.FromJSON + " in " + c.FromFile
	case c.FromFile != "":
		return c.FromFile
	case len(c.FromCommand) > 0:
		return "what " + c.FromCommand[0] + " printed"
	case c.FromKeyring != "":
		return "the keyring's " + c.FromKeyring
	}
	return "the sign-in of " + c.FromOAuth
}

func (r *Reader) path(p string) string {
	if rest, ok := strings.CutPrefix(p, "~/"); ok {
		return filepath.Join(r.Home, rest)
	}
	return p
}

func (r *Reader) now() time.Time {
	if r.Now != nil {
		return r.Now()
	}
	return time.Now()
}

func (r *Reader) warn(format string, args ...any) {
	if r.Warn != nil {
		r.Warn(fmt.Sprintf(format, args...))
	}
}
