package tripwire_test

import (
	"encoding/base64"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ringwall/internal/egress/tripwire"
)

// many is a set of twenty values, all of them random.
func many(t *testing.T) *tripwire.Set {
	t.Helper()
	r := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	var values []tripwire.Value
	for i := range 20 {
		values = append(values, tripwire.Value{Name: fmt.Sprint(i), Kind: tripwire.Decoy, Cores: []string{randomText(r, 40), randomText(r, 36)}})
	}
	s, err := tripwire.New(values)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestOrdinaryRequests: 10,000 of them raise no alarm, keys, tokens, cookies
// and hashes of others among them.
func TestOrdinaryRequests(t *testing.T) {
	s, r := many(t), rand.New(rand.NewPCG(11, 12))
	for i := range 10_000 {
		if hit, ok := s.Find("api.example.com:443", ordinary(r)); ok {
			t.Fatalf("request %d: %+v", i, hit)
		}
	}
}

// ordinary is a request as tools make them.
func ordinary(r *rand.Rand) []byte {
	token, blob := randomText(r, 20+r.IntN(100)), make([]byte, r.IntN(3000))
	for i := range blob {
		blob[i] = byte(r.Uint32())
	}
	head := fmt.Sprintf("%s /%s/%x?key=%s&page=%d HTTP/1.1\r\nHost: api.example.com\r\nAuthorization: Bearer %s\r\n"+
		"Cookie: id=%x; s=%s\r\nUser-Agent: npm/11.%d node/24\r\n\r\n",
		[]string{"GET", "POST", "PUT"}[r.IntN(3)], randomText(r, r.IntN(40)), r.Uint64(), token[:16], r.IntN(99), token,
		r.Uint64(), randomText(r, 64), r.IntN(20))
	switch r.IntN(4) {
	case 0:
		return append([]byte(head), blob...)
	case 1:
		return append([]byte(head), base64.StdEncoding.EncodeToString(blob)...)
	case 2:
		return append([]byte(head), pack(gzipped, fmt.Sprintf(`{"content":%q}`, blob))...)
	}
	return fmt.Appendf([]byte(head), `{"messages":[{"role":"user","content":%q}],"sha256":"%x"}`, blob, blob)
}

// TestCorpus: the sources of Go, and of the texts, programs and packages of this
// machine as much as there is, raise no alarm.
func TestCorpus(t *testing.T) {
	s := many(t)
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := corpus(t, s, filepath.Join(strings.TrimSpace(string(root)), "src"), 24<<20)
	if seen < 16<<20 {
		t.Errorf("only %d bytes of Go's sources were there", seen)
	}
	for _, dir := range []string{"/usr/share", "/usr/lib/node_modules", "/usr/lib/python3", "/usr/local/lib"} {
		t.Logf("%s: %d MiB", dir, corpus(t, s, dir, 12<<20)>>20)
	}
}

// corpus looks at the files of a folder, up to so many bytes.
func corpus(t *testing.T, s *tripwire.Set, dir string, most int) (seen int) {
	t.Helper()
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil
		}
		if info, err := d.Info(); err != nil || info.Size() > 8<<20 {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		if hit, ok := s.Find("x:1", b); ok {
			t.Errorf("%s: %+v", path, hit)
		}
		if seen += len(b); seen > most {
			return fs.SkipAll
		}
		return nil
	})
	return seen
}
