package apart

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"ringwall/internal/egress"
	"ringwall/internal/egress/authority"
	"ringwall/internal/egress/tripwire"
)

// talk is both sides without a process between them.
func talk(t *testing.T, cfg egress.Config) (*served, *desk, <-chan error) {
	t.Helper()
	ours, theirs := net.Pipe()
	d := newDesk(ours, cfg, newJudge(cfg.Plan))
	ended := make(chan error, 1)
	go func() { ended <- d.listen() }()
	s := &served{out: &sender{conn: theirs}, closed: make(chan error)}
	s.rec, s.fresh = newRecorder(s.out), newFresh(s.out)
	go s.talk(bufio.NewReader(theirs))
	t.Cleanup(func() { ours.Close(); theirs.Close() })
	return s, d, ended
}

// TestRefresh: a credential that has ended is read again outside, and why it
// cannot be is told.
func TestRefresh(t *testing.T) {
	cfg := config(tcpAddr(1), 2, &notes{}).Config
	asked := 0
	cfg.Refresh = func(_ context.Context, name string) (string, error) {
		if asked++; asked > 1 {
			return "", errors.New("the keyring is locked")
		}
		return "new " + name, nil
	}
	s, _, _ := talk(t, cfg)
	if got, err := s.fresh.ask(t.Context(), "model"); err != nil || got != "new model" {
		t.Errorf("%q %v", got, err)
	}
	if got, err := s.fresh.ask(t.Context(), "model"); err == nil || !strings.Contains(err.Error(), "keyring is locked") {
		t.Errorf("%q %v", got, err)
	}
}

// TestRefreshIsBounded: a source, which may be a command of the owner's, is not
// asked as often as somebody inside would like, and for no other name.
func TestRefreshIsBounded(t *testing.T) {
	cfg := config(tcpAddr(1), 2, &notes{}).Config
	calls := 0
	cfg.Refresh = func(context.Context, string) (string, error) { calls++; return "x", nil }
	s, _, ended := talk(t, cfg)
	var last error
	for range maxRefresh + 5 {
		_, last = s.fresh.ask(t.Context(), "model")
	}
	if calls != maxRefresh || last == nil {
		t.Errorf("%d calls, the last: %v", calls, last)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	go s.fresh.ask(ctx, "another")
	select {
	case err := <-ended:
		if !errors.Is(err, errFrame) {
			t.Error(err)
		}
	case <-ctx.Done():
		t.Error("a credential of no plan was asked for, and nothing happened")
	}
}

// TestStart: what the gateway gets is what the supervisor has, and nothing of
// the plan that is not about the network.
func TestStart(t *testing.T) {
	cfg := config(tcpAddr(1), 2, &notes{}).Config
	own, err := authority.New([]string{"a.example"}, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	cfg.Secrets = map[string]string{"model": "\xff\x80 not UTF-8"}
	cfg.Authority, cfg.Roots, cfg.Plan.Command = own, []byte("PEM"), []string{"secret-command"}
	cfg.Decoys = []tripwire.Value{{Name: "~/key", Kind: tripwire.Decoy, Cores: []string{"0123456789abcdefghij"}}}
	specs := []egress.SocketSpec{{Role: egress.RoleDNS, Network: "udp4", Addr: "0.0.0.0", Port: 53}}
	s, err := newStart(cfg, specs)
	if err != nil {
		t.Fatal(err)
	}
	b := encoded(t, s)
	if strings.Contains(string(b), "secret-command") {
		t.Error("the command is told")
	}
	told, got, err := readStart(b)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got.Secrets, got.Placeholders, string(got.Roots), told.Sockets, got.Decoys) !=
		fmt.Sprint(cfg.Secrets, cfg.Placeholders, "PEM", specs, cfg.Decoys) || len(got.Plan.Controls) != len(cfg.Plan.Controls) {
		t.Errorf("%+v %+v", told, got)
	}
	if _, err := got.Authority.Leaf("a.example"); err != nil {
		t.Error(err)
	}
	if _, err := got.Authority.Leaf("b.example"); err == nil {
		t.Error("it signs for another name")
	}
}
