// Command gateway measures the way out against direct connections, squid,
// tinyproxy and mitmproxy, in one run, in a network of its own. It is started by
// bench/run, prints its rows as JSON, and says what it left out and why.
//
// It is the servers, the load outside, and, started again inside a sandbox, the
// load there.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"

	"ringwall/internal/egress/egresstest"
)

// output is what is printed.
type output struct {
	Rows    []row    `json:"rows"`
	Skipped []string `json:"skipped,omitempty"`
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "load" {
		if err := loadMain(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) == 3 && os.Args[1] == "relay" {
		fmt.Fprintln(os.Stderr, "error:", relayMain(os.Args[2]))
		os.Exit(1)
	}
	seconds := flag.Float64("seconds", 2, "how long each is taken in a round")
	rounds := flag.Int("rounds", 3, "how often each is taken")
	size := flag.Int64("size", 1<<30, "`bytes` of the large transfer")
	only := flag.String("only", "", "take this `measure` alone: "+strings.Join(measureNames(), ", "))
	without := flag.String("without", "", "leave out the way of this `name`")
	flag.Parse()
	os.Exit(egresstest.Main(&bench{seconds: *seconds, rounds: *rounds, size: *size, without: *without, only: *only}))
}

// bench is the whole measurement. It stands in for a test in its network.
type bench struct {
	seconds float64
	rounds  int
	size    int64
	without string
	only    string

	atEnd   []func()
	net     *egresstest.Net
	box     *egresstest.Box
	site    *egresstest.Site
	ways    []*path
	out     output
	program string
}

// Run measures and prints. It runs in the network.
func (b *bench) Run() (code int) {
	defer b.end()
	defer func() {
		if p := recover(); p != nil {
			f, ok := p.(failure)
			if !ok {
				panic(p)
			}
			fmt.Fprintln(os.Stderr, "error:", string(f))
			code = 1
		}
	}()
	b.prepare()
	b.measure()
	if err := json.NewEncoder(os.Stdout).Encode(b.out); err != nil {
		b.Fatal(err)
	}
	return 0
}

// end undoes what was prepared, the last first.
func (b *bench) end() {
	for len(b.atEnd) > 0 {
		last := b.atEnd[len(b.atEnd)-1]
		b.atEnd = b.atEnd[:len(b.atEnd)-1]
		last()
	}
}

// failure ends the measurement.
type failure string

// Helper implements egresstest.T, as do the next ones.
func (b *bench) Helper() {}

// Errorf ends it: a figure from a half-broken run is none.
func (b *bench) Errorf(format string, args ...any) { b.Fatalf(format, args...) }

// Fatal ends it.
func (b *bench) Fatal(args ...any) { panic(failure(fmt.Sprint(args...))) }

// Fatalf ends it.
func (b *bench) Fatalf(format string, args ...any) { panic(failure(fmt.Sprintf(format, args...))) }

// Cleanup keeps what is to be done at the end.
func (b *bench) Cleanup(f func()) { b.atEnd = append(b.atEnd, f) }

// TempDir makes a folder that is removed at the end.
func (b *bench) TempDir() string {
	dir, err := os.MkdirTemp("", "ringwall-bench-gateway-")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	os.Chmod(dir, 0o755)
	return dir
}

// skip says what was left out.
func (b *bench) skip(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	fmt.Fprintln(os.Stderr, "skipped:", text)
	b.out.Skipped = append(b.out.Skipped, text)
}
