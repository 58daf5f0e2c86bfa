package proof

import (
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	runs "ringwall/internal/egress/authority"
	"ringwall/internal/egress/egresstest"
)

const tools = "\n[tools]\nallow = [\"curl\", \"openssl\"]\n"

// TestOpenedByAPolicy: what a rule says of requests holds inside TLS, for a
// program that was told of nothing, and only what it allows arrives. With the
// host alone in the policy the same requests all arrive.
func TestOpenedByAPolicy(t *testing.T) {
	n := egresstest.New(t)
	site := n.Web("api.example", nil)
	asks := map[string][]string{
		"allowed":         {"https://api.example/v1/x"},
		"another method":  {"-d", "secret", "https://api.example/v1/y"},
		"another path":    {"https://api.example/admin"},
		"another host":    {"-H", "Host: front.example", "https://api.example/v1/z"},
		"the same in h1":  {"--http1.1", "-H", "Host: front.example", "https://api.example/v1/z"},
		"a path two ways": {"--path-as-is", "https://api.example/v1/../admin"},
	}
	strict := n.Box("[[network.rule]]\nhost = \"api.example\"\nmethods = [\"GET\"]\npaths = [\"/v1/**\"]\n" + tools)
	free := n.Box("allow = [\"api.example\"]\n" + tools)
	for name, ask := range asks {
		argv := append([]string{"curl", "-sS", "-i"}, ask...)
		before := len(site.Requests())
		ran := strict.Run(argv...)
		arrived := len(site.Requests()) - before
		if name == "allowed" {
			if ran.Code != 0 || arrived != 1 || !strings.Contains(ran.Stdout, egresstest.Reached) {
				t.Errorf("%s: exit %d, %d arrived\n%s%s", name, ran.Code, arrived, ran.Stdout, ran.Stderr)
			}
			continue
		}
		if arrived != 0 || !strings.Contains(ran.Stdout, "ringwall refused") || len(ran.Refusals()) == 0 {
			t.Errorf("%s: %d arrived\n%s%s", name, arrived, ran.Stdout, ran.Stderr)
		}
		if strings.Contains(name, "host") && !strings.Contains(ran.Stdout, " 421") {
			t.Errorf("%s: not 421\n%s", name, ran.Stdout)
		}
		before = len(site.Requests())
		if free.Run(append(argv, "--cacert", free.CA())...); len(site.Requests()) != before+1 {
			t.Errorf("%s: with the host alone it does not arrive either", name)
		}
	}
}

// TestAuthoritiesOfAPolicy: network.ca is believed by the gateway where it
// opens TLS, and by programs inside where it does not. Without it neither
// believes the server.
func TestAuthoritiesOfAPolicy(t *testing.T) {
	n := egresstest.New(t)
	a, err := runs.New([]string{"*.corp.example"}, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "corp.pem")
	if err := os.WriteFile(file, a.Certificate(), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"opened.corp.example", "closed.corp.example"} {
		v4, _ := n.Host(name)
		leaf, err := a.Leaf(name)
		if err != nil {
			t.Fatal(err)
		}
		srv := &http.Server{ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, egresstest.Reached)
		})}
		l := tls.NewListener(n.Listen("tcp4", egresstest.At(v4, 443)), &tls.Config{Certificates: []tls.Certificate{*leaf}})
		go func() { _ = srv.Serve(l) }()
		t.Cleanup(func() { srv.Close() })
	}
	rules := "allow = [\"closed.corp.example\"]\n%\n[[network.rule]]\nhost = \"opened.corp.example\"\nmethods = [\"GET\"]\n" + tools
	with := n.Box(strings.Replace(rules, "%", "ca = [\""+file+"\"]", 1))
	without := n.Box(strings.Replace(rules, "%", "", 1))
	for _, name := range []string{"opened", "closed"} {
		argv := []string{"curl", "-sS", "https://" + name + ".corp.example/"}
		if ran := with.Run(argv...); !strings.Contains(ran.Stdout, egresstest.Reached) {
			t.Errorf("%s: %s%s", name, ran.Stdout, ran.Stderr)
		}
		if ran := without.Run(argv...); strings.Contains(ran.Stdout, egresstest.Reached) {
			t.Errorf("%s: believed without the authority\n%s", name, ran.Stdout)
		}
	}
}
