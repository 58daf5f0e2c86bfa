package proof

import (
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ringwall/internal/egress/egresstest"
)

// client is a real program that does its ordinary work inside.
type client struct {
	name  string
	needs []string // programs
	// script is for the shell inside; it prints want at the end.
	script, want string
	// proxied: it honours the variables of a proxy, and is seen to use it.
	proxied bool
	// made is what must have reached the server.
	made func(*servers) int
}

// servers are those of one internet, each with a name of its own.
type servers struct {
	web, npm, pypi, goproxy, stream *egresstest.Site
	git                             *egresstest.Git
}

// names are the hosts that a policy has to allow for all of them.
func (s *servers) allow() string {
	var out []string
	for _, site := range s.all() {
		out = append(out, fmt.Sprintf("%q", site.Name))
	}
	return strings.Join(append(out, `"git.example:22"`, `"web.example:80"`), ", ")
}

func (s *servers) all() []*egresstest.Site {
	return []*egresstest.Site{s.web, s.npm, s.pypi, s.goproxy, s.stream, s.git.Site}
}

func newServers(n *egresstest.Net) *servers {
	return &servers{web: n.Web("web.example", nil), npm: n.NPM("npm.example"), pypi: n.PyPI("pypi.example"),
		goproxy: n.GoProxy("goproxy.example"), stream: n.Streams("stream.example"), git: n.Git("git.example")}
}

// family leaves a site's addresses of one family only.
func (s *servers) family(n *egresstest.Net, v6 bool) {
	for _, site := range s.all() {
		addr := site.V4
		if v6 {
			addr = site.V6
		}
		n.DNS.Set(site.Name, addr)
	}
}

func requests(of func(*servers) *egresstest.Site) func(*servers) int {
	return func(s *servers) int { return len(of(s).Requests()) }
}

// TestClients: real clients reach real servers by their names, with no word
// about a proxy and with one, over IPv4 and IPv6. Where the policy does not
// name the server, the same client fails and nothing arrives.
func TestClients(t *testing.T) {
	for _, proxied := range []bool{false, true} {
		for _, v6 := range []bool{false, true} {
			name := map[bool]string{false: "transparent", true: "proxy"}[proxied] + map[bool]string{false: "4", true: "6"}[v6]
			t.Run(name, func(t *testing.T) {
				for _, c := range clients() {
					t.Run(c.name, func(t *testing.T) { c.try(t, proxied, v6) })
				}
			})
		}
	}
}

// elsewhere works outside of the project, whose changes are looked at when all
// is over: that is not what is tried here.
const elsewhere = `P=$PWD; cp -r . ~/work; cd ~/work
`

// proxyWay sets the variables of a proxy where there is to be one. It is the
// gateway's, behind a relay that knows who came.
func proxyWay(b *egresstest.Box, proxied bool) string {
	if !proxied {
		return ""
	}
	b.Attacker()
	return `$P/attacker ` + egresstest.AttackLine + ` "relay:13128|` + proxy + `|$HOME/relayed" &
relay=$!
trap 'code=$?; kill $relay; [ $(wc -l <~/relayed) -le 1 ] || echo through the proxy; exit $code' EXIT
while [ ! -s ~/relayed ]; do sleep 0.02; done
export http_proxy=http://127.0.0.1:13128 https_proxy=http://127.0.0.1:13128
export HTTP_PROXY=$http_proxy HTTPS_PROXY=$https_proxy
`
}

func (c client) try(t *testing.T, proxied, v6 bool) {
	c.need(t)
	n := egresstest.New(t)
	s := newServers(n)
	s.family(n, v6)
	b := c.box(n, s, "allow = ["+s.allow()+"]", proxied)
	r := b.Run("sh", "-ec", elsewhere+proxyWay(b, proxied)+c.script)
	if !strings.Contains(r.Stdout, c.want) || r.Code != 0 || c.made(s) == 0 {
		t.Errorf("exit code %d, %d arrived, want %q:\n%s%s", r.Code, c.made(s), c.want, r.Stdout, r.Stderr)
	}
	if used := strings.Contains(r.Stdout, "through the proxy"); used != (proxied && c.proxied) {
		t.Errorf("the proxy was used: %v, want %v: %s", used, c.proxied, r.Stdout)
	}
	if proxied || v6 {
		return
	}
	closed := arrivals(n, s)
	r = c.box(n, s, onlyGood, proxied).Run("sh", "-ec", elsewhere+c.script)
	if strings.Contains(r.Stdout, c.want) || r.Code == 0 || closed() != 0 || len(r.Refusals()) == 0 {
		t.Errorf("not allowed: exit code %d, %d arrived, refused %v:\n%s", r.Code, closed(), r.Refusals(), r.Stdout)
	}
}

// arrivals counts what arrives from now on.
func arrivals(n *egresstest.Net, s *servers) func() int {
	count := func() int {
		sum := len(s.git.Commands()) + len(n.DNS.Asked(""))
		for _, site := range s.all() {
			sum += len(site.Requests())
		}
		return sum
	}
	before := count()
	return func() int { return count() - before }
}

// need fails where a program is missing: a client that was not tried is none
// that works. Who runs the tests by hand is told.
func (c client) need(t *testing.T) {
	for _, p := range c.needs {
		if _, err := exec.LookPath(p); err != nil {
			missing(t, p+" is not installed: scripts/test does it")
		}
	}
	if strings.Contains(c.script, "node_modules") && os.Getenv("RINGWALL_TEST_NODE") == "" {
		missing(t, "RINGWALL_TEST_NODE does not lead to the Node clients: scripts/test installs them")
	}
}

func missing(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// box is a project with all that the clients need.
func (c client) box(n *egresstest.Net, s *servers, network string, proxied bool) *egresstest.Box {
	b := n.Box(fmt.Sprintf("ca = [%q]\nproxy_env = %v\n%s\n[tools]\nallow = [\"curl\", \"ssh\"]", n.CA.File, proxied, network))
	b.File("key.base64", base64.StdEncoding.EncodeToString([]byte(s.git.Key))) // a key as it is would be hidden
	b.File("known_hosts", s.git.KnownHosts)
	for name, text := range programsInside {
		b.File(name, text)
	}
	if strings.Contains(c.script, "node_modules") {
		if err := os.CopyFS(filepath.Join(b.Dir, "node_modules"), os.DirFS(os.Getenv("RINGWALL_TEST_NODE"))); err != nil {
			panic(err)
		}
	}
	return b
}
