package backendtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ringwall/internal/plan"
)

// testCPU: eight daemons that spin get no more than their share of the machine,
// as the host counts it.
func testCPU(t *testing.T, target Target) {
	quota, wide := int64(300), int64(1500)
	by := "cgroup v" + strconv.Itoa(target.Host.Cgroups.Version) + " cpu"
	if target.Host.Cgroups.Dirs["cpu"] == "" {
		quota, wide, by = 1000, 2000, "CPU affinity"
	}
	if target.Host.CPUs*1000 < int(wide) {
		t.Skipf("needs two CPUs, this host has %d", target.Host.CPUs)
	}
	bounded := spun(t, target, plan.Limit{Resource: "cpu", Value: quota, By: by})
	if most := float64(quota) / 1000 * 1.15; bounded > most {
		t.Errorf("the spinners took %.2f CPUs, the limit is %d thousandths", bounded, quota)
	}
	if free := spun(t, target, plan.Limit{Resource: "cpu", Value: wide, By: by}); free < bounded*1.1 {
		t.Errorf("with more to be had the spinners took %.2f CPUs, %.2f before", free, bounded)
	}
}

// spun tells how many CPUs the spinners took.
func spun(t *testing.T, target Target, l plan.Limit) float64 {
	const window = 2 * time.Second
	b := NewBox(t, target).Add("infrastructure.cpu", plan.Op{Limit: &l})
	var cpus float64
	var wg sync.WaitGroup
	wg.Go(func() {
		time.Sleep(700 * time.Millisecond) // they have started
		before, began := spinning(b.Project), time.Now()
		time.Sleep(window)
		cpus = (spinning(b.Project) - before).Seconds() / time.Since(began).Seconds()
	})
	r := b.Attack("spin:8|3500")
	wg.Wait()
	b.Expect(r, map[string]string{"spin:8|3500": "ok"})
	if cpus == 0 {
		t.Error("the host saw nobody spin")
	}
	return cpus
}

// spinning is the CPU time of the processes that see the project: those of the
// box.
func spinning(project string) (sum time.Duration) {
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		mounts, err := os.ReadFile(dir + "/mountinfo")
		if err == nil && dir != fmt.Sprintf("/proc/%d", os.Getpid()) && strings.Contains(string(mounts), " "+project+" ") {
			sum += cpuTime(dir + "/stat")
		}
	}
	return sum
}

// cpuTime reads user and system time, in hundredths of a second, which come
// after the name in brackets.
func cpuTime(stat string) time.Duration {
	data, err := os.ReadFile(stat)
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(data), ") ")
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}
