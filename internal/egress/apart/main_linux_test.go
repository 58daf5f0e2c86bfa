package apart

import (
	"os"
	"testing"

	"ringwall/internal/kernel/kerneltest"
)

// TestMain: this program is also the gateway, and what stands in its place to
// find out what it could do.
func TestMain(m *testing.M) {
	if code, is := Main(os.Args); is {
		os.Exit(code)
	}
	if len(os.Args) > 1 && os.Args[0] == Name {
		os.Exit(instead(os.Args[1:]))
	}
	if len(os.Args) == 3 && os.Args[1] == "supervisor" {
		os.Exit(supervisorOf(os.Args[2]))
	}
	code := m.Run()
	kerneltest.Clean()
	os.Exit(code)
}
