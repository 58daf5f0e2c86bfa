package usage

import "testing"

func TestFindPrice(t *testing.T) {
	own := []Price{{Model: "my-model", Input: 1, Output: 2}, {Model: "gpt-5", Input: 9, Output: 9}, {Model: "claude-sonnet-4-5-20250929", Input: 7}}
	for model, want := range map[string]float64{
		"claude-opus-4-5-20251101":    5,
		"claude-opus-4-5":             5,
		"claude-opus-4-1-20250805":    15,
		"claude-opus-4-20250514":      15,
		"claude-sonnet-4-0":           3,
		"claude-sonnet-4-5@20250929":  3,
		"claude-sonnet-4-5-20250929":  7,
		"claude-3-5-haiku-latest":     0.80,
		"gpt-5-2025-08-07":            9,
		"gpt-5-mini":                  0.25,
		"gpt-4o-2024-05-13":           5,
		"gpt-4o-2024-11-20":           2.50,
		"models/gemini-2.5-flash-001": 0.30,
		"my-model":                    1,
		"my-model-20260101":           1,
	} {
		if p, ok := Find(model, own); !ok || p.Input != want {
			t.Errorf("%s: %v %v, want %v", model, p.Input, ok, want)
		}
	}
}

// TestUnknownModelIsNotZero: a name that only begins like a known one is
// another model.
func TestUnknownModelIsNotZero(t *testing.T) {
	for _, model := range []string{"", "gpt", "gpt-5-pro", "gpt-5-pro-2025-10-06", "gpt-4o-audio-preview", "gpt-5x", "claude-opus-4-6",
		"claude-opus-5", "gemini-2.5-flash-image", "o1-pro", "anthropic/claude-opus-4-5", "my-gpt-5", "-20250101", "gpt-5-", "gpt-5-2025-0a-07"} {
		if usd, ok := Cost(Usage{Model: model, Input: 1, Output: 1, Known: true}, nil); ok || usd != 0 {
			t.Errorf("%q costs %v", model, usd)
		}
	}
}

// TestTable: each price has its source and date, none is free, and reading from
// a cache is never dearer than reading without.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range table() {
		if p.Source == "" || p.Date == "" || seen[p.Model] {
			t.Errorf("%s: source %q, date %q, twice %v", p.Model, p.Source, p.Date, seen[p.Model])
		}
		seen[p.Model] = true
		if p.Input <= 0 || p.Output <= p.Input || p.CacheRead <= 0 || p.CacheRead > p.Input || p.CacheWrite < p.Input || p.CacheWrite1h < p.CacheWrite {
			t.Errorf("%+v", p)
		}
		if (p.Long != nil) != (p.Over > 0) || p.Long != nil && p.Long.Input <= p.Input {
			t.Errorf("%s: %+v", p.Model, p.Long)
		}
	}
}

func TestEndpoint(t *testing.T) {
	paid, loose, untold := Endpoint{Paid: true, Told: true}, Endpoint{Told: true}, Endpoint{Paid: true}
	gem := Endpoint{Model: "gemini-2.5-pro", Paid: true, Told: true}
	for path, want := range map[string]Endpoint{
		"/v1/messages":                                          paid,
		"/v1/messages/":                                         paid,
		"/v1//Message%73":                                       paid,
		"/x/../v1/messages":                                     paid,
		"/v1/messages/batches":                                  untold,
		"/v1/chat/completions":                                  paid,
		"/openai/deployments/d/chat/completions":                paid,
		"/backend-api/codex/responses":                          paid,
		"/v1/images/generations":                                untold,
		"/api/event_logging/batch":                              loose,
		"/v1beta/models/gemini-2.5-pro:generateContent":         gem,
		"/v1beta/models/gemini-2.5-pro:streamGenerateContent":   gem,
		"/v1beta/models/gemini-2.5-pro%3AstreamGenerateContent": gem,
		"/v1beta/models/gemini-2.5-pro:batchGenerateContent":    {Model: "gemini-2.5-pro", Paid: true},
	} {
		if e, ok := EndpointOf("POST", path); !ok || e != want {
			t.Errorf("%s: %+v %v", path, e, ok)
		}
		if _, ok := EndpointOf("GET", path); ok {
			t.Errorf("GET %s asks a model", path)
		}
	}
	for _, free := range []string{"/v1/messages/count_tokens", "/v1beta/models/gemini-2.5-pro:countTokens", "/v1/responses/input_tokens", "/", ""} {
		if e, ok := EndpointOf("POST", free); ok {
			t.Errorf("%s costs: %+v", free, e)
		}
	}
}
