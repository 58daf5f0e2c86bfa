package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"ringwall/internal/egress/egresstest"
)

// Places in the network.
const (
	siteName   = "site.example"
	deniedName = "denied.example"
	rawPort    = 9000
	alertPort  = 9443 // a server that itself refuses, at once
	deniedPort = 9403
	ownProxy   = "127.0.0.1:3128" // the gateway's own, inside
)

// path is one way from the load to the site.
type path struct {
	name   string
	proxy  string    // empty: none
	inside bool      // the load runs in a sandbox
	peer   *exec.Cmd // the proxy
	open   bool      // it opens TLS
	bare   bool      // it knows CONNECT alone
}

// takes tells whether a job goes by this way unless it asks for some.
func (p *path) takes(j job) bool {
	return !p.open && (!p.bare || j.What == "tls" || j.What == "raw")
}

func (b *bench) prepare() {
	b.net = egresstest.New(b)
	b.serve()
	b.box = b.net.Box(policy(b.net.CA.File, false))
	b.program = filepath.Join(b.box.Dir, "load")
	copyFile(b, "/proc/self/exe", b.program)
	b.ways = []*path{{name: "direct"}, {name: "ringwall", inside: true}, {name: "ringwall, as a proxy", inside: true, proxy: ownProxy}}
	b.relay()
	b.squid()
	b.tinyproxy()
	b.mitmproxy()
	b.ways = slices.DeleteFunc(b.ways, func(p *path) bool { return p.name == b.without })
}

// policy allows the site, opened or not.
func policy(ca string, intercept bool) string {
	text := fmt.Sprintf("ca = [%q]\nallow = [\"%s:80\", \"%s:%d\"", ca, siteName, siteName, rawPort)
	if !intercept {
		return text + fmt.Sprintf(", %q]", siteName)
	}
	return text + fmt.Sprintf("]\n[[network.rule]]\nhost = %q\nmethods = [\"GET\"]\n", siteName)
}

// serve is the site: small answers, large ones, and a port that sends zeros.
func (b *bench) serve() {
	m := http.NewServeMux()
	m.HandleFunc("/small", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "small\n") })
	m.HandleFunc("/bytes", func(w http.ResponseWriter, r *http.Request) {
		var n int64
		_, _ = fmt.Sscan(r.URL.Query().Get("n"), &n)
		w.Header().Set("Content-Length", fmt.Sprint(n))
		_, _ = io.CopyN(w, zeros{}, n)
	})
	b.site = b.net.Quiet(siteName, m)
	b.net.Host(deniedName)
	b.net.Serve(egresstest.At(b.site.V4, rawPort), func(c net.Conn) {
		var n int64
		line, err := bufio.NewReader(c).ReadString('\n')
		if _, bad := fmt.Sscan(line, &n); err == nil && bad == nil {
			_, _ = io.CopyN(c, zeros{}, n)
		}
	})
	b.net.Serve(egresstest.At(b.site.V4, alertPort), says("\x15\x03\x03\x00\x02\x02\x31"))
	b.net.Serve(egresstest.At(b.site.V4, deniedPort), says("HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno\n"))
	// One family, so that all ways take the same.
	b.net.DNS.Set(siteName, b.site.V4)
}

// says is a server with one answer to whatever comes first.
func says(text string) func(net.Conn) {
	return func(c net.Conn) {
		if _, err := c.Read(make([]byte, 4<<10)); err == nil {
			_, _ = io.WriteString(c, text)
		}
	}
}

type zeros struct{}

// Read implements io.Reader.
func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// load runs a job by a way.
func (b *bench) load(p *path, j job) result {
	cmd, stop := b.loadCommand(p, j)
	defer stop()
	out, err := cmd.Output()
	var r result
	if err == nil {
		err = json.Unmarshal(out, &r)
	}
	if err != nil {
		var exit *exec.ExitError
		text := ""
		if errors.As(err, &exit) {
			text = string(exit.Stderr)
		}
		b.Fatalf("%s by way of %s: %v: %s", j.What, p.name, err, text)
	}
	return r
}

func (b *bench) loadCommand(p *path, j job, flags ...string) (*exec.Cmd, func()) {
	if j.Proxy = p.proxy; j.Host == "" {
		j.Host = siteName + ":443"
	}
	text, err := json.Marshal(j)
	if err != nil {
		b.Fatal(err)
	}
	argv := append(append([]string{b.program, "load"}, flags...), string(text))
	if p.inside {
		argv = append([]string{egresstest.Ringwall(), "run", "--"}, argv...)
	}
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Minute)
	return b.box.Command(ctx, argv...), stop
}

func copyFile(b *bench, from, to string) {
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o755)
	}
	if err != nil {
		b.Fatal(err)
	}
}

// start starts a peer and waits until it listens; it ends with the bench.
func (b *bench) start(p *path, argv ...string) bool {
	if _, err := exec.LookPath(argv[0]); err != nil {
		b.skip("%s: not installed (apt-get install %s)", p.name, p.name)
		return false
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = b.TempDir()
	cmd.Env = append(os.Environ(), "HOME="+cmd.Dir)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		b.skip("%s: %v", p.name, err)
		return false
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	b.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); <-ended })
	for range 600 {
		if c, err := net.Dial("tcp4", p.proxy); err == nil {
			c.Close()
			p.peer = cmd
			b.ways = append(b.ways, p)
			return true
		}
		select {
		case <-ended:
			b.skip("%s: it did not start: %s", p.name, said.String())
			return false
		case <-time.After(50 * time.Millisecond):
		}
	}
	b.skip("%s: it did not listen", p.name)
	return false
}
