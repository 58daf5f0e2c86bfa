//go:build !linux

package host

import (
	"os"
	"runtime"
	"strings"
)

// Basics is what can be told without trying anything.
func Basics(env []string) (Facts, error) {
	f := Facts{OS: runtime.GOOS, Arch: runtime.GOARCH, UID: os.Getuid(), GID: os.Getgid(),
		CPUs: runtime.NumCPU(), Env: map[string]string{}}
	for _, kv := range env {
		if k, v, ok := strings.Cut(kv, "="); ok {
			f.Env[k] = v
		}
	}
	f.Home, _ = os.UserHomeDir()
	f.StateDir = stateDir(f)
	return f, nil
}

// Probe tells that nothing can be confined here: ringwall confines on Linux.
func Probe(env []string) (Facts, error) {
	f, err := Basics(env)
	no := Ability{Why: runtime.GOOS + " has no namespaces", Fix: "run the agent on Linux, or in a Linux virtual machine"}
	f.Sandbox, f.Overlay, f.Seccomp, f.Observe = no, no, no, no
	return f, err
}

// ProbeEarly is Probe; nothing can be begun here.
func ProbeEarly(env []string, _ func(Facts)) (Facts, error) { return Probe(env) }

// LookAt has nothing to look at.
func (f *Facts) LookAt(string) {}

// Forget has nothing to forget.
func (f *Facts) Forget() error { return nil }

// FindPrograms finds none that could be kept from an agent here.
func (f Facts) FindPrograms([]string) []Program { return nil }
