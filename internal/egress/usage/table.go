package usage

// Where the prices were read, and when.
const (
	anthropic = "https://docs.claude.com/en/docs/about-claude/pricing"
	openAI    = "https://platform.openai.com/docs/pricing"
	google    = "https://ai.google.dev/gemini-api/docs/pricing"
	read      = "2025-12"
)

// longContext is from where on a prompt is dearer, in tokens.
const longContext = 200_000

// table has the list prices of models that were common at the end of 2025. A
// model that is not in it costs an unknown amount.
func table() []Price {
	return []Price{
		claude("claude-opus-4-5", 5, 25),
		claude("claude-opus-4-1", 15, 75),
		claude("claude-opus-4", 15, 75),
		long(claude("claude-sonnet-4-5", 3, 15), claude("", 6, 22.5)),
		long(claude("claude-sonnet-4", 3, 15), claude("", 6, 22.5)),
		claude("claude-haiku-4-5", 1, 5),
		claude("claude-3-7-sonnet", 3, 15),
		claude("claude-3-5-sonnet", 3, 15),
		claude("claude-3-5-haiku", 0.80, 4),
		claude("claude-3-opus", 15, 75),
		{Model: "claude-3-haiku", Input: 0.25, Output: 1.25, CacheRead: 0.03, CacheWrite: 0.30, CacheWrite1h: 0.50,
			Source: anthropic, Date: read},

		gpt("gpt-5.2", 1.75, 0.175, 14),
		gpt("gpt-5.1", 1.25, 0.125, 10),
		gpt("gpt-5.1-codex", 1.25, 0.125, 10),
		gpt("gpt-5.1-codex-max", 1.25, 0.125, 10),
		gpt("gpt-5.1-codex-mini", 0.25, 0.025, 2),
		gpt("gpt-5", 1.25, 0.125, 10),
		gpt("gpt-5-codex", 1.25, 0.125, 10),
		gpt("gpt-5-mini", 0.25, 0.025, 2),
		gpt("gpt-5-nano", 0.05, 0.005, 0.40),
		gpt("gpt-4.1", 2, 0.50, 8),
		gpt("gpt-4.1-mini", 0.40, 0.10, 1.60),
		gpt("gpt-4.1-nano", 0.10, 0.025, 0.40),
		gpt("gpt-4o", 2.50, 1.25, 10),
		gpt("gpt-4o-2024-05-13", 5, 5, 15), // the first was dearer
		gpt("gpt-4o-mini", 0.15, 0.075, 0.60),
		gpt("o3", 2, 0.50, 8),
		gpt("o3-mini", 1.10, 0.55, 4.40),
		gpt("o4-mini", 1.10, 0.275, 4.40),
		gpt("o1", 15, 7.50, 60),
		gpt("codex-mini", 1.50, 0.375, 6),

		long(gemini("gemini-3-pro-preview", 2, 0.20, 12), gemini("", 4, 0.40, 18)),
		gemini("gemini-3-flash-preview", 0.50, 0.05, 3),
		long(gemini("gemini-2.5-pro", 1.25, 0.125, 10), gemini("", 2.50, 0.25, 15)),
		gemini("gemini-2.5-flash", 0.30, 0.03, 2.50),
		gemini("gemini-2.5-flash-lite", 0.10, 0.01, 0.40),
		gemini("gemini-2.0-flash", 0.10, 0.025, 0.40),
		gemini("gemini-2.0-flash-lite", 0.075, 0.075, 0.30),
	}
}

// claude: writing to the cache costs a quarter more than reading without one, or
// for an hour twice as much; reading from it a tenth.
func claude(model string, input, output float64) Price {
	return Price{Model: model, Input: input, Output: output, CacheRead: input / 10,
		CacheWrite: input * 1.25, CacheWrite1h: input * 2, Source: anthropic, Date: read}
}

// gpt: the cache is written by itself and costs nothing then.
func gpt(model string, input, cached, output float64) Price {
	return Price{Model: model, Input: input, Output: output, CacheRead: cached,
		CacheWrite: input, CacheWrite1h: input, Source: openAI, Date: read}
}

func gemini(model string, input, cached, output float64) Price {
	p := gpt(model, input, cached, output)
	p.Source = google
	return p
}

// long adds what a long prompt costs.
func long(p, beyond Price) Price {
	p.Over, p.Long = longContext, &beyond
	return p
}
