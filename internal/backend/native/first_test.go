package native

import (
	"testing"

	"ringwall/internal/backend/backendtest"
)

func superviseFor([]string) int { return 0 }

func TestFirst(t *testing.T) {
	b := backendtest.NewBox(t, target(t))
	r := b.Attack("identity", "environ", "descriptors", "read:/etc/shadow")
	t.Logf("%+v", r)
}
