package native

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ringwall/internal/backend"
	"ringwall/internal/backend/backendtest"
	"ringwall/internal/egress/authority"
	"ringwall/internal/evidence"
	"ringwall/internal/plan"
)

// opened adds a gateway that opens TLS to a name, and the stores for it.
func opened(b *backendtest.Box, host string, port int) *backendtest.Box {
	b.Add("network.gateway", plan.Op{Gateway: &plan.Gateway{Mode: "allowlist", Ports: []int{80, port}}})
	b.Add("network.allow:"+host, plan.Op{Egress: &plan.Egress{Host: host, Port: port, Intercept: true}})
	return b.Add("network.trust", plan.Op{Trust: trusting(b)})
}

func trusting(b *backendtest.Box) *plan.Trust {
	h := b.Target.Host
	t := &plan.Trust{Own: true, Bundles: h.Bundles, Java: h.JavaStores, Added: plan.TrustAdded,
		EnvVars: []string{"SSL_CERT_FILE", "CURL_CA_BUNDLE"}, AddVars: []string{"NODE_EXTRA_CA_CERTS"}}
	if t.System = h.CertDir; len(t.Bundles) > 0 {
		t.System = t.Bundles[0]
	} else {
		t.Bundles = []string{plan.TrustBundle}
	}
	return t
}

// hashes tells whether files of the host are still what they were.
func hashes(t *testing.T, paths []string) string {
	t.Helper()
	var all []string
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(text)
		all = append(all, p+" "+hex.EncodeToString(sum[:]))
	}
	return strings.Join(all, "\n")
}

// TestStoresInside: each store of the view has the run's authority besides the
// system's, the variables lead to it, and the host's own files are as they
// were. Without the control, what is inside is the host's.
func TestStoresInside(t *testing.T) {
	tg := target(t)
	stores := append(slices.Clone(tg.Host.Bundles), tg.Host.JavaStores...)
	before := hashes(t, stores)
	script := `for f in "$@"; do sha256sum "$f"; (: >>"$f") 2>/dev/null && echo WRITABLE "$f"; done >&2; echo "$SSL_CERT_FILE $CURL_CA_BUNDLE $NODE_EXTRA_CA_CERTS" >&2; cat "$1" >&2`
	b := opened(backendtest.NewBox(t, tg), "api.example.com", 443)
	w := trusting(b)
	inside := func(b *backendtest.Box) string {
		ran := b.Command(append([]string{"/bin/sh", "-c", script, "sh", w.Bundles[0], w.Added}, stores...)...)
		if ran.Err != nil || ran.ExitCode != 0 {
			t.Fatalf("%v %d\n%s", ran.Err, ran.ExitCode, ran.Stderr)
		}
		return ran.Stderr
	}
	out := inside(b)
	system, err := systemAuthorities(w.System)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := authority.Certificates(system)
	certs, err := authority.Certificates([]byte(out))
	if err != nil || len(certs) != len(want)+1 {
		t.Fatalf("%d certificates, the system has %d: %v", len(certs), len(want), err)
	}
	if own := certs[len(certs)-1]; !slices.Equal(own.PermittedDNSDomains, []string{"api.example.com"}) {
		t.Errorf("the last is no authority of this run: %s %q", own.Subject, own.PermittedDNSDomains)
	}
	if !strings.Contains(out, w.Bundles[0]+" "+w.Bundles[0]+" "+w.Added+"\n") {
		t.Errorf("the variables do not lead to the stores:\n%.2000s", out)
	}
	for line := range strings.SplitSeq(before, "\n") {
		path, sum, _ := strings.Cut(line, " ")
		if strings.Contains(out, sum+"  "+path) {
			t.Errorf("%s is the host's inside", path)
		}
	}
	if strings.Contains(out, "WRITABLE") {
		t.Errorf("what is inside can be changed:\n%.2000s", out)
	}
	if after := hashes(t, stores); after != before {
		t.Errorf("the host's stores were changed:\n%s\n%s", before, after)
	}
	plain := backendtest.NewBox(t, tg)
	plain.Add("isolation.view:"+w.Added, plan.Op{Mount: &plan.Mount{Kind: plan.File, Target: w.Added, Content: "x"}})
	out = inside(plain)
	for line := range strings.SplitSeq(before, "\n") {
		if path, sum, _ := strings.Cut(line, " "); !strings.Contains(out, sum+"  "+path) {
			t.Errorf("without the control %s is not the host's", path)
		}
	}
}

// searched prints what can be read of environments, arguments, and all files
// that are not the host's.
const searched = `exec 2>&1
cat /proc/*/environ /proc/*/cmdline /proc/*/maps </dev/null
find / -xdev -path /dev -prune -o -type f -size -4096k -exec cat {} + </dev/null
find /tmp /home /dev/shm /run /etc /var -type f -size -4096k -exec cat {} + </dev/null
env`

// TestAuthorityStaysOutside (PRX-21): the key of the run's authority is nowhere
// inside, in no form in which it could be written, and in no event; the search
// finds the certificate, which is there. On the host there is neither.
func TestAuthorityStaysOutside(t *testing.T) {
	tg := target(t)
	b := opened(backendtest.NewBox(t, tg), "api.example.com", 443)
	var key, certificate []string
	tg.New = func(j backendtest.Job) backend.Backend {
		return &inspected{backendOf(j), func(r *run) {
			key, certificate = forms(t, r.stores.authority)
		}}
	}
	b.Target = tg
	b.Keep = 64 << 20
	ran := b.Command("/bin/sh", "-c", "("+searched+") >&2")
	if ran.Err != nil {
		t.Fatal(ran.Err)
	}
	events, err := json.Marshal(b.Recorder.Events())
	if err != nil {
		t.Fatal(err)
	}
	whole := strings.ReplaceAll(ran.Stderr, "\n", "") // as lines of PEM
	for _, k := range key {
		if strings.Contains(ran.Stderr, k) || strings.Contains(whole, k) || bytes.Contains(events, []byte(k)) {
			t.Fatal("the key can be read inside, or stands in an event")
		}
	}
	if !slices.ContainsFunc(certificate, func(c string) bool { return strings.Contains(whole, c) }) {
		t.Errorf("the search does not find the certificate either, in %d bytes", len(ran.Stderr))
	}
	for _, store := range append(slices.Clone(tg.Host.Bundles), tg.Host.JavaStores...) {
		text, err := os.ReadFile(store)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range certificate {
			if bytes.Contains(text, []byte(c)) {
				t.Errorf("the certificate is in the host's %s", store)
			}
		}
	}
	leftovers(t, b, key)
}

// leftovers: nothing of the key is on the host, in what the run leaves.
func leftovers(t *testing.T, b *backendtest.Box, key []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Dir(b.Project), func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil
		}
		text, err := os.ReadFile(path)
		for _, k := range key {
			if bytes.Contains(text, []byte(k)) {
				t.Errorf("the key is in %s", path)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// forms are the spellings in which the key, and the certificate, may stand
// somewhere. Of base64 it is the part that does not depend on where it begins.
func forms(t *testing.T, a *authority.Authority) (key, certificate []string) {
	t.Helper()
	all, err := a.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for block, rest := pem.Decode(all); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "CERTIFICATE":
			certificate = spellings(block.Bytes[len(block.Bytes)-30:])
		case "PRIVATE KEY":
			parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := parsed.(*ecdsa.PrivateKey).Bytes()
			if err != nil {
				t.Fatal(err)
			}
			key = spellings(raw)
			slices.Reverse(raw) // as the words of a big number lie in memory
			key = append(key, spellings(raw)...)
		}
	}
	return key, certificate
}

func spellings(raw []byte) []string {
	out := []string{string(raw), hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw))}
	for skip := range 3 {
		text := base64.RawStdEncoding.EncodeToString(raw[skip:])
		out = append(out, text[:len(text)-2])
	}
	return out
}

// inspected is the backend with a look at the run before it starts.
type inspected struct {
	*Native
	look func(*run)
}

// Run does what Native.Run does, with the look in the middle.
func (i *inspected) Run(ctx context.Context, p plan.Plan, rec evidence.Recorder) (backend.Result, error) {
	r := newRun(i.Native, p, rec)
	i.Dir = p.Project
	if err := r.prepare(); err != nil {
		return backend.Result{}, err
	}
	defer r.release()
	i.look(r)
	spec, files, err := r.translate()
	if err != nil {
		return backend.Result{}, err
	}
	defer closeAll(files)
	if err := r.start(spec, files); err != nil {
		return backend.Result{}, err
	}
	return r.supervise(ctx)
}

// TestAuthoritiesAreRead: what the policy names has to hold certificates and
// must not lie where an agent writes.
func TestAuthoritiesAreRead(t *testing.T) {
	a, err := authority.New([]string{"a.example"}, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	secret, err := a.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	good, project := filepath.Join(dir, "good.pem"), filepath.Join(dir, "project")
	write(t, good, "corporate\n"+string(a.Certificate()))
	write(t, filepath.Join(dir, "key.pem"), string(secret))
	write(t, filepath.Join(dir, "text.pem"), "nothing")
	write(t, filepath.Join(project, "ca.pem"), string(a.Certificate()))
	if err := os.Symlink("project/ca.pem", filepath.Join(dir, "link.pem")); err != nil {
		t.Fatal(err)
	}
	if out, err := readAuthorities([]string{good}, project); err != nil || !bytes.Equal(out, a.Certificate()) {
		t.Errorf("%q, %v", out, err)
	}
	for _, bad := range []string{"absent.pem", "text.pem", "key.pem", "link.pem", "project/ca.pem"} {
		if out, err := readAuthorities([]string{good, filepath.Join(dir, bad)}, project); err == nil {
			t.Errorf("%s: %q", bad, out)
		}
	}
}

// TestFolderOfAuthorities: single certificates become a bundle, each once.
func TestFolderOfAuthorities(t *testing.T) {
	dir := t.TempDir()
	var want []byte
	for i, name := range []string{"a.pem", "b.crt", "5ed36f99.0"} {
		a, err := authority.New([]string{"a.example"}, time.Now().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), string(a.Certificate()))
		write(t, filepath.Join(dir, "twice"+string(rune('0'+i))+".pem"), string(a.Certificate()))
		want = append(want, a.Certificate()...)
	}
	write(t, filepath.Join(dir, "README"), string(want))
	write(t, filepath.Join(dir, "broken.pem"), "no certificate")
	got, err := systemAuthorities(dir)
	if err != nil {
		t.Fatal(err)
	}
	certs, err := authority.Certificates(got)
	if err != nil || len(certs) != 3 || len(got) != len(want) {
		t.Errorf("%d certificates, %v", len(certs), err)
	}
	if got, err := systemAuthorities(t.TempDir()); err == nil {
		t.Errorf("an empty folder gives %q", got)
	}
}
