package secret

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

const (
	renewTime = 30 * time.Second
	maxAnswer = 64 << 10 // bytes
)

// ask renews a sign-in at its service.
func (r *Reader) ask(ctx context.Context, s signIn, old tokens) (tokens, error) {
	endpoint := s.endpoint
	if other := r.Endpoints[s.name]; other != "" {
		endpoint = other
	}
	if err := safe(endpoint); err != nil {
		return tokens{}, err
	}
	body, err := json.Marshal(map[string]string{"grant_type": "refresh_token", "refresh_token": old.refresh, "client_id": s.client})
	if err != nil {
		return tokens{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, renewTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, bytes.NewReader(body))
	if err != nil {
		return tokens{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	resp, err := r.client().Do(req)
	if err != nil {
		return tokens{}, fmt.Errorf("the sign-in could not be renewed: %w", err)
	}
	defer resp.Body.Close()
	return r.answer(resp, s, old)
}

// safe: a token is sent over TLS, or not off this machine.
func safe(endpoint string) error {
	u, err := url.Parse(endpoint)
	if err != nil {
		return errors.New("the place where sign-ins are renewed is no URL")
	}
	a, err := netip.ParseAddr(u.Hostname())
	if u.Scheme == "https" || u.Scheme == "http" && err == nil && a.IsLoopback() {
		return nil
	}
	return errors.New("a sign-in is renewed over https only")
}

// client follows no redirect, which could lead the token elsewhere, and knows
// no ambient proxy.
func (r *Reader) client() *http.Client {
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 10 * time.Second}}
	if r.Client != nil {
		c = *r.Client
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

func (r *Reader) answer(resp *http.Response, s signIn, old tokens) (tokens, error) {
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil || len(b) > maxAnswer {
		return tokens{}, errors.New("the sign-in could not be renewed: the answer broke off, or is too long")
	}
	if resp.StatusCode != http.StatusOK {
		return tokens{}, refusal(resp.StatusCode, b, s)
	}
	var a struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
		ID      string `json:"id_token"`
		Seconds int64  `json:"expires_in"`
	}
	if json.Unmarshal(b, &a) != nil || a.Access == "" {
		return tokens{}, errors.New("the sign-in could not be renewed: the answer holds no token")
	}
	t := tokens{access: a.Access, refresh: a.Refresh, id: a.ID, account: old.account, expires: expiryOf(a.Access)}
	if a.Refresh == "" {
		t.refresh = old.refresh // it stays good
	}
	if a.Seconds > 0 {
		t.expires = r.now().Add(time.Duration(a.Seconds) * time.Second)
	}
	return t, nil
}

// refusal quotes only the protocol's own word for the error.
func refusal(code int, body []byte, s signIn) error {
	var a struct {
		Error string `json:"error"`
	}
	word := ""
	if json.Unmarshal(body, &a) == nil && len(a.Error) < 40 && strings.Trim(a.Error, "abcdefghijklmnopqrstuvwxyz_") == "" && a.Error != "" {
		word = " " + a.Error
	}
	return fmt.Errorf("the sign-in could not be renewed (%d%s): sign in with %s again", code, word, s.name)
}
