package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// relayAddr is where the bare relay listens.
const relayAddr = "127.0.0.1:13131"

// relay is the least that a way by CONNECT can be in Go: it checks, records and
// resolves nothing. What it takes is the price of a second connection, which no
// gateway can be under by much.
func (b *bench) relay() {
	b.start(&path{name: "bare relay", proxy: relayAddr, bare: true}, b.program, "relay", b.site.V4)
}

// relayMain forwards every CONNECT to one host, and any other request nowhere.
func relayMain(host string) error {
	l, err := net.Listen("tcp4", relayAddr)
	if err != nil {
		return err
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go forward(c, host)
	}
}

func forward(c net.Conn, host string) {
	defer c.Close()
	r, err := http.ReadRequest(bufio.NewReaderSize(c, 512))
	if err != nil || r.Method != http.MethodConnect {
		return
	}
	_, port, _ := net.SplitHostPort(r.Host)
	up, err := net.Dial("tcp4", net.JoinHostPort(host, port))
	if err != nil {
		return
	}
	defer up.Close()
	if _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(c, up)
		_ = c.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(up, c)
	_ = up.(*net.TCPConn).CloseWrite()
	<-done
}
