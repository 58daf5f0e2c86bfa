package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// prober is a probe that waits for what to do.
type prober struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

// prober starts one; prefix is what confines it, if anything does.
func (p *place) prober(dir string, prefix []string, args ...string) (*prober, error) {
	cmd := p.command(dir, append(append(prefix, p.probe), args...)...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &prober{cmd, in, bufio.NewScanner(out)}, cmd.Start()
}

// take gives nanoseconds for one call.
func (w *prober) take(name string, count int) (float64, error) {
	fmt.Fprintln(w.in, name, count)
	if !w.out.Scan() {
		return 0, fmt.Errorf("%s: the probe (%s) gave up: %w", name, strings.Join(w.cmd.Args, " "), w.end())
	}
	ns, err := strconv.ParseFloat(w.out.Text(), 64)
	return ns / float64(count), err
}

func (w *prober) end() error {
	w.in.Close()
	return w.cmd.Wait()
}

// turns lets two probes take the same rounds, one after the other, and gives
// what each call took; the first rounds only warm up.
func turns(rounds, count int, name string, theirs, ours *prober) (a, b []float64, err error) {
	const warm = 3
	for round := range rounds + warm {
		order := []*prober{theirs, ours}
		if round%2 == 1 {
			order = []*prober{ours, theirs}
		}
		for _, w := range order {
			ns, err := w.take(name, count)
			switch {
			case err != nil:
				return nil, nil, err
			case round < warm:
			case w == theirs:
				a = append(a, ns)
			default:
				b = append(b, ns)
			}
		}
	}
	return a, b, nil
}

// inside is the prefix that confines.
func (p *place) inside() []string { return []string{p.ringwall, "run", "--"} }
