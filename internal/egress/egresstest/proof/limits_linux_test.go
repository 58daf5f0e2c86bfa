package proof

import "testing"

// waysOfLimits: too much, too slowly.
func waysOfLimits() []way {
	return []way{
		{id: "PRX-20", what: "slow, many, large and unread: the gateway is exhausted", test: exhausted,
			by: []string{"TestTooManyConnections", "TestHugeHelloEnds", "TestDNSOverTCPBounds"}},
	}
}

func exhausted(t *testing.T) {}

// authority: until something is intercepted there is none.
func authority(t *testing.T) {}
