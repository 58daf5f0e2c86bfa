package egress

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"ringwall/internal/egress/credform"
	"ringwall/internal/evidence"
)

// dropped headers never reach the upstream: other identities, ranges, with which
// a secret that comes back could be read in two halves, and what asks for an
// answer in a form in which it is not found: another charset, packed instances
// (RFC 3229), packed frames (RFC 7692).
var dropped = []string{"Proxy-Authorization", "Cookie", "Range", "If-Range", "Accept-Charset", "A-Im", "Sec-Websocket-Extensions"}

// keeper speaks for one upstream and adds the credential.
type keeper struct {
	g           *Gateway
	cred        credential
	to          dest
	form        *credform.Form
	placeholder credform.Value

	mu     sync.Mutex // of what follows
	value  credform.Value
	seen   []credform.Value // in this run, the newest first: all of them may come back
	redact *credform.Redactor

	renewing sync.Mutex // one asks for a new value at a time
	asked    time.Time  // when one was asked for last
}

const (
	// maxSeen bounds the values that are looked for in answers.
	maxSeen = 4
	// askAgain is how long after a question for a new value the next may follow.
	askAgain = time.Minute
	// askBefore is how long before a value's end a new one is asked for.
	askBefore = time.Minute
	// askTime is how long a new value may take: a command may have to be run.
	askTime = 45 * time.Second
)

// newKeeper checks what it is given. An error never contains a secret.
func (g *Gateway) newKeeper(c credential) (*keeper, error) {
	value, err := readValue(g.cfg.Secrets[c.Name])
	if err != nil {
		return nil, err
	}
	placeholder, err := readValue(g.cfg.Placeholders[c.Name])
	if err != nil {
		return nil, errors.New("no usable placeholder was given")
	}
	if strings.Contains(placeholder.Secret, value.Secret) || strings.Contains(value.Secret, placeholder.Secret) {
		return nil, errors.New("the placeholder and the value hold each other")
	}
	form, err := credform.New(c.Credential, placeholder)
	if err != nil {
		return nil, err
	}
	k := &keeper{g: g, cred: c, to: dest{c.Host, c.Port}, form: form, placeholder: placeholder}
	k.set(value)
	return k, nil
}

func readValue(text string) (credform.Value, error) {
	v, err := credform.Decode(text)
	if err == nil && v.Secret == "" {
		err = errors.New("no value was given")
	}
	return v, err
}

// set takes a value that holds from now on. The ones before it are still taken
// out of answers.
func (k *keeper) set(v credform.Value) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.value = v
	k.seen = append([]credform.Value{v}, k.seen[:min(len(k.seen), maxSeen-1)]...)
	k.redact = credform.NewRedactor(k.placeholder.Secret, k.seen...)
}

func (k *keeper) now() (credform.Value, *credform.Redactor) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.value, k.redact
}

// renewable tells whether another value can be had.
func (k *keeper) renewable() bool { return k.g.cfg.Refresh != nil && k.cred.Renewable() }

// renew asks for a value in the place of one that was refused, or has ended,
// and reports whether there is another one now. Whoever comes while it is asked
// for waits for that one.
func (k *keeper) renew(ctx context.Context, old credform.Value) bool {
	if !k.renewable() {
		return false
	}
	k.renewing.Lock()
	defer k.renewing.Unlock()
	if v, _ := k.now(); v != old {
		return true
	}
	if !k.asked.IsZero() && time.Since(k.asked) < askAgain {
		return false
	}
	k.asked = time.Now()
	v, err := k.ask(ctx)
	if err != nil {
		k.warn(err)
		return false
	}
	if v == old {
		return false
	}
	k.set(v)
	return true
}

func (k *keeper) ask(ctx context.Context) (credform.Value, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	text, err := k.g.cfg.Refresh(ctx, k.cred.Name)
	if err != nil {
		return credform.Value{}, err
	}
	return readValue(text)
}

// warn tells the owner that the key is not good any more. What cannot be
// recorded stops the gateway.
func (k *keeper) warn(err error) {
	text := fmt.Sprintf("the credential %s could not be read again: %s", k.cred.Name, printable(err.Error()))
	if err := k.g.cfg.Recorder.Record(evidence.Event{Warning: &evidence.Warning{Message: text}}); err != nil {
		k.g.fail(fmt.Errorf("gateway: record: %w", err))
	}
}

// fresh is the value to send, renewed where it ends about now.
func (k *keeper) fresh(ctx context.Context) credform.Value {
	v, _ := k.now()
	if !v.Expires.IsZero() && time.Until(v.Expires) < askBefore && k.renew(ctx, v) {
		v, _ = k.now()
	}
	return v
}

// prepare takes out what does not pass. The answer is asked for in plain form,
// because a secret cannot be found in a compressed one.
func (k *keeper) prepare(out *http.Request) {
	for _, name := range dropped {
		out.Header.Del(name)
	}
	out.Header.Set("Accept-Encoding", "identity")
}

// formError says why a request cannot carry the credential, for its client.
type formError struct{ error }

// inspect takes the secret out of what the upstream sends back.
func (k *keeper) inspect(resp *http.Response) error {
	_, redact := k.now()
	redact.Header(resp.Header)
	if resp.Body == nil || resp.Body == http.NoBody || resp.Request.Method == http.MethodHead {
		return nil
	}
	if encoded(resp.Header) {
		return errors.New("the answer is encoded although plain form was asked for")
	}
	resp.Body = redact.Reader(resp.Body, func() { redact.Header(resp.Trailer) })
	resp.Header.Del("Content-Length")
	resp.ContentLength = -1
	return nil
}

// encoded tells whether an answer came in another form than was asked for.
func encoded(h http.Header) bool {
	return slices.ContainsFunc(append(h.Values("Content-Encoding"), h.Values("Im")...), func(s string) bool {
		return s != "" && !strings.EqualFold(s, "identity")
	})
}
