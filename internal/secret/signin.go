package secret

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"ringwall/internal/egress/credform"
)

// signIn is where an agent keeps its subscription's tokens, and how they are
// renewed. Both agents sign in as public clients, whose name is no secret.
type signIn struct {
	name     string
	dirEnv   string // variable that moves the folder
	dir      string // below the home
	file     string
	endpoint string
	client   string
	read     func(document) (tokens, error)
	write    func(document, tokens, time.Time)
}

// tokens are what a sign-in consists of.
type tokens struct {
	access, refresh, id, account string
	expires                      time.Time // zero: not known
}

// renewBefore is how long before its end a token is renewed.
const renewBefore = 5 * time.Minute

func signInOf(name string) (signIn, error) {
	switch name {
	case "claude":
		return signIn{
			name: name, dirEnv: "CLAUDE_CONFIG_DIR", dir: ".claude", file: ".credentials.json",
			endpoint: "https://platform.claude.com/v1/oauth/token", client: "9d1c250a-e61b-44d9-88ed-5944d1962f5e",
			read: readClaude, write: writeClaude,
		}, nil
	case "codex":
		return signIn{
			name: name, dirEnv: "CODEX_HOME", dir: ".codex", file: "auth.json",
			endpoint: "https://auth.openai.com/oauth/token", client: "app_EMoamEEZ73f0CkXaXp7hrann",
			read: readCodex, write: writeCodex,
		}, nil
	}
	return signIn{}, fmt.Errorf("a sign-in of %q is not known", name)
}

// signIn reads the token of a sign-in, and renews one that ends soon or is the
// one that was refused. Whoever else renewed it in between is believed.
func (r *Reader) signIn(ctx context.Context, name, refused string) (credform.Value, error) {
	s, err := signInOf(name)
	if err != nil {
		return credform.Value{}, err
	}
	st := store{r: r, file: r.signInFile(s)}
	if !exists(st.file) {
		return credform.Value{}, fmt.Errorf("%s is not there: sign in with %s on this machine first", st.file, name)
	}
	t, err := st.tokens(s)
	if err != nil || !r.stale(t, refused) {
		return t.value(), err
	}
	unlock, err := st.lock(ctx)
	if err != nil {
		return credform.Value{}, err
	}
	defer unlock()
	if t, err = st.tokens(s); err != nil || !r.stale(t, refused) {
		return t.value(), err
	}
	t, err = r.renew(ctx, s, st, t)
	return t.value(), err
}

func (r *Reader) signInFile(s signIn) string {
	dir := r.Env[s.dirEnv]
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(r.Home, s.dir)
	}
	return filepath.Join(dir, s.file)
}

func (r *Reader) stale(t tokens, refused string) bool {
	return refused != "" && t.access == refused || !t.expires.IsZero() && r.now().Add(renewBefore).After(t.expires)
}

func (t tokens) value() credform.Value {
	return credform.Value{Secret: t.access, Account: t.account, Expires: t.expires}
}

// renew asks for new tokens and writes them back before anything else: the old
// ones are void by then, and the owner's own agent would be signed out. So it
// is first made sure that there is a place to write to.
func (r *Reader) renew(ctx context.Context, s signIn, st store, old tokens) (tokens, error) {
	if old.refresh == "" {
		return tokens{}, fmt.Errorf("the sign-in has ended and cannot be renewed: sign in with %s again", s.name)
	}
	draft, err := st.draft()
	if err != nil {
		return tokens{}, fmt.Errorf("the sign-in is not renewed, because it could not be written back: %w", err)
	}
	defer draft.discard()
	got, err := r.ask(ctx, s, old)
	if err != nil {
		return tokens{}, err
	}
	if err := draft.replace(s, got, r.now()); err != nil {
		r.warn("the renewed sign-in could not be written to %s: sign in with %s again after this run (%v)", st.file, s.name, err)
	}
	return got, nil
}

var errNotSignedIn = errors.New("the file holds no sign-in")

// document is a file with all that is in it; what is not known stays.
type document map[string]json.RawMessage

func (d document) open(name string) document {
	var in document
	if json.Unmarshal(d[name], &in) != nil || in == nil {
		in = document{}
	}
	return in
}

func (d document) text(name string) string {
	var s string
	_ = json.Unmarshal(d[name], &s) // anything else is none
	return s
}

func (d document) put(name string, v any) {
	if b, err := json.Marshal(v); err == nil {
		d[name] = b
	}
}
