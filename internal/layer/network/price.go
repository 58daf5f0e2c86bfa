package network

import (
	"ringwall/internal/plan"
	"ringwall/internal/policy"
)

// prices are the owner's, by which the gateway says what an answer cost.
func prices(p policy.Policy) []plan.Price {
	var out []plan.Price
	for _, price := range p.Loop.Prices {
		out = append(out, plan.Price(price))
	}
	return out
}
