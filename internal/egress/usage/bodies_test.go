package usage

import "strings"

// body is an answer as a service sends it, and what it took.
type body struct {
	name  string
	text  string
	model string // in the path
	want  Usage
	usd   float64 // negative: unknown
}

// sse writes events, one for each text.
func sse(data ...string) string {
	var b strings.Builder
	for _, d := range data {
		b.WriteString("event: x\ndata: " + d + "\n\n")
	}
	return b.String()
}

const (
	messageStart = `{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","content":[],"usage":{"input_tokens":100,"cache_creation_input_tokens":3000,"cache_read_input_tokens":20000,"cache_creation":{"ephemeral_5m_input_tokens":2000,"ephemeral_1h_input_tokens":1000},"output_tokens":1,"service_tier":"standard"}}}`
	blockDelta   = `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\"usage\":{\"output_tokens\":999999}, 24 and so on"}}`
	messageDelta = `{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":500,"server_tool_use":{"web_search_requests":2}}}`
	messageStop  = `{"type":"message_stop"}`
)

var sonnet = Usage{Model: "claude-sonnet-4-5-20250929", Input: 100, CacheRead: 20000, CacheWrite: 2000, CacheWrite1h: 1000,
	Output: 500, Searches: 2, Known: true}

func bodies() []body {
	cut := sonnet
	cut.Output, cut.Searches, cut.Cut = 12, 0, true
	return []body{
		{"messages stream", sse(messageStart, `{"type": "ping"}`, blockDelta, messageDelta, messageStop), "", sonnet,
			0.0003 + 0.006 + 0.0075 + 0.006 + 0.0075 + 0.02},
		{"messages stream, cut", sse(messageStart, blockDelta), "", cut, 0.0003 + 0.006 + 0.0075 + 0.006 + 0.00018},
		{"messages", `{"id":"m","type":"message","model":"claude-haiku-4-5","content":[{"type":"text","text":"hi"}],"usage":{"input_tokens":1000,"output_tokens":2000}}`, "",
			Usage{Model: "claude-haiku-4-5", Input: 1000, Output: 2000, Known: true}, 0.011},
		{"messages, priority", `{"model":"claude-haiku-4-5","usage":{"input_tokens":1,"output_tokens":2,"service_tier":"priority"}}`, "",
			Usage{Model: "claude-haiku-4-5", Input: 1, Output: 2, Known: true, Odd: true}, -1},
		{"chat", `{"object":"chat.completion","model":"gpt-5-2025-08-07","service_tier":"default","choices":[{"message":{"content":"x"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3000,"completion_tokens":400,"total_tokens":3400,"prompt_tokens_details":{"cached_tokens":1000,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":300}}}`, "",
			Usage{Model: "gpt-5-2025-08-07", Input: 2000, CacheRead: 1000, Output: 400, Known: true}, 0.0025 + 0.000125 + 0.004},
		{"chat stream", sse(`{"model":"gpt-4o-mini","choices":[{"delta":{"content":"x"},"finish_reason":null}],"usage":null}`,
			`{"model":"gpt-4o-mini","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":20,"total_tokens":30}}`, `[DONE]`), "",
			Usage{Model: "gpt-4o-mini", Input: 10, Output: 20, Known: true}, 0.0000135},
		{"chat stream that does not tell", sse(`{"model":"gpt-4o-mini","choices":[{"delta":{"content":"x"}}]}`, `[DONE]`), "",
			Usage{Model: "gpt-4o-mini"}, -1},
		{"chat, sound", `{"model":"gpt-4o","usage":{"prompt_tokens":3,"completion_tokens":4,"completion_tokens_details":{"audio_tokens":4}}}`, "",
			Usage{Model: "gpt-4o", Input: 3, Output: 4, Known: true, Odd: true}, -1},
		{"chat, thoughts apart", `{"model":"m","usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":107}}`, "",
			Usage{Model: "m", Input: 3, Output: 104, Known: true}, -1},
		{"responses stream", sse(`{"type":"response.created","response":{"model":"gpt-5.1-codex","usage":null}}`,
			`{"type":"response.output_text.delta","delta":"hello"}`,
			`{"type":"response.completed","response":{"model":"gpt-5.1-codex","service_tier":"default","usage":{"input_tokens":5000,"input_tokens_details":{"cached_tokens":4000},"output_tokens":600,"output_tokens_details":{"reasoning_tokens":512},"total_tokens":5600}}}`), "",
			Usage{Model: "gpt-5.1-codex", Input: 1000, CacheRead: 4000, Output: 600, Known: true}, 0.00125 + 0.0005 + 0.006},
		{"responses, later", `{"object":"response","status":"queued","model":"gpt-5","usage":null}`, "", Usage{Model: "gpt-5"}, -1},
		{"gemini stream", sse(`{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":300000,"totalTokenCount":300010,"candidatesTokenCount":10},"modelVersion":"gemini-2.5-pro"}`,
			`{"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":300000,"cachedContentTokenCount":100000,"candidatesTokenCount":50,"thoughtsTokenCount":50,"totalTokenCount":300100,"promptTokensDetails":[{"modality":"TEXT","tokenCount":300000}]},"modelVersion":"gemini-2.5-pro"}`), "x",
			Usage{Model: "gemini-2.5-pro", Input: 200000, CacheRead: 100000, Output: 100, Known: true}, 0.5 + 0.025 + 0.0015},
		{"gemini list", `[{"candidates":[],"usageMetadata":{"promptTokenCount":8}}` + "\n,\r\n" +
			`{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":8,"candidatesTokenCount":2,"toolUsePromptTokenCount":2}}]`, "gemini-2.5-flash",
			Usage{Model: "gemini-2.5-flash", Input: 10, Output: 2, Known: true}, 0.000008},
		{"gemini, sound", `{"usageMetadata":{"promptTokenCount":8,"promptTokensDetails":[{"modality":"AUDIO","tokenCount":8}]}}`, "gemini-2.5-flash",
			Usage{Model: "gemini-2.5-flash", Input: 8, Known: true, Odd: true}, -1},
		{"nothing", "", "claude-opus-4-5", Usage{Model: "claude-opus-4-5"}, -1},
		{"an error", sse(messageStart, `{"type":"error","error":{"type":"overloaded_error"}}`), "",
			Usage{Model: sonnet.Model, Input: 100, CacheRead: 20000, CacheWrite: 2000, CacheWrite1h: 1000, Output: 1, Known: true, Cut: true}, 0.019815},
		{"a negative number", `{"model":"gpt-5","usage":{"prompt_tokens":-5,"completion_tokens":1}}`, "", Usage{Model: "gpt-5", Output: 1, Odd: true}, -1},
		{"a huge number", `{"model":"gpt-5","usage":{"prompt_tokens":1e300,"completion_tokens":1}}`, "", Usage{Model: "gpt-5", Output: 1, Odd: true}, -1},
		{"a name twice", `{"model":"gpt-5","usage":{"prompt_tokens":8000,"prompt_tokens":1,"completion_tokens":1},"usage":{"completion_tokens":0}}`, "",
			Usage{Model: "gpt-5", Input: 8000, Output: 1, Known: true}, 0.01001},
		{"an escaped name", `{"model":"gpt-5","us\u0061ge":{"prompt\u005ftokens":8,"completion_tokens":1}}`, "",
			Usage{Model: "gpt-5", Input: 8, Output: 1, Known: true}, 0.00002},
		{"elsewhere", `{"model":"gpt-5","x":{"usage":{"prompt_tokens":8}},"metadata":{"usage":{"input_tokens":8}},"usage":[{"prompt_tokens":8}]}`, "",
			Usage{Model: "gpt-5"}, -1},
	}
}
