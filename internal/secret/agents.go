package secret

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// Claude Code: {"claudeAiOauth": {"accessToken", "refreshToken", "expiresAt" in
// milliseconds, "scopes", "subscriptionType"}}.
func readClaude(d document) (tokens, error) {
	in := d.open("claudeAiOauth")
	t := tokens{access: in.text("accessToken"), refresh: in.text("refreshToken")}
	var ms int64
	if json.Unmarshal(in["expiresAt"], &ms) == nil && ms > 0 {
		t.expires = time.UnixMilli(ms)
	}
	if t.access == "" {
		return t, errNotSignedIn
	}
	return t, nil
}

func writeClaude(d document, t tokens, _ time.Time) {
	in := d.open("claudeAiOauth")
	in.put("accessToken", t.access)
	in.put("refreshToken", t.refresh)
	if !t.expires.IsZero() {
		in.put("expiresAt", t.expires.UnixMilli())
	}
	d.put("claudeAiOauth", in)
}

// codexLife is how long Codex itself believes a token whose end it cannot read.
const codexLife = 8 * 24 * time.Hour

// Codex: {"tokens": {"id_token", "access_token", "refresh_token",
// "account_id"}, "last_refresh"}.
func readCodex(d document) (tokens, error) {
	in := d.open("tokens")
	t := tokens{access: in.text("access_token"), refresh: in.text("refresh_token"),
		id: in.text("id_token"), account: in.text("account_id")}
	t.expires = expiryOf(t.access)
	if last, err := time.Parse(time.RFC3339, d.text("last_refresh")); err == nil && t.expires.IsZero() {
		t.expires = last.Add(codexLife)
	}
	if t.access == "" {
		return t, errNotSignedIn
	}
	return t, nil
}

func writeCodex(d document, t tokens, now time.Time) {
	in := d.open("tokens")
	in.put("access_token", t.access)
	in.put("refresh_token", t.refresh)
	if t.id != "" {
		in.put("id_token", t.id)
	}
	d.put("tokens", in)
	d.put("last_refresh", now.UTC().Format(time.RFC3339Nano))
}

// expiryOf reads the end out of a token that is a JWT; zero: it has none.
func expiryOf(token string) time.Time {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return time.Time{}
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Exp int64 `json:"exp"`
	}
	if err != nil || json.Unmarshal(b, &claims) != nil || claims.Exp <= 0 {
		return time.Time{}
	}
	return time.Unix(claims.Exp, 0)
}
