package native

import (
	"ringwall/internal/kernel/namespace"
)

// Waiting is a first process that was started before it was known what it is
// for: the kernel makes its namespaces while the policy is read and the plan is
// made. It holds nothing and can do nothing until it is admitted.
type Waiting struct {
	begun   chan struct{}
	process *namespace.Process
	err     error
}

// Prestart begins one. Give it to a Native, or call Abandon.
func Prestart() *Waiting {
	w := &Waiting{begun: make(chan struct{})}
	go func() {
		defer close(w.begun)
		w.process, w.err = namespace.Begin()
	}()
	return w
}

// take hands the process over, once; without one it begins one now.
func (w *Waiting) take() (*namespace.Process, error) {
	if w == nil {
		return namespace.Begin()
	}
	<-w.begun
	p, err := w.process, w.err
	w.process = nil
	if p == nil && err == nil {
		return namespace.Begin()
	}
	return p, err
}

// Abandon ends the process if nobody took it.
func (w *Waiting) Abandon() {
	<-w.begun
	if w.process != nil {
		w.process.Abandon()
		w.process = nil
	}
}
