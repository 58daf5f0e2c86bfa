// Command harness compares ringwall with what it is measured against, side by
// side in one run: the two take turns, so that whatever else the machine does
// meets both. bench/run builds and starts it.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
)

// measure is one part of the table.
type measure struct {
	name string
	what string
	take func(*place) ([]row, error)
}

var measures = []measure{
	{"start", "start and end of /bin/true", start},
	{"memory", "standing memory of a run", memory},
	{"calls", "system calls that change nothing", reading},
	{"writes", "system calls that the observer sees", writing},
	{"work", "git status, go build and untar", working},
	{"stage", "changes on their way to the project", staging},
	{"many", "200 sandboxes at once", many},
	{"gateway", "the way out, against squid, tinyproxy and mitmproxy", gateway},
}

// options are what the command line says.
type options struct {
	ringwall, probe string
	gateway         string
	user            string
	rounds          int
	count           int
	json            bool
	names           []string
}

var verbose bool

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func parse() options {
	var o options
	flag.StringVar(&o.ringwall, "ringwall", "bin/ringwall", "the `program` under test")
	flag.StringVar(&o.probe, "probe", "", "the built bench/probe")
	flag.StringVar(&o.gateway, "gateway", "", "the built bench/gateway")
	flag.StringVar(&o.user, "user", "", "run everything as this `user` (needs root)")
	flag.IntVar(&o.rounds, "rounds", 60, "how often each is taken")
	flag.IntVar(&o.count, "count", 200, "how many sandboxes are `many`")
	flag.BoolVar(&verbose, "v", false, "say more on standard error")
	flag.BoolVar(&o.json, "json", false, "print JSON")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: bench/run [FLAG...] [MEASURE...]")
		for _, m := range measures {
			fmt.Fprintf(os.Stderr, "  %-8s %s\n", m.name, m.what)
		}
		flag.PrintDefaults()
	}
	flag.Parse()
	o.names = flag.Args()
	return o
}

func run() error {
	o := parse()
	for _, n := range o.names {
		if !slices.ContainsFunc(measures, func(m measure) bool { return m.name == n }) {
			return fmt.Errorf("there is no measure %q (bench/run -h lists them)", n)
		}
	}
	p, err := newPlace(o)
	if err != nil {
		return err
	}
	defer p.clean()
	p.cleanWhenStopped()
	rows, err := takeAll(p, o.names)
	if err != nil {
		return err
	}
	if o.json {
		return json.NewEncoder(os.Stdout).Encode(report{Machine: machine(), User: p.userName(), Rounds: o.rounds, Rows: rows})
	}
	fmt.Printf("%s; as %s, %d rounds\n\n", machine(), p.userName(), o.rounds)
	table(os.Stdout, rows)
	return nil
}

// takeAll takes the measures that are named, or all.
func takeAll(p *place, names []string) ([]row, error) {
	var rows []row
	for _, m := range measures {
		if len(names) > 0 && !slices.Contains(names, m.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s: %s\n", m.name, m.what)
		got, err := m.take(p)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
		rows = append(rows, got...)
	}
	return rows, nil
}

// report is what --json prints.
type report struct {
	Machine string `json:"machine"`
	User    string `json:"user"`
	Rounds  int    `json:"rounds"`
	Rows    []row  `json:"rows"`
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
