package egress

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/url"
)

// maxRewound is the largest body, in bytes, that is kept to be sent again after
// the service refused the credential.
const maxRewound = 64 << 10

// send sends a request with the credential in it. Where the service refuses
// that, a new value is asked for: what can be sent again is, once, and else the
// client gets the refusal and the next request the new value.
func (k *keeper) send(rt http.RoundTripper, out *http.Request) (*http.Response, error) {
	again, err := k.rewind(out)
	if err != nil {
		return nil, err
	}
	v := k.fresh(out.Context())
	header, at := out.Header.Clone(), *out.URL
	if err := k.form.Put(out, v); err != nil {
		return nil, formError{err}
	}
	resp, err := rt.RoundTrip(out)
	if err != nil || resp.StatusCode != http.StatusUnauthorized || !k.renew(out.Context(), v) || again == nil {
		return resp, err
	}
	resp.Body.Close()
	second := again(header, &at)
	v, _ = k.now()
	if err := k.form.Put(second, v); err != nil {
		return nil, formError{err}
	}
	return rt.RoundTrip(second)
}

// rewind keeps a small body of a credential that may be renewed. The function
// makes the request anew; nil: it cannot be sent twice.
func (k *keeper) rewind(out *http.Request) (func(http.Header, *url.URL) *http.Request, error) {
	if !k.renewable() || out.Header.Get("Upgrade") != "" {
		return nil, nil
	}
	var kept []byte
	switch {
	case out.Body == nil || out.Body == http.NoBody:
	case out.ContentLength < 0 || out.ContentLength > maxRewound:
		return nil, nil
	default:
		var err error
		if kept, err = io.ReadAll(io.LimitReader(out.Body, maxRewound+1)); err != nil {
			return nil, err
		}
		out.Body = &rewound{bytes.NewReader(kept), out.Body}
	}
	body := out.Body
	return func(h http.Header, at *url.URL) *http.Request {
		second := *out
		second.URL, second.Header = at, maps.Clone(h)
		if kept != nil {
			second.Body = &rewound{bytes.NewReader(kept), body}
		}
		return &second
	}, nil
}

// rewound is a body that was read and is sent from memory.
type rewound struct {
	io.Reader
	io.Closer
}
