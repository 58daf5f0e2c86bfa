//go:build linux

package backendtest

// archCalls are those that only this architecture has.
func archCalls() []Call { return nil }

var archProbes = map[string]probe{}
