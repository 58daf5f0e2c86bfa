package egress

import (
	"context"
	"errors"
	"net"

	"ringwall/internal/plan"
)

func (g *Gateway) dialUpstream(ctx context.Context, _, addr string) (net.Conn, error) {
	host, port, err := plan.SplitHostPort(addr, 0)
	if err != nil {
		return nil, err
	}
	return g.connect(ctx, dest{host, port})
}

// upstreamError tells a failure to connect from all others.
func upstreamError(err error) string {
	var op *net.OpError
	var dns *net.DNSError
	var proxy *proxyError
	switch {
	case errors.As(err, &proxy):
		return printable(proxy.Error())
	case errors.As(err, &dns):
		return "the name could not be resolved outside"
	case errors.As(err, &op) && op.Op == "dial":
		return printable(op.Error())
	}
	return "the upstream gave no valid answer"
}
