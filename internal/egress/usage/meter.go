package usage

import "strconv"

// Meter reads one answer's body as it passes. It takes all that it is given,
// keeps no more than some hundred bytes of it, and never fails.
type Meter struct {
	stream  stream
	model   string
	numbers [keys]int64
	seen    [keys]bool
	written int64 // bytes of text that the model wrote, as far as it came in pieces
	stopped bool  // the answer says that it is complete
	odd     bool
}

// NewMeter reads an answer. Model is what the request's path names, or empty.
func NewMeter(model string) *Meter {
	m := &Meter{model: model}
	m.stream.scan.found = m.leaf
	return m
}

// Write implements io.Writer. The result does not depend on how the body is cut
// into pieces.
func (m *Meter) Write(p []byte) (int, error) {
	m.stream.write(p)
	return len(p), nil
}

// leaf takes a value. The members that matter lie at the top of an answer, in
// the "message" or "response" of an event, or in an element of a list.
func (m *Meter) leaf(path []key, v leaf) {
	if path[0] == element {
		if path = path[1:]; len(path) == 0 {
			m.stopped = m.stopped || string(v.bytes) == "DONE" // of OpenAI: "data: [DONE]"
			return
		}
	}
	if v.quoted && written(path) {
		m.written += v.size
	}
	if len(path) > 1 && (path[0] == message || path[0] == response) {
		path = path[1:]
	}
	last := path[len(path)-1]
	switch {
	case len(path) == 1:
		m.top(last, v)
	case path[0] == usage:
		m.usage(path, last, v)
	case (path[0] == choices || path[0] == candidates) && len(path) == 3 && last == finish,
		path[0] == delta && len(path) == 2 && last == stop:
		m.stopped = m.stopped || v.quoted && v.size > 0
	}
}

// written tells whether a text is a piece of what the model writes.
func written(path []key) bool {
	for _, k := range path {
		if k == delta {
			last := path[len(path)-1]
			return last == text || last == delta
		}
	}
	return false
}

// top takes a member of the answer itself.
func (m *Meter) top(k key, v leaf) {
	switch {
	case k == model && v.quoted && len(v.bytes) > 0:
		m.model = string(v.bytes)
	case k == tier:
		m.tier(v)
	case k == kind && v.quoted:
		switch string(v.bytes) {
		case "message_stop", "response.completed", "response.incomplete", "response.failed":
			m.stopped = true
		}
	}
}

// tier: what is billed by list, or cheaper. "priority" is dearer, or paid
// otherwise.
func (m *Meter) tier(v leaf) {
	switch string(v.bytes) {
	case "null", "standard", "default", "auto", "batch", "flex", "on_demand":
		return
	}
	m.odd = true
}

// usage takes a number. Counts in a stream grow, so the largest holds; it also
// does where a name stands twice.
func (m *Meter) usage(path []key, last key, v leaf) {
	switch {
	case last == tier && len(path) == 2:
		m.tier(v)
	case last == modality && path[1] == part:
		m.odd = m.odd || string(v.bytes) == "AUDIO"
	case last >= inputTokens && last < modality && (len(path) == 2 || len(path) == 3 && path[1] == part):
		m.number(last, v)
	}
}

func (m *Meter) number(k key, v leaf) {
	if string(v.bytes) == "null" {
		return
	}
	n, err := strconv.ParseInt(string(v.bytes), 10, 64)
	if err != nil || n < 0 || n > maxTokens || v.quoted {
		m.odd = true
		return
	}
	m.seen[k] = true
	m.numbers[k] = max(m.numbers[k], n)
}

// Usage is the result so far; ended tells whether the body came to its end.
func (m *Meter) Usage(ended bool) Usage {
	n := &m.numbers
	u := Usage{
		Model: m.model, Searches: n[searches], Cut: !m.complete(ended), Odd: m.odd || n[audio] > 0,
		Input:  max(n[inputTokens], n[promptTokens], n[promptCount]+n[toolCount]),
		Output: max(n[outputTokens], n[completionTokens], n[candidatesCount]+n[thoughtsCount]),
		Known:  m.seen[inputTokens] || m.seen[promptTokens] || m.seen[promptCount],
	}
	u.Output = max(u.Output, n[total]-u.Input) // there are services that leave thoughts out
	if m.seen[inputTokens] {
		m.beside(&u)
	}
	m.within(&u)
	if u.Cut {
		u.Output = max(u.Output, (m.written+3)/4)
	}
	return u
}

// beside: Anthropic counts what concerns the cache beside the input.
func (m *Meter) beside(u *Usage) {
	n := &m.numbers
	u.CacheRead = n[cacheRead]
	u.CacheWrite1h = n[write1h]
	u.CacheWrite = max(n[cacheWrite]-n[write1h], n[write5m])
}

// within: OpenAI and Gemini count what came from the cache as part of the input.
func (m *Meter) within(u *Usage) {
	n := &m.numbers
	part := max(n[cached], n[cachedCount])
	u.Odd = u.Odd || part > u.Input || !m.seen[inputTokens] && n[cacheWrite] > 0
	part = min(part, u.Input)
	u.Input, u.CacheRead = u.Input-part, u.CacheRead+part
}

// complete: a JSON text was closed, or an event said that it was the last.
func (m *Meter) complete(ended bool) bool {
	s := &m.stream.scan
	if m.stream.form == json {
		return s.whole && !s.strange
	}
	return m.stopped && !s.strange || m.stream.form == unseen && ended
}
