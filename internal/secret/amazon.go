package secret

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"ringwall/internal/egress/credform"
	"ringwall/internal/plan"
)

// process is what AWS's tools print for each other: the format of
// credential_process, and of `aws configure export-credentials`.
type process struct {
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string
	SessionToken    string
	Expiration      string
}

// amazon reads a key of AWS. A variable holds the secret only; the identifier
// and the token of a session are in the variables beside it. Any other source
// gives the document above, or "ID:SECRET".
func (r *Reader) amazon(c plan.Credential, text string) (credform.Value, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return credform.Value{}, nil
	case c.FromEnv != "":
		return r.amazonVariables(c, text)
	case strings.HasPrefix(text, "{"):
		return amazonDocument(text)
	}
	id, secret, ok := strings.Cut(text, ":")
	if !ok || id == "" {
		return credform.Value{}, errors.New(place(c) + " is neither ID:SECRET nor the document that AWS's tools print")
	}
	return credform.Value{ID: id, Secret: secret}, nil
}

func (r *Reader) amazonVariables(c plan.Credential, text string) (credform.Value, error) {
	name := c.IDEnv
	if name == "" || r.Env[name] == "" {
		name = "AWS_ACCESS_KEY_ID"
	}
	v := credform.Value{Secret: text, ID: strings.TrimSpace(r.Env[name])}
	if c.FromEnv == "AWS_SECRET_ACCESS_KEY" {
		v.Token = strings.TrimSpace(r.Env["AWS_SESSION_TOKEN"])
	}
	if v.ID == "" {
		return credform.Value{}, errors.New("$" + name + " is empty, which holds the identifier of the key")
	}
	return v, nil
}

func amazonDocument(text string) (credform.Value, error) {
	var p process
	if json.Unmarshal([]byte(text), &p) != nil || p.AccessKeyID == "" || p.SecretAccessKey == "" {
		return credform.Value{}, errors.New("no AccessKeyId and SecretAccessKey were found")
	}
	v := credform.Value{ID: p.AccessKeyID, Secret: p.SecretAccessKey, Token: p.SessionToken}
	if p.Expiration != "" {
		t, err := time.Parse(time.RFC3339, p.Expiration)
		if err != nil {
			return credform.Value{}, errors.New("the Expiration is not a time")
		}
		v.Expires = t
	}
	return v, nil
}
