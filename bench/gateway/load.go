package main

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// job is one kind of load, by one way.
type job struct {
	What    string  // a key of loads
	Proxy   string  // address of a proxy; empty: straight to Host
	Host    string  // name and port
	Workers int     // at once
	Seconds float64 // how long; of what is done once: at most
	Size    int64   // of a transfer
}

// result is what it came to.
type result struct {
	Count   int     // exchanges
	Seconds float64 // all of them
	Median  float64 // of one exchange, microseconds
	Bytes   int64
}

// perOp is microseconds of wall clock for each exchange.
func (r result) perOp() float64 { return r.Seconds * 1e6 / float64(max(1, r.Count)) }

// exchange does one thing. It is made once for each worker and may keep a
// connection.
type exchange func() (bytes int64, err error)

func loads() map[string]func(job) exchange {
	return map[string]func(job) exchange{
		"tls":       func(j job) exchange { return j.newTLS },
		"kept":      func(j job) exchange { return j.kept(false) },
		"kept-tls":  func(j job) exchange { return j.kept(true) },
		"get":       func(j job) exchange { return j.get },
		"raw":       func(j job) exchange { return j.raw },
		"refused":   func(j job) exchange { return j.refused },
		"forbidden": func(j job) exchange { return j.forbidden },
		"hold":      func(j job) exchange { return j.hold },
	}
}

// loadMain runs one job, from JSON, and prints the result. "wait" makes it keep
// what it has until its standard input ends.
func loadMain(args []string) error {
	f := flag.NewFlagSet("load", flag.ExitOnError)
	wait := f.Bool("wait", false, "say ready, and keep everything until standard input ends")
	if err := f.Parse(args); err != nil {
		return err
	}
	var j job
	if err := json.Unmarshal([]byte(f.Arg(0)), &j); err != nil {
		return err
	}
	r, err := j.run()
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		return err
	}
	if *wait {
		_, _ = io.Copy(io.Discard, os.Stdin)
	}
	return nil
}

// run starts the workers and adds up.
func (j job) run() (result, error) {
	make, ok := loads()[j.What]
	if !ok {
		return result{}, fmt.Errorf("no load %q", j.What)
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	var all []float64
	var out result
	var failed error
	start := time.Now()
	until := start.Add(time.Duration(j.Seconds * float64(time.Second)))
	for range max(1, j.Workers) {
		wg.Go(func() {
			took, bytes, err := repeat(make(j), until)
			mu.Lock()
			defer mu.Unlock()
			all, out.Bytes = append(all, took...), out.Bytes+bytes
			if failed == nil && j.What != "hold" { // of which it is told how many there are
				failed = err
			}
		})
	}
	wg.Wait()
	out.Seconds, out.Count = time.Since(start).Seconds(), len(all)
	if failed == nil && len(all) == 0 {
		failed = errors.New("nothing was done")
	}
	if failed == nil {
		slices.Sort(all)
		out.Median = all[len(all)/2]
	}
	return out, failed
}

// errOnce ends a worker after what it did.
var errOnce = errors.New("once")

func repeat(do exchange, until time.Time) (took []float64, bytes int64, err error) {
	for {
		began := time.Now()
		n, err := do()
		if err != nil && err.Error() != errOnce.Error() {
			return took, bytes, err
		}
		took, bytes = append(took, float64(time.Since(began).Nanoseconds())/1e3), bytes+n
		if errors.Is(err, errOnce) || time.Now().After(until) {
			return took, bytes, nil
		}
	}
}

const patience = 60 * time.Second

// dial connects to the host, through the proxy's CONNECT where there is one.
func (j job) dial() (net.Conn, error) {
	to := j.Host
	if j.Proxy != "" {
		to = j.Proxy
	}
	c, err := net.DialTimeout("tcp4", to, patience)
	if err != nil {
		return nil, err
	}
	_ = c.SetDeadline(time.Now().Add(patience))
	if j.Proxy == "" {
		return c, nil
	}
	fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", j.Host, j.Host)
	return c, readConnect(c)
}

// readConnect reads the proxy's answer and not a byte more.
func readConnect(c net.Conn) error {
	var head []byte
	for one := make([]byte, 1); !strings.HasSuffix(string(head), "\r\n\r\n"); {
		if _, err := c.Read(one); err != nil {
			return fmt.Errorf("the proxy's answer %q: %w", head, err)
		}
		head = append(head, one[0])
	}
	if !strings.Contains(strings.SplitN(string(head), "\r\n", 2)[0], " 200") {
		return fmt.Errorf("the proxy says %q", head)
	}
	return nil
}

func (j job) name() string {
	host, _, _ := net.SplitHostPort(j.Host)
	return host
}

// shake speaks TLS and trusts whatever answers: that costs all the same.
func (j job) shake() (*tls.Conn, error) {
	c, err := j.dial()
	if err != nil {
		return nil, err
	}
	t := tls.Client(c, &tls.Config{InsecureSkipVerify: true, ServerName: j.name()})
	if err := t.Handshake(); err != nil {
		c.Close()
		return nil, err
	}
	return t, nil
}

// ask sends a request and reads the answer.
func ask(c io.Writer, from *bufio.Reader, target, host string) (int64, error) {
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", target, host); err != nil {
		return 0, err
	}
	r, err := http.ReadResponse(from, nil)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(io.Discard, r.Body)
	r.Body.Close()
	switch {
	case err != nil:
	case r.StatusCode != http.StatusOK:
		err = fmt.Errorf("the answer is %s", r.Status)
	case r.Close:
		err = errClosing
	}
	return n, err
}

// errClosing says that all is well, and the connection is over.
var errClosing = errors.New("the connection ends here")

func fine(err error) error {
	if errors.Is(err, errClosing) {
		return nil
	}
	return err
}
