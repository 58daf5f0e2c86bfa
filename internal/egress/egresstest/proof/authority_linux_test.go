package proof

import (
	"os"
	"strings"
	"testing"

	"ringwall/internal/egress/egresstest"
)

// authority: inside there is the certificate of the run's own authority, and no
// key but those that anything else has; the machine trusts what it did before,
// and another run has another authority.
func authority(t *testing.T) {
	n := egresstest.New(t)
	n.Web("good.example", nil)
	store := "/etc/ssl/certs/ca-certificates.crt"
	before, err := os.ReadFile(store)
	if err != nil {
		t.Fatal(err)
	}
	opened := "ca = [\"" + n.CA.File + "\"]\n[[network.rule]]\nhost = \"good.example\"\nmethods = [\"GET\"]\n"
	const show = `cat /etc/ssl/certs/ca-certificates.crt; echo ====; grep -rlsa -e 'PRIVATE KEY' /etc/ssl /run /tmp ~ /proc/self/environ /proc/1/environ || echo no key`
	var own []string
	for range 2 {
		r := n.Box(opened).Run("sh", "-c", show)
		certs, keys, _ := strings.Cut(r.Stdout, "====")
		if !strings.Contains(keys, "no key") {
			t.Errorf("keys: %s", keys)
		}
		added := newCerts(certs, string(before))
		if len(added) != 1 {
			t.Errorf("%d certificates are inside that the machine has not", len(added))
		}
		own = append(own, strings.Join(added, ""))
	}
	if own[0] == own[1] {
		t.Error("two runs have the same authority")
	}
	after, err := os.ReadFile(store)
	if err != nil || string(after) != string(before) {
		t.Errorf("the machine's store has changed: %v", err)
	}
	r := n.Box("ca = [\""+n.CA.File+"\"]\n"+onlyGood).Run("sh", "-c", show)
	if certs, _, _ := strings.Cut(r.Stdout, "===="); len(newCerts(certs, string(before))) != 0 {
		t.Error("nothing is opened, and there is an authority all the same")
	}
}

// newCerts lists the certificates of one bundle that another does not have.
func newCerts(bundle, known string) []string {
	const end = "-----END CERTIFICATE-----"
	var out []string
	for _, c := range strings.SplitAfter(bundle, end) {
		i := strings.Index(c, "-----BEGIN")
		if i >= 0 && !strings.Contains(known, strings.TrimSpace(c[i:])) {
			out = append(out, c[i:])
		}
	}
	return out
}
