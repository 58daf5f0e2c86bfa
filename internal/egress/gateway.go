package egress

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"

	"ringwall/internal/egress/tripwire"
	"ringwall/internal/evidence"
	"ringwall/internal/plan"
)

// maxConns is how many connections are served at once; one more is reset. What
// runs inside can so take a bounded part of the supervisor's memory.
const maxConns = 4096

// Config is what a gateway needs.
type Config struct {
	Plan plan.Plan
	// Secrets maps a credential's name to its value, and Placeholders to what
	// the agent got in its place for this run. A value is never logged.
	Secrets      map[string]string
	Placeholders map[string]string
	// Refresh reads a secret again that its service refused, or that has ended;
	// nil: none can be. Secrets, placeholders and what it returns are texts that
	// credform.Decode reads.
	Refresh func(ctx context.Context, name string) (string, error)
	// Authority signs for the names whose TLS is opened; nil: none is.
	Authority Authority
	// Roots are authorities in PEM that upstreams are believed by besides the
	// system's.
	Roots []byte
	// Decoys are what must not leave for anywhere, besides the placeholders on
	// their way to other hosts than their own.
	Decoys []tripwire.Value
	// Recorder is used from many goroutines at once.
	Recorder evidence.Recorder
	// Resolve gives the addresses of a name; nil: the host's resolver.
	Resolve func(ctx context.Context, name string) ([]netip.Addr, error)
	// Dial connects to an address that was decided on; nil: TCP.
	Dial func(ctx context.Context, to netip.AddrPort) (net.Conn, error)
}

// Stats counts what went through since the start.
type Stats struct {
	Allowed, Refused int64 // exchanges
	Sent, Received   int64 // bytes of what was allowed; Sent is out of the sandbox
	Models           Models
}

// Gateway serves the sockets of one sandbox.
type Gateway struct {
	cfg    Config
	policy Policy
	table  *nameTable

	dnsRefusals  *refusals
	tools        map[string]*refusals // by the program's name
	refusals     *refusals
	credRefusals map[string]*refusals // by control

	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
	slots  chan struct{}
	conns  closers
	sums   *sums
	broken atomic.Bool // something could not be recorded
	fault  chan error
	roots  *x509.CertPool // of upstreams; nil: the system's
	opened opened         // names whose TLS is opened
	bundle string         // where programs inside find the run's authority

	patience patience
	own      ownTable
	lookups  lookups
	heads    buffers
	blocks   blocks
	accounts accounts
	total    budget // of the run
	load     load
	second   *second
	keepers  []*keeper

	watch   *tripwire.Set // nil: nothing is looked for
	raised  raised
	learner learner
	models  models

	allowed, refused, sent, received atomic.Int64
}

// New checks the plan, the secrets and the placeholders. An error never
// contains a secret.
func New(cfg Config) (*Gateway, error) {
	policy, err := FromPlan(cfg.Plan)
	if err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	table, err := newNameTable(policy.names())
	if err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	table.admit = policy.admit
	if cfg.Recorder == nil {
		return nil, errors.New("gateway: no recorder: what cannot be recorded does not happen")
	}
	watch, err := watchFor(cfg, policy)
	if err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	roots, err := rootsOf(cfg.Roots)
	if err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	g := newGateway(cfg, policy, table)
	g.watch, g.roots, g.bundle = watch, roots, bundleOf(cfg.Plan)
	if err := g.takeKeys(); err != nil {
		g.cancel()
		return nil, err
	}
	return g, nil
}

// takeKeys makes a keeper of each credential.
func (g *Gateway) takeKeys() error {
	for _, c := range g.policy.creds {
		k, err := g.newKeeper(c)
		if err != nil {
			return fmt.Errorf("credential %s: %w", c.Name, err)
		}
		g.keepers = append(g.keepers, k)
	}
	return nil
}

func newGateway(cfg Config, policy Policy, table *nameTable) *Gateway {
	if cfg.Resolve == nil {
		cfg.Resolve = resolveOnHost
	}
	if cfg.Dial == nil {
		cfg.Dial = dialTCP
	}
	g := &Gateway{
		cfg: cfg, policy: policy, table: table,
		dnsRefusals:  newRefusals(ControlDNS, cfg.Recorder),
		tools:        toolRefusals(cfg.Plan, cfg.Recorder),
		refusals:     newRefusals(ControlGateway, cfg.Recorder),
		credRefusals: map[string]*refusals{},
		slots:        make(chan struct{}, maxConns),
		fault:        make(chan error, 1),
		patience:     patience{firstTime, idleTime, bodyTime},
	}
	table.learned = g.learnedName
	for _, c := range policy.creds {
		g.credRefusals[c.control] = newRefusals(c.control, cfg.Recorder)
	}
	g.sums = newSums(g)
	g.accounts = accounts{of: map[string]*account{}, purses: map[string]purse{}, common: map[string]*budget{}}
	g.load.most = maxHeads
	g.total = budget{control: ControlGateway, whose: "the policy", maxRequests: policy.maxRequests, maxSent: policy.maxSent}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	g.lookups.ask, g.lookups.ctx, g.lookups.run = cfg.Resolve, g.ctx, g.run
	return g
}

// Serve takes ownership of the files, one for each spec in the same order,
// starts to serve, and returns. On an error all files are closed and nothing
// is served. It is called once.
func (g *Gateway) Serve(specs []SocketSpec, files []*os.File) error {
	defer closeFiles(files)
	if len(specs) != len(files) {
		return fmt.Errorf("gateway: %d sockets for %d places", len(files), len(specs))
	}
	starts := make([]func(), len(specs))
	for i, s := range specs {
		start, err := g.open(s, files[i])
		if err != nil {
			g.conns.closeAll()
			return fmt.Errorf("gateway: %s: %w", s, err)
		}
		starts[i] = start
	}
	g.second = g.startSecond()
	for _, start := range starts {
		g.run(start)
	}
	return nil
}

// closeFiles closes the received descriptors; net has its own copies.
func closeFiles(files []*os.File) {
	for _, f := range files {
		if f != nil {
			f.Close()
		}
	}
}

// Close ends all listeners and connections, waits for everything to stop, and
// records what was counted and not yet told. It may be called more than once.
func (g *Gateway) Close() error {
	g.settle()
	g.cancel()
	g.conns.closeAll()
	g.wg.Wait()
	errs := []error{g.sums.close(), g.dnsRefusals.flush(), g.refusals.flush()}
	for _, r := range g.tools {
		errs = append(errs, r.flush())
	}
	for _, r := range g.credRefusals {
		errs = append(errs, r.flush())
	}
	return errors.Join(errs...)
}

// Stats is the count so far.
func (g *Gateway) Stats() Stats {
	return Stats{
		Allowed: g.allowed.Load(), Refused: g.refused.Load(),
		Sent: g.sent.Load(), Received: g.received.Load(), Models: g.models.total(),
	}
}
