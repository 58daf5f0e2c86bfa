package egresstest

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// question asks a resolver: "dns:9.9.9.9|udp|name.example|A". The value is the
// rcode and the addresses.
func question(args []string) (string, error) {
	name, err := data(arg(args, 2))
	if err != nil {
		return "", err
	}
	kinds := map[string]dnsmessage.Type{"A": dnsmessage.TypeA, "AAAA": dnsmessage.TypeAAAA, "TXT": dnsmessage.TypeTXT,
		"MX": dnsmessage.TypeMX, "HTTPS": 65, "SVCB": 64, "NULL": 10, "ANY": 255}
	q, err := dnsmessage.NewName(string(name) + ".")
	if err != nil {
		return "", err
	}
	m := dnsmessage.Message{Header: dnsmessage.Header{ID: 7, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: q, Type: kinds[arg(args, 3)], Class: dnsmessage.ClassINET}}}
	packed, err := m.Pack()
	if err != nil {
		return "", err
	}
	c, err := dial(arg(args, 1), net.JoinHostPort(args[0], "53"))
	if err != nil {
		return "", err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(2 * time.Second))
	answer, err := askOnce(c, packed, arg(args, 1) == "tcp")
	if err != nil {
		return "", err
	}
	if err := m.Unpack(answer); err != nil {
		return "", err
	}
	out := []string{strings.TrimPrefix(m.RCode.String(), "RCode")}
	for _, r := range m.Answers {
		switch b := r.Body.(type) {
		case *dnsmessage.AResource:
			out = append(out, net.IP(b.A[:]).String())
		case *dnsmessage.AAAAResource:
			out = append(out, net.IP(b.AAAA[:]).String())
		default:
			out = append(out, r.Header.Type.String())
		}
	}
	return strings.Join(out, " "), nil
}

func askOnce(c net.Conn, query []byte, stream bool) ([]byte, error) {
	buf := make([]byte, 4096)
	if !stream {
		if _, err := c.Write(query); err != nil {
			return nil, err
		}
		n, err := c.Read(buf)
		return buf[:n], err
	}
	if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(query))), query...)); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(c, buf[:2]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint16(buf)
	_, err := io.ReadFull(c, buf[:min(int(n), len(buf))])
	return buf[:n], err
}

// shake makes a TLS connection that trusts whatever answers: the attacker does
// not care.
func shake(c net.Conn, sni string) (*tls.Conn, error) {
	conf := &tls.Config{InsecureSkipVerify: true}
	if sni != "-" {
		conf.ServerName = sni
	}
	t := tls.Client(c, conf)
	return t, t.Handshake()
}

func tlsSay(args []string) (string, error) {
	c, err := dial("tcp", args[0])
	if err != nil {
		return "", err
	}
	defer c.Close()
	t, err := shake(c, arg(args, 1))
	if err != nil {
		return "", err
	}
	return talk(t, args[2:])
}

// tunnel asks a proxy for a connection, and speaks TLS through it. Without an
// SNI ("") it sends the data as it is.
func tunnel(args []string) (string, error) {
	c, err := dial("tcp", args[0])
	if err != nil {
		return "", err
	}
	defer c.Close()
	to, err := data(arg(args, 1))
	if err != nil {
		return "", err
	}
	fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", to, to)
	var got strings.Builder
	if err := readSome(c, &got); err != nil {
		return got.String(), err
	}
	if !strings.Contains(strings.SplitN(got.String(), "\r\n", 2)[0], " 200") {
		_ = readRest(c, &got)
		return got.String(), nil
	}
	if arg(args, 2) == "" {
		return talk(c, args[3:])
	}
	t, err := shake(c, arg(args, 2))
	if err != nil {
		return "", err
	}
	return talk(t, args[3:])
}

// listenFor waits for somebody: "listen:4711|2".
func listenFor(args []string) (string, error) {
	l, err := net.Listen("tcp", ":"+args[0])
	if err != nil {
		return "", err
	}
	defer l.Close()
	seconds, err := strconv.Atoi(arg(args, 1))
	if err != nil {
		return "", err
	}
	_ = l.(*net.TCPListener).SetDeadline(time.Now().Add(time.Duration(seconds) * time.Second))
	c, err := l.Accept()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return "nobody came", nil
	}
	if err != nil {
		return "", err
	}
	defer c.Close()
	return "somebody came", nil
}

// many opens connections at once and counts how they ended: "open:ADDR|500|DATA".
func many(args []string) (string, error) {
	count, err := strconv.Atoi(arg(args, 1))
	if err != nil {
		return "", err
	}
	to, err := once(args[0])
	if err != nil {
		return "", err
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	ends := map[string]int{}
	gate := make(chan struct{}, 900) // descriptors that an attacker may have
	for range count {
		gate <- struct{}{}
		wg.Go(func() {
			value, err := patient(append([]string{to}, args[2:]...))
			<-gate
			end := errnoOf(err)
			if err == nil && strings.Contains(value, Reached) {
				end = "reached"
			}
			mu.Lock()
			ends[end]++
			mu.Unlock()
		})
	}
	wg.Wait()
	return fmt.Sprint(ends), nil
}

// once resolves a name, so that a flood of connections is none of questions.
func once(addr string) (string, error) {
	a, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return "", err
	}
	return a.String(), nil
}

// relay passes connections to PORT on to ADDR, so that it is known who takes
// which way. FILE gets a line when it listens, and one for each connection.
func relay(args []string) (string, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:"+args[0])
	if err != nil {
		return "", err
	}
	f, err := os.OpenFile(arg(args, 2), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return "", err
	}
	for {
		fmt.Fprintln(f, "a line")
		c, err := l.Accept()
		if err != nil {
			return "", err
		}
		go func() {
			defer c.Close()
			up, err := net.Dial("tcp", arg(args, 1))
			if err != nil {
				return
			}
			go func() { defer c.Close(); _, _ = io.Copy(c, up) }()
			_, _ = io.Copy(up, c)
			up.Close()
		}()
	}
}
