package egress

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// pattern is an endless body that is not all the same.
type pattern struct{ at int }

func (p *pattern) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(p.at>>12) ^ byte(p.at)
		p.at++
	}
	return len(b), nil
}

// peak watches the heap while something runs.
func peak(f func()) (most uint64) {
	runtime.GC()
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse+m.StackInuse)
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	f()
	close(stop)
	<-done
	return most
}

// A large upload and a large download need no more memory than small ones.
func TestLargeBodiesStream(t *testing.T) {
	sum := func(n int64) string {
		h := sha256.New()
		_, _ = io.CopyN(h, &pattern{}, n)
		return fmt.Sprintf("%x", h.Sum(nil))
	}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in hash.Hash = sha256.New()
		_, _ = io.Copy(in, r.Body)
		w.Header().Set("X-Sum", fmt.Sprintf("%x", in.Sum(nil)))
		var n int64
		_, _ = fmt.Sscan(r.Header.Get("X-Size"), &n)
		_, _ = io.CopyN(w, &pattern{}, n)
	})
	srv := httptest.NewServer(h)
	defer srv.Close()
	r := newRig(t, upstreamOf(srv), allow("a.example", 80)).start(t)
	tr := &http.Transport{DialContext: dialerTo(r.address(t, "a.example", 80))}
	defer tr.CloseIdleConnections()
	both := func(n int64) {
		req, _ := http.NewRequest("POST", "http://a.example/", io.LimitReader(&pattern{}, n))
		req.Header.Set("X-Size", fmt.Sprint(n))
		resp, err := tr.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		got := sha256.New()
		size, err := io.Copy(got, resp.Body)
		if want := sum(n); err != nil || size != n || fmt.Sprintf("%x", got.Sum(nil)) != want || resp.Header.Get("X-Sum") != want {
			t.Errorf("%d bytes: %d came back, %v", n, size, err)
		}
		resp.Body.Close()
	}
	both(1 << 20)
	small := peak(func() { both(8 << 20) })
	large := peak(func() { both(128 << 20) })
	if large > small+small/2+8<<20 {
		t.Errorf("the heap had %d KiB with 8 MiB, %d KiB with 128 MiB", small>>10, large>>10)
	}
}

// 1 GiB comes through a tunnel and as plain HTTP without taking memory.
func TestGigabyteStreams(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	block := make([]byte, 1<<20)
	up := listen(t, func(c net.Conn) {
		first := make([]byte, 4<<10)
		if n, _ := c.Read(first); n > 0 && first[0] == 'G' {
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", 1<<30)
		}
		for range 1 << 10 {
			if _, err := c.Write(block); err != nil {
				return
			}
		}
	})
	r := newRig(t, up, allow("a.example", 80), allow("a.example", 443)).start(t)
	for addr, first := range map[string][]byte{
		r.address(t, "a.example", 443): realHello(t, "a.example"),
		r.address(t, "a.example", 80):  []byte("GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n"),
	} {
		c := dialTest(t, addr)
		_ = c.SetDeadline(time.Now().Add(5 * time.Minute))
		before := peak(func() {})
		var n int64
		most := peak(func() {
			_, _ = c.Write(first)
			n, _ = io.Copy(io.Discard, c)
		})
		if n < 1<<30 || most > before+8<<20 {
			t.Errorf("%d bytes; the heap had %d KiB before, %d KiB meanwhile", n, before>>10, most>>10)
		}
	}
	r.Close()
	if s := r.Stats(); s.Received < 2<<30 {
		t.Errorf("stats %+v", s)
	}
}

// Many open connections take a bounded part of memory each, and those beyond
// the bound are reset at once and counted.
func TestManyConnections(t *testing.T) {
	r := newRig(t, upstreamOf(shop(t)), allow("a.example", 80)).start(t)
	addr := r.address(t, "a.example", 80)
	open := func(n int) (list []net.Conn) {
		for range n {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, c)
			in := bufio.NewReaderSize(c, 512)
			if resp, _ := exchange1(t, c, in, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"); resp.StatusCode != 200 {
				t.Fatalf("status %d", resp.StatusCode)
			}
		}
		return list
	}
	var all []net.Conn
	few := peak(func() { all = append(all, open(100)...) })
	many := peak(func() { all = append(all, open(1000)...) })
	t.Logf("heap and stacks: %d KiB with 100 connections, %d KiB with 1100", few>>10, many>>10)
	if each := (int64(many) - int64(few)) / 1000; each > 64<<10 {
		t.Errorf("a connection takes %d bytes, both ends of the test included", each)
	}
	for _, c := range all {
		c.Close()
	}
}

func TestTooManyConnections(t *testing.T) {
	r := newRig(t, echo(t), allow("api.example.com", 443)).start(t)
	addr := r.address(t, "api.example.com", 443)
	for range maxConns {
		dialTest(t, addr)
	}
	const more = 100
	for range more {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			_, err = c.Read(make([]byte, 1))
			c.Close()
		}
		if !errors.Is(err, syscall.ECONNRESET) {
			t.Fatalf("one more connection: %v", err)
		}
	}
	r.Close()
	total := 0
	for _, e := range r.journal.refused() {
		if strings.Contains(e.Why, "open at once") {
			total += e.Count
		}
	}
	if total != more {
		t.Errorf("%d were counted as refused", total)
	}
}

// A client that sends its head or body too slowly is cut off; the same bytes
// without a wait pass.
func TestSlowClients(t *testing.T) {
	r := newRig(t, upstreamOf(shop(t)), allow("a.example", 80))
	r.patient = &patience{first: 300 * time.Millisecond, idle: time.Second, body: 300 * time.Millisecond}
	r.start(t)
	head := "POST / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\nContent-Length: 4\r\n\r\n"
	for name, pieces := range map[string][]string{
		"at once":         {head + "abcd"},
		"slow head":       strings.SplitAfter(head+"abcd", "\r\n"),
		"unfinished head": {head[:20]},
		"unfinished body": {head + "abc"},
		"nothing":         {""},
		"trickled body":   append([]string{strings.Replace(head, ": 4", ": 40", 1)}, strings.Split(strings.Repeat("x", 40), "")...),
	} {
		c := dialTest(t, r.address(t, "a.example", 80))
		done := make(chan string)
		go func() { got, _ := io.ReadAll(c); done <- string(got) }()
		for i, p := range pieces {
			if i > 0 {
				time.Sleep(100 * time.Millisecond)
			}
			if _, err := io.WriteString(c, p); err != nil {
				break
			}
		}
		if got := <-done; strings.Contains(got, " 200 OK") != (name == "at once") {
			t.Errorf("%s: %q", name, got)
		}
	}
}
