package egresstest

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// attackArg is the first argument that makes this program an attacker.
const attackArg = "egresstest-attack"

// Report is how one attempt ended, in the attacker's own words. Where a judge
// can tell what happened, the judge's word counts and not this one.
type Report struct {
	Probe string `json:"probe"`
	Errno string `json:"errno"`           // "ok", "ECONNREFUSED", "EOF"
	Value string `json:"value,omitempty"` // what came back
}

// Probes lists the attempts. Data has Go's escapes: \r\n, \x00, \x7c for a bar.
//
//	say:ADDR|DATA|DATA...    TCP; each piece is sent after something came for the last
//	patient:ADDR|DATA        the same, and waits for a minute
//	drip:ADDR|DATA|MORE      sends DATA, then MORE every half second: "still open" after 25 s
//	pour:ADDR|DATA           sends DATA and then zeros, until nobody takes any for 3 s: how many
//	udp:ADDR|DATA            one packet, and what answers it
//	dns:SERVER|udp|NAME|TYPE a question: rcode and answers
//	tls:ADDR|SNI|DATA        a handshake, then as say; SNI "-" for none
//	tunnel:PROXY|HOST:PORT|SNI|DATA   CONNECT through a proxy, then as tls
//	read:PATH, write:PATH, env:NAME   files and variables
//	listen:PORT|SECONDS      waits for somebody to come
//	open:ADDR|COUNT|DATA     that many connections at once, held until each has ended
//	crowd:ADDR|COUNT|DATA    that many at once, kept: how many are open after 2 s
//	relay:PORT|ADDR|FILE     passes connections on for ever; a line in FILE for each
func Probes() []string {
	var out []string
	for name := range probes() {
		out = append(out, name)
	}
	return out
}

type probe func(arg []string) (value string, err error)

func probes() map[string]probe {
	return map[string]probe{"say": say, "patient": patient, "drip": drip, "pour": pour, "crowd": crowd, "udp": udp, "dns": question, "tls": tlsSay, "tunnel": tunnel,
		"read": read, "write": write, "env": env, "listen": listenFor, "open": many, "relay": relay}
}

// Together, as the first attempt, lets all others be made at the same time.
const Together = "together"

// attack makes the attempts and writes one Report a line.
func attack(attempts []string) {
	out := json.NewEncoder(os.Stdout)
	if len(attempts) == 0 || attempts[0] != Together {
		for _, a := range attempts {
			_ = out.Encode(attemptOne(a))
		}
		return
	}
	done := make(chan Report)
	for _, a := range attempts[1:] {
		go func() { done <- attemptOne(a) }()
	}
	for range attempts[1:] {
		_ = out.Encode(<-done)
	}
}

func attemptOne(a string) Report {
	name, arg, _ := strings.Cut(a, ":")
	p, ok := probes()[name]
	if !ok {
		return Report{Probe: a, Errno: "no such probe"}
	}
	value, err := p(strings.Split(arg, "|"))
	return Report{Probe: a, Errno: errnoOf(err), Value: value}
}

// errnoOf names an error: "ok", "EPERM", "EOF", "timeout", or its text.
func errnoOf(err error) string {
	var errno syscall.Errno
	var dns *net.DNSError
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &dns) && dns.IsNotFound:
		return "NXDOMAIN"
	case errors.As(err, &errno):
		return unix.ErrnoName(errno)
	case errors.Is(err, io.EOF):
		return "EOF"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "timeout"
	}
	return err.Error()
}

// data undoes Go's escapes.
func data(s string) ([]byte, error) {
	text, err := strconv.Unquote(`"` + strings.ReplaceAll(s, `"`, `\"`) + `"`)
	return []byte(text), err
}

// patience of an attempt: longer than any wait of the gateway's.
const patience = 13 * time.Second

func arg(args []string, i int) string {
	if i < len(args) {
		return args[i]
	}
	return ""
}

func dial(network, addr string) (net.Conn, error) {
	c, err := net.DialTimeout(network, addr, patience)
	if err == nil {
		_ = c.SetDeadline(time.Now().Add(patience))
	}
	return c, err
}

func say(args []string) (string, error) {
	c, err := dial("tcp", args[0])
	if err != nil {
		return "", err
	}
	defer c.Close()
	return talk(c, args[1:])
}

// talk sends each piece and reads what comes; after the last it reads until the
// other side ends, or is quiet for a moment after it said something.
func talk(c net.Conn, pieces []string) (string, error) {
	var got strings.Builder
	for i, p := range pieces {
		b, err := data(p)
		if err != nil {
			return "", err
		}
		if _, err := c.Write(b); err != nil {
			return got.String(), err
		}
		if i < len(pieces)-1 {
			if err := readSome(c, &got); err != nil {
				return got.String(), err
			}
		}
	}
	err := readRest(c, &got)
	if errors.Is(err, io.EOF) && got.Len() > 0 {
		err = nil
	}
	return got.String(), err
}

func readSome(c net.Conn, to *strings.Builder) error {
	buf := make([]byte, 4096)
	n, err := c.Read(buf)
	to.Write(buf[:n])
	return err
}

const mostRead = 16 << 10

func readRest(c net.Conn, to *strings.Builder) error {
	for to.Len() < mostRead {
		if to.Len() > 0 {
			_ = c.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
		}
		if err := readSome(c, to); err != nil {
			if to.Len() > 0 && errors.Is(err, os.ErrDeadlineExceeded) {
				return nil
			}
			return err
		}
	}
	return nil
}

func udp(args []string) (string, error) {
	c, err := dial("udp", args[0])
	if err != nil {
		return "", err
	}
	defer c.Close()
	b, err := data(arg(args, 1))
	if err != nil {
		return "", err
	}
	if _, err := c.Write(b); err != nil {
		return "", err
	}
	_ = c.SetReadDeadline(time.Now().Add(time.Second))
	buf := make([]byte, 4096)
	n, err := c.Read(buf)
	return string(buf[:n]), err
}

func read(args []string) (string, error) {
	b, err := os.ReadFile(args[0])
	return string(b), err
}

func write(args []string) (string, error) {
	f, err := os.OpenFile(args[0], os.O_WRONLY, 0)
	if err == nil {
		f.Close()
	}
	return "", err
}

func env(args []string) (string, error) {
	v, ok := os.LookupEnv(args[0])
	if !ok {
		return "", unix.ENOENT
	}
	return v, nil
}
