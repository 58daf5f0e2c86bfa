// Package usage reads out of a model API's answers what they took: tokens, by
// kind, and what these cost. It knows the answers of Anthropic's Messages,
// OpenAI's Chat Completions and Responses and what is compatible with them, and
// Google's generateContent, each as one JSON text or as a stream of events.
//
// It is pure, reads bytes as they pass, and keeps a bounded amount of them. What
// an answer does not say is unknown and never zero.
package usage

// Usage is what one answer took.
type Usage struct {
	Model string // as the answer names it; else the one in the path; may be empty
	// Tokens by kind, each token in one of them.
	Input        int64 // read, neither from a cache nor written to one
	CacheRead    int64
	CacheWrite   int64 // for five minutes, where there is a choice
	CacheWrite1h int64
	Output       int64 // thoughts included
	Searches     int64 // of the web, by the service itself

	// Known: the answer said what it took. Else the numbers are no numbers.
	Known bool
	// Cut: the answer did not come to its end. The numbers are what was seen, and
	// Output at least a token for four bytes of text.
	Cut bool
	// Odd: it was billed in a way that the prices here do not cover: another
	// service tier, sound, numbers that make no sense.
	Odd bool
}

// Read is all that was read, from a cache or not.
func (u Usage) Read() int64 { return u.Input + u.CacheRead + u.CacheWrite + u.CacheWrite1h }

// maxTokens is beyond what any answer takes; a larger number makes no sense.
const maxTokens = 1 << 40
