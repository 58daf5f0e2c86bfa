package usage

import "strings"

// Price is what a model's tokens cost, in USD for a million of them.
type Price struct {
	Model        string
	Input        float64
	Output       float64
	CacheRead    float64
	CacheWrite   float64 // for five minutes
	CacheWrite1h float64
	// Over, where it is not 0, is the number of tokens read beyond which Long
	// holds for the whole answer.
	Over int64
	Long *Price
	// Source and Date tell where and when the price was read. Empty: it is the
	// owner's.
	Source, Date string
}

// searchPrice is of a web search by Anthropic's service, in USD.
const searchPrice = 10.0 / 1000

// Cost is what an answer cost, in USD, by the owner's prices and then by the
// table. False: it is not known.
func Cost(u Usage, own []Price) (float64, bool) {
	if !u.Known || u.Odd {
		return 0, false
	}
	p, ok := Find(u.Model, own)
	usd := p.of(u)
	if !ok || usd > maxCost {
		return 0, false
	}
	return usd, true
}

// maxCost is beyond what any answer costs, in USD; more makes no sense.
const maxCost = 1e6

// Find is the price of a model. The longest name counts, and the owner's before
// the table's where both are as long.
func Find(model string, own []Price) (best Price, ok bool) {
	for _, list := range [][]Price{own, table()} {
		for _, p := range list {
			if is(model, p.Model) && len(p.Model) > len(best.Model) {
				best, ok = p, true
			}
		}
	}
	return best, ok
}

// is tells whether a model's ID is a name, or one with the mark of a version
// behind it. Anything else behind a name is another model, with another price:
// "gpt-5-pro" is not "gpt-5".
func is(model, name string) bool {
	model = strings.TrimPrefix(model, "models/")
	rest, ok := strings.CutPrefix(model, name)
	if !ok || name == "" {
		return false
	}
	if rest == "" {
		return true
	}
	mark, rest := rest[0], rest[1:]
	return mark == '@' && digits(rest, 8) || mark == '-' && version(rest)
}

// version: a date, "20250929" or "2025-08-07", the number of a stable version,
// "001", or what is newest.
func version(s string) bool {
	date := len(s) == 10 && s[4] == '-' && s[7] == '-' && digits(s[:4]+s[5:7]+s[8:], 8)
	return date || digits(s, 8) || digits(s, 3) || s == "latest" || s == "0"
}

func digits(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789") == ""
}

func (p Price) of(u Usage) float64 {
	if p.Long != nil && u.Read() > p.Over {
		p = *p.Long
	}
	tokens := p.Input*float64(u.Input) + p.CacheRead*float64(u.CacheRead) +
		p.CacheWrite*float64(u.CacheWrite) + p.CacheWrite1h*float64(u.CacheWrite1h) + p.Output*float64(u.Output)
	return tokens/1e6 + searchPrice*float64(u.Searches)
}
