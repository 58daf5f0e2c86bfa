package policy

import "time"

func (m *merger) limits() {
	ours, theirs := &m.out.Limits, m.machine.Limits
	m.least(&ours.Memory, "limits.memory", theirs.Memory)
	m.least(&ours.MilliCPUs, "limits.cpus", theirs.MilliCPUs)
	m.least(&ours.PIDs, "limits.pids", theirs.PIDs)
	m.least(&ours.Disk, "limits.disk", theirs.Disk)
	m.least(&ours.Inodes, "limits.inodes", theirs.Inodes)
	m.least(&ours.Files, "limits.files", theirs.Files)
	m.least(&ours.FileSize, "limits.file_size", theirs.FileSize)
	m.least(&ours.Output, "limits.output", theirs.Output)
	m.shortest(&ours.Time, "limits.time", theirs.Time)
	m.union(&ours.Must, "limits.must", theirs.Must)
}

func (m *merger) loop() {
	ours, theirs := &m.out.Loop, m.machine.Loop
	n := int64(ours.MaxIterations)
	m.least(&n, "loop.max_iterations", int64(theirs.MaxIterations))
	ours.MaxIterations = int(n)
	m.shortest(&ours.MaxTime, "loop.max_time", theirs.MaxTime)
	m.iterationTime()
	m.cost()
	m.least(&ours.MaxTokens, "loop.max_tokens", theirs.MaxTokens)
	m.prices()
	m.union(&ours.Verify, "loop.verify", theirs.Verify)
}

// least takes the machine's bound where it is smaller, or where the project's
// policy has none.
func (m *merger) least(into *int64, key string, bound int64) {
	if !m.machine.Has(key) || *into != 0 && *into <= bound {
		return
	}
	if m.project.Has(key) {
		m.note(key, "the machine's policy allows less")
	}
	*into = bound
	m.adopt(key)
}

func (m *merger) shortest(into *time.Duration, key string, bound time.Duration) {
	n := int64(*into)
	m.least(&n, key, int64(bound))
	*into = time.Duration(n)
}

// iterationTime: what a machine says of one run bounds an iteration as well.
func (m *merger) iterationTime() {
	const key = "loop.iteration_time"
	bounds := [...]struct {
		from string
		most time.Duration
	}{{"limits.time", m.machine.Limits.Time}, {key, m.machine.Loop.IterationTime}}
	for _, b := range bounds {
		if !m.machine.Has(b.from) || m.out.IterationTime() <= b.most {
			continue
		}
		if m.project.Has(key) {
			m.note(b.from, "the machine's policy allows a shorter iteration")
		}
		m.out.Loop.IterationTime = b.most
		m.out.marks[key] = m.machine.marks[b.from]
	}
}

func (m *merger) cost() {
	const key = "loop.max_cost"
	into, bound := &m.out.Loop.MaxCostUSD, m.machine.Loop.MaxCostUSD
	if bound == nil || *into != nil && **into <= *bound {
		return
	}
	if *into != nil {
		m.note(key, "the machine's policy allows less")
	}
	*into = bound
	m.adopt(key)
}
