package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"ringwall/bench/standing"
)

// paused is a load that keeps its connections, for a look at what the
// processes around it take meanwhile.
type paused struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	stop func()
	did  result
}

// stand starts a load by a way and returns when it has done its work and waits.
func (b *bench) stand(p *path, j job) *paused {
	cmd, stop := b.loadCommand(p, j, "-wait")
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	var r result
	if line, err := bufio.NewReader(out).ReadBytes('\n'); err != nil || json.Unmarshal(line, &r) != nil {
		stop()
		_ = cmd.Wait()
		b.Fatalf("%s by way of %s: %s%s", j.What, p.name, line, said.String())
	}
	return &paused{cmd, in, stop, r}
}

func (s *paused) end() {
	s.in.Close()
	_ = s.cmd.Wait()
	s.stop()
}

// mebibytes is the memory of a process and all below it but the load itself, or
// 0 where the kernel does not let us read it.
func (b *bench) mebibytes(pid int) float64 {
	all, err := standing.Below(pid)
	if err != nil {
		return 0
	}
	sum := 0
	for _, p := range all {
		if filepath.Base(p.Args[0]) != "load" {
			sum += p.KiB
		}
	}
	return float64(sum) / 1024
}

func (b *bench) way(name string) *path {
	for _, p := range b.ways {
		if p.name == name {
			return p
		}
	}
	return nil
}

// settle is how long memory is given back for after something has ended.
const settle = 1500 * time.Millisecond

// streaming: the most that is taken while a large answer passes, once what the
// start needed is given back, over what stood before.
func (b *bench) streaming() {
	fmt.Fprintln(os.Stderr, "  memory while a large answer passes")
	p := b.way("ringwall")
	s := b.stand(p, job{What: "hold", Workers: 1})
	time.Sleep(settle)
	before := b.mebibytes(s.cmd.Process.Pid)
	s.end()
	if before == 0 {
		b.skip("memory: cannot be read; as root it can")
		return
	}
	for _, t := range []struct{ name, what, host string }{
		{"memory, not looked into", "raw", fmt.Sprintf("%s:%d", siteName, rawPort)},
		{"memory, plain HTTP", "get", siteName + ":80"},
	} {
		cmd, stop := b.loadCommand(p, job{What: t.what, Host: t.host, Size: 4 * b.size})
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		most, ended, began := 0.0, make(chan error, 1), time.Now()
		go func() { ended <- cmd.Wait() }()
		for running := true; running; {
			select {
			case err := <-ended:
				if running = false; err != nil {
					b.Fatalf("%s: %v", t.name, err)
				}
			case <-time.After(50 * time.Millisecond):
				if time.Since(began) > settle {
					most = max(most, b.mebibytes(cmd.Process.Pid))
				}
			}
		}
		stop()
		if most == 0 {
			b.skip("%s: it was over before it could be looked at; make -size larger", t.name)
			continue
		}
		b.out.Rows = append(b.out.Rows, row{Measure: t.name + ", streaming", Reference: "standing", Unit: "MiB", Theirs: before, Ours: most, Ratio: ratio(most, before), Least: ratio(most, before), Target: 1.1})
	}
}

const manyConnections = 1000

// held: connections that are open and quiet.
func (b *bench) held() {
	fmt.Fprintf(os.Stderr, "  memory with %d connections\n", manyConnections)
	got := map[string][2]float64{}
	for _, name := range []string{"ringwall", "squid"} {
		p := b.way(name)
		if p == nil {
			continue
		}
		var v [2]float64
		for i, n := range []int{1, manyConnections} {
			s := b.stand(p, job{What: "hold", Workers: n})
			time.Sleep(settle)
			v[i] = b.mebibytes(b.process(p, s))
			if s.did.Count < n {
				b.skip("%s held %d connections of %d, and refused the others", name, s.did.Count, n)
			}
			s.end()
		}
		got[name] = v
	}
	ours, theirs := got["ringwall"], got["squid"]
	if ours[0] == 0 {
		b.skip("memory of connections: cannot be read; as root it can")
		return
	}
	b.value(fmt.Sprintf("memory of %d open connections", manyConnections), "squid", "MiB", theirs[1]-theirs[0], ours[1]-ours[0], 32)
}

// process is whose memory a way takes.
func (b *bench) process(p *path, s *paused) int {
	if p.peer != nil {
		return p.peer.Process.Pid
	}
	return s.cmd.Process.Pid
}

// openedMemory compares what stands after the same load inside TLS.
func (b *bench) openedMemory(j job) {
	got := series{}
	for _, name := range []string{"ringwall", "mitmproxy"} {
		p := b.way(name)
		if p == nil {
			return
		}
		s := b.stand(p, j)
		if m := b.mebibytes(b.process(p, s)); m > 0 {
			got[name] = []float64{m}
		}
		s.end()
	}
	b.add("memory, TLS opened", "MiB", "ringwall", "mitmproxy", 0.25, got)
}
