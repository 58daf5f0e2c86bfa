package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"ringwall/internal/egress/egresstest"
)

// The peers do what a gateway for one sandbox does: an allowlist, no cache, no
// access log, and names resolved by the machine's resolver.

func (b *bench) squid() {
	p := &path{name: "squid", proxy: "127.0.0.1:13128"}
	conf := fmt.Sprintf(`http_port %s
cache deny all
cache_mem 8 MB
access_log none
cache_log /dev/null
cache_store_log none
pid_filename none
netdb_filename none
shutdown_lifetime 0 seconds
dns_nameservers %s
acl good dstdomain %s
http_access allow good
http_access deny all
`, p.proxy, egresstest.Resolver, siteName)
	b.start(p, program("squid"), "-N", "-f", b.conf("squid.conf", conf))
}

func (b *bench) tinyproxy() {
	p := &path{name: "tinyproxy", proxy: "127.0.0.1:13129"}
	filter := b.conf("filter", "^site\\.example$\n")
	conf := fmt.Sprintf("Port 13129\nListen 127.0.0.1\nTimeout 600\nMaxClients 2000\nLogLevel Critical\nFilter \"%s\"\nFilterDefaultDeny Yes\n"+
		"ConnectPort 443\nConnectPort %d\n", filter, rawPort)
	b.start(p, program("tinyproxy"), "-d", "-c", b.conf("tinyproxy.conf", conf))
}

func (b *bench) mitmproxy() {
	p := &path{name: "mitmproxy", proxy: "127.0.0.1:13130", open: true}
	b.start(p, program("mitmdump"), "-q", "--listen-host", "127.0.0.1", "-p", "13130", "--set", "confdir="+b.TempDir(),
		"--set", "ssl_verify_upstream_trusted_ca="+b.net.CA.File)
}

// program looks in the folders of administrators too.
func program(name string) string {
	if _, err := exec.LookPath(name); err == nil {
		return name
	}
	for _, dir := range []string{"/usr/sbin", "/sbin"} {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return name
}

// conf writes a file that a peer's own account can read.
func (b *bench) conf(name, text string) string {
	path := filepath.Join(b.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		b.Fatal(err)
	}
	return path
}
