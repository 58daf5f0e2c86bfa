package network

import "strings"

// Shared says what is to be known of a host that strangers can write to; empty:
// nothing is. Sink tells that it is hardly ever more than a way to carry data
// out, or in.
func Shared(host string) (reason string, sink bool) {
	for _, s := range sharedHosts() {
		if host == s.host || s.below && strings.HasSuffix(host, "."+s.host) {
			return s.reason, s.sink()
		}
	}
	return "", false
}

// sink: who works with these has a name of their own to write down.
func (s shared) sink() bool {
	for _, mark := range []string{"anyone can leave a text", "a server of their own", "shows every request", "the name decides", "metadata service"} {
		if strings.Contains(s.reason, mark) {
			return true
		}
	}
	return false
}
