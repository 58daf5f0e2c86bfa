package isolation

import (
	"crypto/rand"
	"slices"
	"testing"

	makes "ringwall/internal/egress/bait"
)

// TestDecoys: each shape can be filled, and none lies where a tool reads by
// itself what it then sends.
func TestDecoys(t *testing.T) {
	honest := []string{"/.netrc", "/.npmrc", "/.pypirc", "/.env", "/.docker/config.json", "/.config/gh/hosts.yml", "/.kube/config",
		"/.cargo/credentials.toml", "/.m2/settings.xml", "/.aws/config"}
	for _, b := range baits() {
		made, err := makes.Make(b.shape, func(b []byte) error {
			_, err := rand.Read(b)
			return err
		})
		if err != nil || len(made.Cores) == 0 {
			t.Errorf("%s: %v, %v", b.path, made.Cores, err)
		}
		if slices.Contains(honest, b.path) {
			t.Errorf("%s is read, and sent, by honest tools", b.path)
		}
	}
}
