package native

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"ringwall/internal/backend/backendtest"
	"ringwall/internal/egress/authority"
	"ringwall/internal/evidence"
	"ringwall/internal/plan"
)

// far is a TLS server of this machine that an authority of its own vouches for,
// which no program knows.
type far struct {
	port int
	pem  string // file of its authority
}

const farBody = "hello from far\n"

func newFar(t *testing.T) far {
	t.Helper()
	a, err := authority.New([]string{"127.0.0.1"}, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := a.Leaf("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp4", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{*leaf}})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, farBody) })
	mux.HandleFunc("/repo/info/refs", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("a", 40)+"\trefs/heads/hello-from-far\n")
	})
	srv := &http.Server{Handler: mux}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { srv.Close() })
	f := far{port: l.Addr().(*net.TCPAddr).Port, pem: filepath.Join(t.TempDir(), "far.pem")}
	write(t, f.pem, string(a.Certificate()))
	return f
}

// asks are programs that ask for a URL; "URL" stands for it.
var asks = map[string][]string{
	"curl":         {"curl", "-sS", "URL"},
	"curl, bare":   {"env", "-i", "/usr/bin/curl", "-sS", "URL"},
	"wget":         {"wget", "-q", "-O-", "URL"},
	"git":          {"git", "ls-remote", "URLrepo"},
	"openssl":      {"/bin/sh", "-c", `printf 'GET / HTTP/1.0\r\nHost: '"$1"'\r\n\r\n' | openssl s_client -quiet -verify_return_error -verify_ip 127.0.0.1 -connect "$1"`, "sh", "HOST"},
	"node":         {"node", "-e", `require('https').get(process.argv[1], r => r.pipe(process.stdout)).on('error', e => { console.error(e); process.exit(1) })`, "URL"},
	"node, fetch":  {"node", "-e", `fetch(process.argv[1]).then(r => r.text()).then(t => process.stdout.write(t)).catch(e => { console.error(e); process.exit(1) })`, "URL"},
	"python":       {"python3", "-c", `import sys, urllib.request as u; sys.stdout.write(u.urlopen(sys.argv[1]).read().decode())`, "URL"},
	"python, bare": {"env", "-i", "/usr/bin/python3", "-c", `import sys, urllib.request as u; sys.stdout.write(u.urlopen(sys.argv[1]).read().decode())`, "URL"},
	"python, requests": {"python3", "-c", `import sys
try: import requests
except ImportError: from pip._vendor import requests
sys.stdout.write(requests.get(sys.argv[1]).text)`, "URL"},
	"java": {"java", "-Xmx256m", "Client.java", "URL"},
	"go":   {backendtest.Program, "get", "URL"},
}

const javaClient = `import java.net.*; import java.net.http.*;
class Client {
    public static void main(String[] a) throws Exception {
        URI u = URI.create(a[0]);
        System.out.print(new String(u.toURL().openStream().readAllBytes()));
        System.out.print(HttpClient.newHttpClient().send(HttpRequest.newBuilder(u).build(), HttpResponse.BodyHandlers.ofString()).body());
    }
}
`

// get is what this program is for "go" above.
func get(url string) error {
	resp, err := http.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(os.Stdout, resp.Body)
	return err
}

// asking is a box whose TLS to far is opened. Without stores the authority is
// there and no program is told of it.
func asking(t *testing.T, tg backendtest.Target, f far, stores bool) *backendtest.Box {
	b := opened(backendtest.NewBox(t, tg), "127.0.0.1", f.port)
	w := trusting(b)
	w.EnvVars = []string{"SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "GIT_SSL_CAINFO"}
	w.Extra = []string{f.pem}
	if !stores {
		w.Bundles, w.Java, w.EnvVars, w.AddVars = []string{plan.TrustBundle}, nil, nil, nil
	}
	b.Add("network.trust", plan.Op{Trust: w})
	b.File("Client.java", javaClient)
	return b.Limit("memory", 3<<30).Limit("pids", 400).Limit("time", 120).Limit("files", 4096)
}

// heldOpen lets the gateway see how a connection ended before the run does.
const heldOpen = `"$@" >&2; code=$?; sleep 0.3; exit $code`

// TestRealClientsAreOpened: programs of all kinds reach a server through opened
// TLS with nothing but the stores and the variables, and none does without: the
// authority is known to nobody by itself.
func TestRealClientsAreOpened(t *testing.T) {
	tg := target(t)
	f := newFar(t)
	host := "127.0.0.1:" + strconv.Itoa(f.port)
	for name, argv := range asks {
		t.Run(name, func(t *testing.T) {
			program := argv[0]
			if strings.HasSuffix(name, "bare") {
				program = argv[2]
			}
			if program != backendtest.Program {
				needs(t, program)
			}
			command := strings.Split(strings.NewReplacer("URL", "https://"+host+"/", "HOST", host).Replace(strings.Join(argv, "\x00")), "\x00")
			if path, err := exec.LookPath(command[0]); err == nil && strings.HasPrefix(path, "/usr/") {
				command[0] = path
			} else if program != backendtest.Program {
				command[0] = "/usr/bin/" + filepath.Base(command[0])
			}
			b := asking(t, tg, f, true)
			ran := b.Command(append([]string{"/bin/sh", "-c", heldOpen, "sh"}, command...)...)
			if ran.Err != nil || ran.ExitCode != 0 || !said(ran.Stderr) {
				t.Errorf("%v, exit %d\n%s\n%v", ran.Err, ran.ExitCode, ran.Stderr, b.Refusals("network.gateway"))
			}
			if len(b.Recorder.Of(evidence.KindRequest)) == 0 {
				t.Error("the gateway saw no request")
			}
			b = asking(t, tg, f, false)
			ran = b.Command(append([]string{"/bin/sh", "-c", heldOpen, "sh"}, command...)...)
			if ran.Err != nil || ran.ExitCode == 0 || said(ran.Stderr) {
				t.Errorf("without the stores: %v, exit %d\n%s", ran.Err, ran.ExitCode, ran.Stderr)
			}
			if len(b.Refusals("network.gateway")) == 0 {
				t.Error("nothing says why it failed")
			}
		})
	}
}

func said(text string) bool {
	return strings.Contains(text, farBody) || strings.Contains(text, "hello-from-far")
}

// TestMethodsInsideTLS: what the rule does not allow is answered readably inside
// the connection.
func TestMethodsInsideTLS(t *testing.T) {
	needs(t, "curl")
	tg, f := target(t), newFar(t)
	b := asking(t, tg, f, true)
	b.Add("network.allow:127.0.0.1", plan.Op{Egress: &plan.Egress{Host: "127.0.0.1", Port: f.port, Methods: []string{"GET"}, Intercept: true}})
	ran := b.Command("/bin/sh", "-c", fmt.Sprintf(`curl -sS -d x https://127.0.0.1:%d/ >&2`, f.port))
	if ran.Err != nil || !strings.Contains(ran.Stderr, "ringwall refused: POST") || said(ran.Stderr) {
		t.Errorf("%v\n%s", ran.Err, ran.Stderr)
	}
}
