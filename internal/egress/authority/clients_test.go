package authority

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// server answers over TLS with a certificate that the authority signed,
// whatever its scope is.
func server(t *testing.T, a *Authority, name string) (port string) {
	t.Helper()
	leaf, err := a.sign(name)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{*leaf}})
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello\n") })}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port
}

const (
	nodeClient = `require('https').get({host: '127.0.0.1', port: process.argv[3], servername: process.argv[2],
  headers: {host: process.argv[2]}}, r => r.pipe(process.stdout)).on('error', e => { console.error(e); process.exit(1) })`
	pythonClient = `import socket, ssl, sys
name, port = sys.argv[1], int(sys.argv[2])
context = ssl.create_default_context()
context.verify_flags |= ssl.VERIFY_X509_STRICT
with context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname=name) as s:
    s.sendall(b"GET / HTTP/1.0\r\nHost: x\r\n\r\n")
    print(s.recv(4096).split(b"\r\n")[0])
`
	javaClient = `import java.net.*; import java.net.http.*;
class Client {
    public static void main(String[] a) throws Exception {
        URI u = URI.create("https://" + a[0] + ":" + a[1] + "/");
        System.out.print(new String(u.toURL().openStream().readAllBytes()));
        System.out.print(HttpClient.newHttpClient().send(HttpRequest.newBuilder(u).build(), HttpResponse.BodyHandlers.ofString()).body());
    }
}
`
)

// trial is how a program asks for https://NAME:PORT/ on this machine, trusting
// what ca.pem and ca.jks of the folder hold.
type trial struct {
	tool string
	argv func(dir, name, port string) []string
}

func trials() []trial {
	return []trial{
		{"curl", func(_, name, port string) []string {
			return []string{"-sS", "--resolve", name + ":" + port + ":127.0.0.1", "https://" + name + ":" + port + "/"}
		}},
		{"openssl", func(dir, name, port string) []string {
			host := "-verify_hostname"
			if net.ParseIP(name) != nil {
				host = "-verify_ip"
			}
			return []string{"s_client", "-brief", "-x509_strict", "-verify_return_error", host, name, "-CAfile", dir + "/ca.pem", "-no-CApath",
				"-no-CAstore", "-connect", "127.0.0.1:" + port}
		}},
		{"node", func(dir, name, port string) []string { return []string{dir + "/client.js", name, port} }},
		{"python3", func(dir, name, port string) []string { return []string{dir + "/client.py", name, port} }},
		{"java", func(dir, name, port string) []string {
			return []string{"-Djdk.net.hosts.file=" + dir + "/hosts", "-Djavax.net.ssl.trustStore=" + dir + "/ca.jks", dir + "/Client.java", name, port}
		}},
	}
}

// missing skips by name, but where everything is installed first.
func missing(t *testing.T, tool string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("there is no %s", tool)
	}
	t.Skipf("there is no %s", tool)
}

// TestProgramsAccept: real programs take what the authority signs for its
// names, critical constraints and all, nothing that its key signs for another
// name, and nothing at all without the authority in their store.
func TestProgramsAccept(t *testing.T) {
	a := make1(t, "api.example.com", "*.wild.example", "127.0.0.1", "under_score.example.org")
	other := make1(t, "api.example.com", "127.0.0.1")
	trusting, not := folder(t, a), folder(t, other)
	for _, c := range trials() {
		if _, err := exec.LookPath(c.tool); err != nil {
			t.Run(c.tool, func(t *testing.T) { missing(t, c.tool) })
			continue
		}
		t.Run(c.tool, func(t *testing.T) {
			for _, name := range []string{"api.example.com", "a.wild.example", "127.0.0.1"} {
				port := server(t, a, name)
				if out, err := run(t, trusting, c, name, port); err != nil {
					t.Errorf("%s: %v\n%s", name, err, out)
				}
				if out, err := run(t, not, c, name, port); err == nil {
					t.Errorf("%s: accepted without the authority\n%s", name, out)
				}
			}
			const foreign = "other.example"
			if out, err := run(t, trusting, c, foreign, server(t, a, foreign)); err == nil && c.tool != "java" {
				// Java does not hold a store's certificate to its constraints.
				t.Errorf("a name outside the constraints is accepted\n%s", out)
			}
		})
	}
}

func folder(t *testing.T, a *Authority) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"ca.pem": string(a.Certificate()), "ca.jks": string(JavaStore(JavaEntries(a.Certificate()))),
		"client.js": nodeClient, "client.py": pythonClient, "Client.java": javaClient,
		"hosts": "127.0.0.1 api.example.com a.wild.example other.example\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func run(t *testing.T, dir string, c trial, name, port string) (string, error) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.tool, c.argv(dir, name, port)...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "NODE_EXTRA_CA_CERTS=" + dir + "/ca.pem",
		"SSL_CERT_FILE=" + dir + "/ca.pem", "SSL_CERT_DIR=/nonexistent", "CURL_CA_BUNDLE=" + dir + "/ca.pem"}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestKeytool: Java's own tool reads the store, with its sum, and finds every
// certificate of the system in it.
func TestKeytool(t *testing.T) {
	tool, err := exec.LookPath("keytool")
	if err != nil {
		missing(t, "keytool")
	}
	a, b := make1(t, "a.example"), make1(t, "b.example")
	store := JavaStore(JavaEntries(a.Certificate()), JavaEntries(b.Certificate()))
	list := func(store []byte) (string, error) {
		path := filepath.Join(t.TempDir(), "cacerts")
		if err := os.WriteFile(path, store, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(tool, "-list", "-keystore", path, "-storepass", javaPassword, "-J-Duser.language=en").CombinedOutput()
		return string(out), err
	}
	out, err := list(store)
	if want := "contains 2 entries"; err != nil || !strings.Contains(out, want) || !strings.Contains(out, "trustedCertEntry") {
		t.Errorf("keytool: %v\n%s", err, out)
	}
	store[40] ^= 1
	if out, err := list(store); err == nil {
		t.Errorf("a store with a wrong sum is read:\n%s", out)
	}
}
