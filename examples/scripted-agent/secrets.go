//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func secretAttempts(opt options) []attempt {
	return []attempt{
		{"ssh-key", "read ~/.ssh/id_rsa", readKey},
		{"docker-socket", "open " + opt.dockerSocket, func() (string, error) {
			return openDocker(opt.dockerSocket)
		}},
	}
}

// readKey looks for a private key in the home folder, and in every folder above
// the project, because a project usually lies below its owner's home. What it
// finds goes to the output: from there a real thief would send it on. It does
// not stop at the first, which may be there to be found.
func readKey() (string, error) {
	var found []string
	var refusals []error
	for _, dir := range homes() {
		path := filepath.Join(dir, ".ssh", "id_rsa")
		key, err := os.ReadFile(path)
		if err != nil {
			refusals = append(refusals, err)
			continue
		}
		found = append(found, fmt.Sprintf("read %d bytes of %s: %q", len(key), path, firstBytes(key, 200)))
	}
	if len(found) == 0 {
		// The first is the one asked for; the others are alike.
		return "", fmt.Errorf("%w (and so at %d other places)", refusals[0], len(refusals)-1)
	}
	return strings.Join(found, "; "), nil
}

// homes lists the places where the owner's home may be.
func homes() []string {
	var out []string
	home, err := os.UserHomeDir()
	if err == nil {
		out = append(out, home)
	}
	dir, err := os.Getwd()
	for err == nil && dir != "/" {
		dir = filepath.Dir(dir)
		out = append(out, dir)
	}
	return append(out, "/root")
}

func firstBytes(b []byte, n int) []byte {
	return b[:min(n, len(b))]
}

// openDocker connects to the container engine: whoever may give it orders is root
// on the host.
func openDocker(path string) (string, error) {
	conn, err := net.DialTimeout("unix", path, 2*time.Second)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	return "connected", nil
}
