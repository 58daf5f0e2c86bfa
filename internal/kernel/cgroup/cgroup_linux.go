// Package cgroup makes one control group a run and bounds it. It never moves,
// changes or removes a group that it did not make.
package cgroup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"ringwall/internal/kernel/direct"
)

// Controllers that ringwall uses.
const (
	Memory = "memory"
	Pids   = "pids"
	CPU    = "cpu"
)

// Place is where groups can be made.
type Place struct {
	Version int               // 0: nowhere
	Dirs    map[string]string // by controller
	// Swap tells that a memory limit leaves swap unbounded: the machine has
	// some, and this kernel does not count it by group.
	Swap bool
}

// Find looks where this process is and tries, for each controller, to make a
// group there. On version 2 it goes up to the highest group that it may write
// to, since a group that holds processes cannot give controllers to children.
func Find() (Place, error) {
	own, err := self("/proc/self/cgroup")
	if err != nil {
		return Place{}, err
	}
	mounts, err := mounted("/proc/self/mountinfo")
	if err != nil {
		return Place{}, err
	}
	p := findV2(own[""], mounts[""])
	if p.Version == 0 {
		p = findV1(own, mounts)
	}
	p.Swap = p.Dirs[Memory] != "" && !countsSwap(p) && hasSwap("/proc/swaps")
	return p, nil
}

// countsSwap tries whether a group here has a bound for swap. Version 1 has it
// in the group that is there as well; on version 2 its root has none.
func countsSwap(p Place) bool {
	dir := filepath.Join(p.Dirs[Memory], "ringwall-swap-"+strconv.Itoa(os.Getpid()))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return false
	}
	defer os.Remove(dir)
	_, err := os.Stat(filepath.Join(dir, swapFile(p.Version)))
	return err == nil
}

func swapFile(version int) string {
	if version == 2 {
		return "memory.swap.max"
	}
	return "memory.memsw.limit_in_bytes"
}

// hasSwap reads the list of the machine's swap areas; its first line is the
// heading.
func hasSwap(file string) bool {
	data, err := os.ReadFile(file)
	return err == nil && strings.Count(string(data), "\n") > 1
}

func findV1(own, mounts map[string]string) Place {
	p := Place{Dirs: map[string]string{}}
	for _, c := range []string{Memory, Pids, CPU} {
		if mounts[c] == "" {
			continue
		}
		dir, ok := below(mounts[c], own[c])
		if ok && writable(dir) {
			p.Version, p.Dirs[c] = 1, dir
		}
	}
	return p
}

func findV2(own, root string) Place {
	d, ok := below(root, own)
	if !ok {
		return Place{}
	}
	dir := ""
	for ; ; d = filepath.Dir(d) {
		if delegated(d) {
			dir = d
		}
		if d == root {
			break
		}
	}
	if dir == "" {
		return Place{}
	}
	return Place{Version: 2, Dirs: map[string]string{Memory: dir, Pids: dir, CPU: dir}}
}

// below is a group's directory. A path that begins with ".." is of a group
// outside the own control group namespace, which no mount here shows.
func below(root, own string) (string, bool) {
	if root == "" || own == "" || !filepath.IsLocal(strings.TrimLeft(own, "/")) && own != "/" {
		return "", false
	}
	return filepath.Join(root, own), true
}

// delegated tells whether all three controllers can be used by children of a
// group, and children be made.
func delegated(dir string) bool {
	data, err := os.ReadFile(filepath.Join(dir, "cgroup.subtree_control"))
	if err != nil {
		return false
	}
	have := strings.Fields(string(data))
	for _, c := range []string{Memory, Pids, CPU} {
		if !contains(have, c) {
			return false
		}
	}
	return writable(dir)
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// writable tries to make a group and removes it again.
func writable(dir string) bool {
	probe := filepath.Join(dir, "ringwall-probe-"+strconv.Itoa(os.Getpid()))
	if err := os.Mkdir(probe, 0o755); err != nil {
		return false
	}
	return os.Remove(probe) == nil
}

// self reads /proc/self/cgroup: path by controller; "" is version 2.
func self(file string) (map[string]string, error) {
	data, err := direct.Read(file)
	if err != nil {
		return nil, err
	}
	own := map[string]string{}
	for line := range strings.Lines(string(data)) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(f) != 3 {
			continue
		}
		for _, c := range strings.Split(f[1], ",") {
			own[c] = f[2]
		}
	}
	return own, nil
}

// mounted reads mountinfo: mount point by controller; "" is version 2.
func mounted(file string) (map[string]string, error) {
	data, err := direct.Read(file)
	if err != nil {
		return nil, err
	}
	at := map[string]string{}
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		i := indexOf(fields, "-")
		if i < 5 || len(fields) < i+4 {
			continue
		}
		switch fields[i+1] {
		case "cgroup2":
			at[""] = fields[4]
		case "cgroup":
			for _, c := range strings.Split(fields[i+3], ",") {
				at[c] = fields[4]
			}
		}
	}
	return at, nil
}

func indexOf(list []string, s string) int {
	for i, l := range list {
		if l == s {
			return i
		}
	}
	return -1
}

// Group is one run's group, in as many hierarchies as there are.
type Group struct {
	version int
	dirs    map[string]string
}

// Create makes the group. The name must be unique on the machine.
func (p Place) Create(name string) (*Group, error) {
	g := &Group{version: p.Version, dirs: map[string]string{}}
	made := map[string]bool{} // on version 2 one directory stands for all
	for c, parent := range p.Dirs {
		dir := filepath.Join(parent, name)
		if !made[dir] {
			if err := os.Mkdir(dir, 0o755); err != nil {
				g.Remove()
				return nil, fmt.Errorf("make control group: %w", err)
			}
			made[dir] = true
		}
		g.dirs[c] = dir
	}
	return g, nil
}

// Dirs lists the directories of the group, for whoever removes it.
func (g *Group) Dirs() []string {
	seen := map[string]bool{}
	var out []string
	for _, d := range g.dirs {
		if !seen[d] {
			seen[d] = true
			out = append(out, d)
		}
	}
	return out
}

// Has tells whether the group bounds that resource.
func (g *Group) Has(controller string) bool { return g != nil && g.dirs[controller] != "" }

// setting is one file and what to write; the first is read back.
type setting struct{ controller, file, value string }

// cpuPeriod is the length of a scheduling period in microseconds.
const cpuPeriod = 100000

func (g *Group) settings(resource string, value int64) []setting {
	if g.version == 2 {
		switch resource {
		case Memory:
			return []setting{{Memory, "memory.max", num(value)}, {Memory, "memory.swap.max", "0"}, {Memory, "memory.oom.group", "1"}}
		case Pids:
			return []setting{{Pids, "pids.max", num(value)}}
		}
		return []setting{{CPU, "cpu.max", num(value*cpuPeriod/1000) + " " + num(cpuPeriod)}}
	}
	switch resource {
	case Memory:
		return []setting{{Memory, "memory.limit_in_bytes", num(value)}, {Memory, "memory.memsw.limit_in_bytes", num(value)}, {Memory, "memory.swappiness", "0"}}
	case Pids:
		return []setting{{Pids, "pids.max", num(value)}}
	}
	return []setting{{CPU, "cpu.cfs_quota_us", num(value * cpuPeriod / 1000)}, {CPU, "cpu.cfs_period_us", num(cpuPeriod)}}
}

func num(n int64) string { return strconv.FormatInt(n, 10) }

// Limit bounds a resource: memory in bytes, pids, or cpu in thousandths. Files
// that a kernel lacks beside the first (no swap accounting) are left out.
func (g *Group) Limit(resource string, value int64) error {
	for i, s := range g.settings(resource, value) {
		err := direct.Write(filepath.Join(g.dirs[s.controller], s.file), s.value)
		if err != nil && (i == 0 || !errors.Is(err, os.ErrNotExist)) {
			return fmt.Errorf("limit %s: %w", resource, err)
		}
	}
	return nil
}

// InForce reads a limit back; -1 is none. Of memory and swap together the
// wider counts, where the kernel bounds both.
func (g *Group) InForce(resource string) (int64, error) {
	n, err := g.read(resource, g.settings(resource, 0)[0].file)
	if err != nil || resource != Memory {
		return n, err
	}
	swap, err := g.read(Memory, swapFile(g.version))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return n, nil
	case err != nil:
		return 0, err
	case g.version == 2 && swap == 0, g.version == 1 && swap >= 0 && swap <= n:
		return n, nil
	case g.version == 1:
		return swap, nil
	}
	return -1, nil
}

// read gives the number in a group's file; -1 is none.
func (g *Group) read(resource, file string) (int64, error) {
	data, err := direct.Read(filepath.Join(g.dirs[resource], file))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(strings.TrimSpace(string(data)), " ")
	if first == "max" {
		return -1, nil
	}
	n, err := strconv.ParseInt(first, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read back %s: %q", resource, first)
	}
	if resource == CPU {
		n = n * 1000 / cpuPeriod
	}
	return n, nil
}

// Add moves a process into the group, and with it all that it will start.
func (g *Group) Add(pid int) error {
	for _, d := range g.Dirs() {
		if err := os.WriteFile(filepath.Join(d, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0); err != nil {
			return fmt.Errorf("enter control group: %w", err)
		}
	}
	return nil
}

// Events counts how often a limit was hit: forks refused, or times that the
// kernel ended a process for lack of memory.
func (g *Group) Events(resource string) int64 {
	file, key := "pids.events", "max"
	if resource == Memory {
		file, key = "memory.oom_control", "oom_kill"
		if g.version == 2 {
			file = "memory.events"
		}
	}
	data, err := direct.Read(filepath.Join(g.dirs[resource], file))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		k, v, _ := strings.Cut(strings.TrimSpace(line), " ")
		if k == key {
			n, _ := strconv.ParseInt(v, 10, 64)
			return n
		}
	}
	return 0
}
