package network

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ringwall/internal/agent"
	"ringwall/internal/plan"
	"ringwall/internal/policy"
)

// firstListen is the loopback port inside on which the gateway speaks for the
// first credential's host.
const firstListen = 7081

// defaultShape is a placeholder for a service whose keys have no known form.
const defaultShape = "ringwall-placeholder-%s"

// broker plans the credentials of one policy.
type broker struct {
	policy policy.Policy
	agent  agent.Description
	ports  []int             // that the gateway listens on already
	vars   map[string]string // variables given away, and to which credential
	opened map[string]string // places whose TLS is opened for one, and for which
	next   int
}

func credentials(p policy.Policy, a agent.Agent, ports []int) ([]plan.Control, error) {
	b := broker{policy: p, ports: ports, vars: map[string]string{}, opened: map[string]string{}, next: firstListen}
	if a != nil {
		b.agent = a.Describe()
	}
	var out []plan.Control
	for i, c := range p.Credentials {
		control, err := b.control(fmt.Sprintf("credential[%d]", i), c)
		if err != nil {
			return nil, err
		}
		out = append(out, control)
	}
	return out, nil
}

// control plans one credential. One that cannot work has no port to listen on.
func (b *broker) control(key string, c policy.Credential) (plan.Control, error) {
	op, err := b.operation(key, c)
	if err != nil {
		return plan.Control{}, err
	}
	control := plan.Control{
		ID:     "network.credential:" + c.Name,
		Layer:  plan.Network,
		Want:   plan.Op{Credential: &op},
		Status: plan.Enforced,
		From:   b.policy.Where(key + ".name"),
	}
	if err := b.claim(key, op); err != nil {
		return plan.Control{}, err
	}
	listen := b.listen()
	if op.Intercept {
		if other, taken := b.opened[hostPort(plan.Egress{Host: op.Host, Port: op.Port})]; taken {
			return plan.Control{}, b.policy.ErrorAt(key+".host", "credential "+other+
				" is put into connections to it already: write base_url_env for one of them")
		}
		b.opened[hostPort(plan.Egress{Host: op.Host, Port: op.Port})] = op.Name
	}
	if why := b.lacks(op); why != "" {
		control.Status, control.Why = plan.Unavailable, why
		return control, nil
	}
	if op.BaseURLEnv != "" {
		op.Listen = listen
	}
	return control, nil
}

func (b *broker) operation(key string, c policy.Credential) (plan.Credential, error) {
	o, err := policy.ParseOrigin(c.Host)
	if err != nil {
		return plan.Credential{}, b.policy.ErrorAt(key+".host", err.Error())
	}
	host, err := plan.CanonicalHost(o.Host)
	if err != nil {
		return plan.Credential{}, b.policy.ErrorAt(key+".host", err.Error())
	}
	op := plan.Credential{
		Name: c.Name, FromEnv: c.From.Env, FromFile: c.From.File, FromJSON: c.From.JSON,
		FromCommand: c.From.Command, FromKeyring: c.From.Keyring, FromOAuth: c.From.OAuth,
		Scheme: o.Scheme, Host: host, Port: o.Port,
		Form: c.Form, Header: c.Header, Prefix: c.Prefix, Param: c.Param, User: c.User,
		KeyEnv: c.KeyEnv, BaseURLEnv: c.BaseURLEnv, IDEnv: c.IDEnv,
	}
	direct := c.Intercept != nil && *c.Intercept
	b.complete(&op, direct)
	// Without an address to lead its clients to, the placeholder is swapped
	// where they connect to by themselves.
	op.Intercept = direct || c.Intercept == nil && op.BaseURLEnv == "" && op.Scheme == "https"
	return op, nil
}

// complete fills in what the policy left out: from what is known of the agent
// where the secret is the agent's own key, then of the service, and the name of
// the variable that the owner keeps the secret in.
func (b *broker) complete(op *plan.Credential, direct bool) {
	known := serviceOf(op.Host, op.FromOAuth)
	if s, own := b.ownKey(*op); own {
		s.fill(op, direct)
		op.Shape = s.shape
	}
	known.fill(op, direct)
	setIfEmpty(&op.Shape, known.shape)
	setIfEmpty(&op.Shape, shapeOfSignIn(op.FromOAuth))
	setIfEmpty(&op.Shape, shapeOf(op.KeyEnv, op.FromEnv))
	setIfEmpty(&op.KeyEnv, op.FromEnv)
	if op.Form == plan.FormHeader {
		op.Form = ""
	}
	if op.Form == plan.FormSigV4 {
		op.Shape = amazonShape
	}
	setIfEmpty(&op.Shape, defaultShape)
}

// ownKey is the agent as a service. Its own key is told by its host, or by the
// variable that it is taken from or given in. Another host that takes it speaks
// what the agent's own service does, under the same path.
func (b *broker) ownKey(op plan.Credential) (service, bool) {
	a := b.agent
	key := cmp.Or(op.KeyEnv, op.FromEnv)
	own := a.APIHost != "" && op.Host == a.APIHost || a.KeyEnv != "" && key == a.KeyEnv
	return service{header: strings.ToLower(a.Header), keyEnv: a.KeyEnv, baseURLEnv: a.BaseURLEnv, shape: a.KeyShape,
			basePath: serviceOf(a.APIHost, "").basePath},
		own && op.FromOAuth == "" && (op.Form == "" || op.Form == plan.FormHeader)
}

func setIfEmpty(s *string, value string) {
	if *s == "" {
		*s = value
	}
}

// lacks says why a credential cannot work; empty: it can.
func (b *broker) lacks(op plan.Credential) string {
	switch {
	case b.policy.Network.Mode == policy.None:
		return `network.mode is "none": there is no gateway`
	case b.denied(op):
		return "the policy denies its host"
	case op.BaseURLEnv == "" && !op.Intercept:
		return "no variable is known that points a client of " + op.Host + " at the gateway: write base_url_env"
	case op.Form == "" && op.Header == "":
		return "it is not known which header carries the secret for " + op.Host + ": write header, or form"
	case op.Form == plan.FormQuery && op.Param == "":
		return "it is not known which parameter carries the secret for " + op.Host + ": write param"
	}
	return ""
}

func (b *broker) denied(op plan.Credential) bool {
	_, denied := b.policy.Denies(target(plan.Egress{Host: op.Host, Port: op.Port}))
	return denied
}

// listen is the next loopback port that the gateway does not need itself. It
// is used up also where the credential turns out not to work, so that the
// ports of the others do not depend on it.
func (b *broker) listen() int {
	for slices.Contains(b.ports, b.next) {
		b.next++
	}
	b.next++
	return b.next - 1
}

// claim refuses a variable that is given away already: a second credential, or
// the policy's own environment, would put something in a placeholder's place,
// the secret itself at worst.
func (b *broker) claim(key string, op plan.Credential) error {
	for _, v := range []string{op.KeyEnv, op.BaseURLEnv, op.IDEnv} {
		if v == "" {
			continue
		}
		if _, set := b.policy.Env.Set[v]; set || slices.Contains(b.policy.Env.Pass, v) {
			return b.policy.ErrorAt(key, v+" is set for this credential and cannot stand in [env] too")
		}
		if other, taken := b.vars[v]; taken {
			return b.policy.ErrorAt(key, v+" is set for credential "+other+" already: write key_env and base_url_env")
		}
		b.vars[v] = op.Name
	}
	return nil
}

// opened adds the places whose TLS has to be opened for a credential, and has
// those opened that the policy allows already.
func opened(p policy.Policy, a agent.Agent, all []destination) ([]destination, error) {
	secrets, err := credentials(p, a, nil)
	if err != nil {
		return nil, err
	}
	for _, c := range secrets {
		k := c.Want.Credential
		if !k.Intercept || c.Status == plan.Unavailable {
			continue
		}
		i := covering(all, k.Host, k.Port)
		if i < 0 {
			all = append(all, destination{egress: plan.Egress{Host: k.Host, Port: k.Port}, from: c.From})
			i = len(all) - 1
		}
		all = open(all, i, k)
	}
	return all, nil
}
