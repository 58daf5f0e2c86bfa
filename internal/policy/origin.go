package policy

import (
	"errors"
	"net/netip"
	"strings"
)

// Origin is where a credential belongs.
type Origin struct {
	Scheme string // "https", or "http" to this machine itself
	Destination
}

// ParseOrigin reads the host of a credential: "host", "host:port", or
// "http://127.0.0.1:8080" for a service on this machine. A secret never leaves
// the machine in the clear.
func ParseOrigin(s string) (Origin, error) {
	rest, plain := strings.CutPrefix(s, "http://")
	d, err := ParseDestination(rest)
	if err != nil {
		return Origin{}, err
	}
	if !plain {
		return Origin{Scheme: "https", Destination: d}, nil
	}
	if !loopback(d.Host) {
		return Origin{}, errors.New("http:// would send the secret in the clear: it is for localhost or a loopback address only")
	}
	if _, _, written := cutPort(rest); !written {
		d.Port = 80
	}
	return Origin{Scheme: "http", Destination: d}, nil
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}
