package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"ringwall/bench/standing"
)

// waiting is what a command prints when it is up; it ends with its input.
const waiting = "up"

func waiter() []string { return []string{"/bin/sh", "-c", "echo " + waiting + "; read line; exit 0"} }

// memory adds up what stands while a command runs that does nothing: the
// proportional share (PSS) of every process of the run but the command itself.
func memory(p *place) ([]row, error) {
	none, err := p.project("memory-none", noNetwork)
	if err != nil {
		return nil, err
	}
	gateway, err := p.project("memory-gateway", withGateway)
	if err != nil {
		return nil, err
	}
	all := []*contender{
		{name: "bubblewrap", dir: none, argv: bubblewrap(waiter()...)},
		{name: "run, no network", dir: none, argv: append(p.inside(), waiter()...)},
		{name: "run, with the gateway", dir: gateway, argv: append(p.inside(), waiter()...)},
	}
	if path, err := exec.LookPath("firejail"); err == nil {
		all = append(all, &contender{name: "firejail", dir: none,
			argv: append([]string{path, "--quiet", "--noprofile", "--net=none", "--private"}, waiter()...)})
	}
	const times = 5
	for range times {
		for _, c := range all {
			kib, err := p.standing(c)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			c.took = append(c.took, float64(kib)/1024)
		}
	}
	var rows []row
	for _, c := range all[1:] {
		r := compare("memory: "+c.name, "bubblewrap", "MiB", 0, all[0].took, c.took)
		if c.name == "run, with the gateway" {
			r.Target, r.Absolute = 6, true
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// standing starts one, waits until its command is up, and adds up.
func (p *place) standing(c *contender) (int, error) {
	cmd := p.command(c.dir, c.argv...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return 0, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	defer cmd.Wait()
	defer in.Close()
	if !bufio.NewScanner(out).Scan() {
		return 0, fmt.Errorf("it did not start")
	}
	settle()
	return share(cmd.Process.Pid, "/bin/sh")
}

// share adds up the PSS of a process and all below it, in KiB, but for those
// that were started as the command.
func share(pid int, command string) (int, error) {
	all, err := standing.Below(pid)
	total := 0
	for _, p := range all {
		if p.PID != pid && p.Args[0] == command {
			continue
		}
		if verbose {
			fmt.Fprintf(os.Stderr, "  %6d KiB  %s\n", p.KiB, firstLine(strings.Join(p.Args, " ")))
		}
		total += p.KiB
	}
	return total, err
}
