package network

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"ringwall/internal/egress/credform"
	"ringwall/internal/plan"
)

// TestPlaceholdersLookReal: what stands for a key passes the checks of the
// clients that look at one, and holds enough that nobody could guess.
func TestPlaceholdersLookReal(t *testing.T) {
	random := func(b []byte) error { _, err := rand.Read(b); return err }
	fill := func(shape string) string {
		s, err := credform.Placeholder(shape, random)
		if err != nil {
			t.Error(err)
		}
		return s
	}
	for _, s := range services() {
		if one, two := fill(s.shape), fill(s.shape); one == two || len(one) < 20 {
			t.Errorf("%v: %q and %q", s.hosts, one, two)
		} else if len(credform.Cores(s.shape, one)) == 0 {
			t.Errorf("%v: %q is not known again on its way elsewhere", s.hosts, one)
		}
		if s.keyEnv == "" && s.shape == "" || s.form == "" && s.header == "" && s.keyEnv != "" {
			t.Errorf("%v says too little", s.hosts)
		}
	}
	for variable, form := range map[string]string{
		"GH_TOKEN": `^ghp_[A-Za-z0-9]{36}$`, "ANTHROPIC_API_KEY": `^sk-ant-api03-[\w-]{93}-AA$`, "OPENAI_API_KEY": `^sk-proj-[\w-]{48}$`,
		"GOOGLE_API_KEY": `^AIza[\w-]{35}$`, "GITLAB_TOKEN": `^glpat-[A-Za-z0-9]{20}$`, "SLACK_BOT_TOKEN": `^xoxb-\d{12}-\d{13}-[A-Za-z0-9]{24}$`,
		"NPM_TOKEN": `^npm_[A-Za-z0-9]{36}$`, "HF_TOKEN": `^hf_[A-Za-z0-9]{34}$`, "AWS_SECRET_ACCESS_KEY": `^[A-Za-z0-9/+]{40}$`,
		"CLAUDE_CODE_OAUTH_TOKEN": `^sk-ant-oat01-[\w-]{93}-AA$`,
	} {
		if got := fill(shapeOf(variable)); !regexp.MustCompile(form).MatchString(got) {
			t.Errorf("%s: %q", variable, got)
		}
	}
	if id := fill(credform.IDShape); !regexp.MustCompile(`^AKIA[A-Z2-7]{16}$`).MatchString(id) {
		t.Errorf("identifier is %q", id)
	}
	parts := strings.Split(fill(chatGPTShape), ".")
	var claims map[string]any
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(b, &claims) != nil || len(parts) != 3 || claims["exp"] != 4102444800.0 {
		t.Errorf("the token reads %s, %v", b, err)
	}
}

func TestServiceOf(t *testing.T) {
	for host, want := range map[string]string{
		"api.openai.com": "OPENAI_API_KEY", "s3.amazonaws.com": "AWS_SECRET_ACCESS_KEY", "amazonaws.com": "", "api.openai.com.evil.example": "",
		"notapi.openai.com": "", "api.anthropic.com": "ANTHROPIC_API_KEY",
	} {
		if got := serviceOf(host, "").keyEnv; got != want {
			t.Errorf("%s: %q", host, got)
		}
	}
	if got := serviceOf("api.anthropic.com", "claude").keyEnv; got != "CLAUDE_CODE_OAUTH_TOKEN" {
		t.Errorf("a sign-in gets %q", got)
	}
	if got := serviceOf("api.openai.com", "codex"); got.keyEnv != "" {
		t.Errorf("a sign-in to another host gets %+v", got)
	}
	if plan.FormSigV4 != serviceOf("sts.amazonaws.com", "").form {
		t.Error("AWS wants signatures")
	}
}
