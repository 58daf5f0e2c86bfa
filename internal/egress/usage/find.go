package usage

import (
	"net/url"
	"path"
	"strings"
)

// Endpoint is what a request asks a model API for.
type Endpoint struct {
	Model string // that its path names, or empty
	// Paid: it has to be paid, so an answer that does not say what it took is of
	// unknown cost. Else such an answer is no model's.
	Paid bool
	// Told: its answers say what they took.
	Told bool
}

// ModelHost tells whether a host is known to serve models.
func ModelHost(host string) bool {
	switch host {
	case "api.anthropic.com", "api.openai.com", "generativelanguage.googleapis.com", "chatgpt.com",
		"cloudcode-pa.googleapis.com", "openrouter.ai", "api.mistral.ai", "api.deepseek.com", "api.x.ai", "api.groq.com":
		return true
	}
	return strings.HasSuffix(host, "-aiplatform.googleapis.com") || strings.HasSuffix(host, ".openai.azure.com") ||
		strings.HasPrefix(host, "bedrock-runtime.")
}

// EndpointOf tells what a request is to the place that a credential or the host
// says is a model API. False: what it takes is not looked at.
//
// Servers are kind to odd spellings of a path, so it is read as kindly.
func EndpointOf(method, escaped string) (Endpoint, bool) {
	segments := plainPath(escaped)
	if len(segments) == 0 || method != "POST" {
		return Endpoint{}, false
	}
	last := segments[len(segments)-1]
	name, verb, isVerb := strings.Cut(last, ":")
	switch {
	case isVerb:
		return googleVerb(name, verb)
	case strings.HasPrefix(last, "count_tokens"), last == "input_tokens": // both are free
		return Endpoint{}, false
	}
	e := Endpoint{Told: true}
	switch last {
	case "messages", "completions", "responses", "embeddings", "compact":
		e.Paid = true
	case "batches", "generations", "edits", "speech", "transcriptions", "translations", "videos",
		"invoke", "invoke-with-response-stream", "converse", "converse-stream":
		e.Paid, e.Told = true, false
	}
	return e, true
}

// googleVerb reads "MODEL:VERB".
func googleVerb(model, verb string) (Endpoint, bool) {
	e := Endpoint{Model: model, Paid: true, Told: true}
	switch {
	case strings.HasPrefix(verb, "counttokens"):
		return Endpoint{}, false
	case verb == "generatecontent", verb == "streamgeneratecontent", verb == "rawpredict", verb == "streamrawpredict":
		return e, true
	case strings.HasPrefix(verb, "batch"), strings.HasPrefix(verb, "predict"), strings.HasPrefix(verb, "embed"):
		return Endpoint{Model: model, Paid: true}, true
	}
	return Endpoint{Told: true}, true
}

// plainPath is a path's segments in lower case, without what servers ignore.
func plainPath(escaped string) []string {
	p, err := url.PathUnescape(escaped)
	if err != nil {
		p = escaped
	}
	p = strings.Trim(path.Clean("/"+strings.ToLower(p)), "/ ")
	if p == "" {
		return nil
	}
	return strings.Split(p, "/")
}
