package network

import (
	"strings"

	"ringwall/internal/plan"
)

// service is what is known of a place that takes credentials: how they stand
// in a request, the variables that its clients read, and the form that they
// check a key for before they send anything.
type service struct {
	hosts      []string // exact, or ".suffix" for every name below it
	oauth      string   // only for this sign-in
	form       string
	header     string // with plan.FormHeader; "authorization" means Bearer
	user       string
	keyEnv     string
	idEnv      string
	baseURLEnv string // takes http:// to a loopback address
	basePath   string
	shape      string
}

// services have their forms from the services' own documentation of keys, and
// from the patterns of their secret scanners (GitHub's list of supported
// secrets); variables from the documentation of the client libraries. A
// variable for a base address stands here only where the client takes
// http://127.0.0.1 in it. Where services write hexadecimal digits there are all
// letters here: no client looks, and a placeholder on its way to another host is
// told with more certainty.
func services() []service {
	return []service{
		{hosts: []string{"api.anthropic.com"}, oauth: "claude", header: "authorization", keyEnv: "CLAUDE_CODE_OAUTH_TOKEN",
			baseURLEnv: "ANTHROPIC_BASE_URL", shape: "sk-ant-oat01-%93u-AA"},
		{hosts: []string{"chatgpt.com"}, oauth: "codex", header: "authorization", keyEnv: "CODEX_ACCESS_TOKEN", shape: chatGPTShape},
		{hosts: []string{"api.anthropic.com"}, header: "x-api-key", keyEnv: "ANTHROPIC_API_KEY",
			baseURLEnv: "ANTHROPIC_BASE_URL", shape: "sk-ant-api03-%93u-AA"},
		{hosts: []string{"api.openai.com"}, header: "authorization", keyEnv: "OPENAI_API_KEY",
			baseURLEnv: "OPENAI_BASE_URL", basePath: "/v1", shape: "sk-proj-%s"},
		{hosts: []string{"generativelanguage.googleapis.com"}, header: "x-goog-api-key", keyEnv: "GEMINI_API_KEY",
			baseURLEnv: "GOOGLE_GEMINI_BASE_URL", shape: "AIza%35u"},
		{hosts: []string{"openrouter.ai"}, header: "authorization", keyEnv: "OPENROUTER_API_KEY", shape: "sk-or-v1-%64a"},
		{hosts: []string{"api.groq.com"}, header: "authorization", keyEnv: "GROQ_API_KEY", shape: "gsk_%52a"},
		{hosts: []string{"api.x.ai"}, header: "authorization", keyEnv: "XAI_API_KEY", shape: "xai-%80a"},
		{hosts: []string{"api.mistral.ai"}, header: "authorization", keyEnv: "MISTRAL_API_KEY", shape: "%32a"},
		{hosts: []string{"api.deepseek.com"}, header: "authorization", keyEnv: "DEEPSEEK_API_KEY", shape: "sk-%32a"},
		{hosts: []string{"ampcode.com"}, header: "authorization", keyEnv: "AMP_API_KEY", shape: "sgamp_user_%26A_%64a"},
		{hosts: []string{"api.githubcopilot.com"}, header: "authorization", keyEnv: "COPILOT_GITHUB_TOKEN", shape: "gho_%36a"},
		{hosts: []string{"github.com"}, form: plan.FormBasic, user: "x-access-token", keyEnv: "GITHUB_TOKEN", shape: "ghp_%36a"},
		{hosts: []string{"api.github.com", "uploads.github.com", "raw.githubusercontent.com"}, header: "authorization",
			keyEnv: "GITHUB_TOKEN", shape: "ghp_%36a"},
		{hosts: []string{"gitlab.com"}, header: "private-token", keyEnv: "GITLAB_TOKEN", shape: "glpat-%20a"},
		{hosts: []string{"slack.com", "api.slack.com"}, header: "authorization", keyEnv: "SLACK_BOT_TOKEN", shape: "xoxb-%12d-%13d-%24a"},
		{hosts: []string{"registry.npmjs.org"}, header: "authorization", keyEnv: "NPM_TOKEN", shape: "npm_%36a"},
		{hosts: []string{"huggingface.co"}, header: "authorization", keyEnv: "HF_TOKEN", shape: "hf_%34a"},
		{hosts: []string{".amazonaws.com", ".amazonaws.com.cn", ".api.aws"}, form: plan.FormSigV4,
			keyEnv: "AWS_SECRET_ACCESS_KEY", idEnv: "AWS_ACCESS_KEY_ID", shape: amazonShape},
		{hosts: []string{".googleapis.com"}, shape: "AIza%35u"},
	}
}

// amazonShape is a secret access key of AWS.
const amazonShape = "%40b"

// chatGPTShape is a JWT, which Codex reads before it uses it: without a
// signature, for no account, and good until 2100.
// {"alg":"RS256","typ":"JWT"} {"exp":4102444800,"https://api.openai.com/auth":
// {"chatgpt_account_id":"00000000-0000-0000-0000-000000000000","chatgpt_plan_type":"pro"}}
const chatGPTShape = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9." +
	"eyJleHAiOjQxMDI0NDQ4MDAsImh0dHBzOi8vYXBpLm9wZW5haS5jb20vYXV0aCI6eyJjaGF0Z3B0X2FjY291bnRfaWQiOiIwMDAwMDAwMC0w" +
	"MDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDAiLCJjaGF0Z3B0X3BsYW5fdHlwZSI6InBybyJ9fQ.%86u"

// serviceOf is what is known of a host; for a sign-in, of that sign-in only.
func serviceOf(host, oauth string) service {
	for _, s := range services() {
		if s.oauth == oauth && s.at(host) {
			return s
		}
	}
	return service{}
}

func (s service) at(host string) bool {
	for _, h := range s.hosts {
		if host == h || strings.HasPrefix(h, ".") && strings.HasSuffix(host, h) {
			return true
		}
	}
	return false
}

// shapeOf is the form of the key that a variable usually holds; empty: none is
// known.
func shapeOf(variables ...string) string {
	for _, v := range variables {
		for _, s := range services() {
			if v != "" && s.keyEnv == v {
				return s.shape
			}
		}
		switch v {
		case "GH_TOKEN":
			return "ghp_%36a"
		case "GOOGLE_API_KEY":
			return "AIza%35u"
		case "CODEX_API_KEY":
			return "sk-proj-%s"
		}
	}
	return ""
}

// shapeOfSignIn is the form of a sign-in's token, wherever it is sent.
func shapeOfSignIn(name string) string {
	for _, s := range services() {
		if name != "" && s.oauth == name {
			return s.shape
		}
	}
	return ""
}

// fill takes from what is known of the service what the policy left out. The
// address of a base is taken only where the credential is not put into
// connections to the host itself.
func (s service) fill(op *plan.Credential, direct bool) {
	setIfEmpty(&op.Form, s.form)
	if op.Form == "" || op.Form == plan.FormHeader {
		if op.Header == "" && s.header == "authorization" {
			setIfEmpty(&op.Prefix, "Bearer ")
		}
		setIfEmpty(&op.Header, s.header)
	}
	if op.Form == plan.FormBasic {
		setIfEmpty(&op.User, s.user)
	}
	setIfEmpty(&op.KeyEnv, s.keyEnv)
	if op.Form == plan.FormSigV4 {
		setIfEmpty(&op.IDEnv, s.idEnv)
		setIfEmpty(&op.IDEnv, "AWS_ACCESS_KEY_ID")
	}
	if !direct {
		setIfEmpty(&op.BaseURLEnv, s.baseURLEnv)
	}
	if op.BaseURLEnv != "" && op.BaseURLEnv == s.baseURLEnv {
		op.BasePath = s.basePath
	}
}
