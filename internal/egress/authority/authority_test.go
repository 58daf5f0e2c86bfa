package authority

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"testing"
	"time"
)

func make1(t testing.TB, names ...string) *Authority {
	t.Helper()
	a, err := New(names, time.Now().Add(24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a
}

func TestScope(t *testing.T) {
	a := make1(t, "api.example.com", "*.cdn.example", "10.1.0.0/16", "203.0.113.7", "2001:db8::1", "under_score.example.org")
	for name, want := range map[string]bool{
		"api.example.com": true, "10.1.2.3": true, "203.0.113.7": true, "2001:db8::1": true, "under_score.example.org": true,
		"a.cdn.example": true, "a.b.cdn.example": true,
		"": false, ".": false, "example.com": false, "x.api.example.com": false, "cdn.example": false, "evilcdn.example": false,
		".cdn.example": false, "*.cdn.example": false, "a..cdn.example": false, "API.example.com": false, "api.example.com.": false,
		"10.2.0.1": false, "203.0.113.8": false, "2001:db8::2": false, "2001:db8::1%lo": false, "::ffff:10.1.2.3": false,
		"api.example.com\x00.cdn.example": false, "a b.cdn.example": false,
	} {
		c, err := a.Leaf(name)
		if got := err == nil; got != want {
			t.Errorf("Leaf(%q): %v, want %v", name, err, want)
		}
		if err == nil && verify(a, c.Leaf, name) != nil && name != "under_score.example.org" {
			t.Errorf("Leaf(%q) does not verify: %v", name, verify(a, c.Leaf, name))
		}
	}
}

func verify(a *Authority, leaf *x509.Certificate, name string) error {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(a.Certificate())
	if bytes.ContainsRune([]byte(name), ':') {
		name = "[" + name + "]"
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: name})
	return err
}

// TestConstraints: what the very key signs for another name or address is worth
// nothing; a leaf can sign nothing.
func TestConstraints(t *testing.T) {
	for _, scope := range [][]string{{"api.example.com"}, {"203.0.113.7"}, {"*.cdn.example", "10.0.0.0/8"}} {
		a := make1(t, scope...)
		for _, name := range []string{"other.example", "example.com", "203.0.113.8", "2001:db8::1"} {
			c, err := a.sign(name)
			if err != nil {
				t.Fatal(err)
			}
			var invalid x509.CertificateInvalidError
			if err := verify(a, c.Leaf, name); !errors.As(err, &invalid) || invalid.Reason != x509.CANotAuthorizedForThisName {
				t.Errorf("%q for %s: %v", scope, name, err)
			}
		}
		if c := a.cert; !c.IsCA || c.MaxPathLen != 0 || !c.MaxPathLenZero || c.KeyUsage != x509.KeyUsageCertSign {
			t.Errorf("the authority's certificate: %+v", c)
		}
	}
}

func TestLeafIsKeptAndBounded(t *testing.T) {
	a := make1(t, "*.example")
	first, err := a.Leaf("a.example")
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := a.Leaf("a.example"); again != first {
		t.Error("made twice")
	}
	for i := range 2 * maxLeaves {
		c, err := a.Leaf(fmt.Sprintf("n%d.example", i))
		if err != nil {
			t.Fatal(err)
		}
		if c.PrivateKey != first.PrivateKey {
			t.Fatal("a key for each leaf")
		}
		if c.Leaf.SerialNumber.Cmp(first.Leaf.SerialNumber) == 0 {
			t.Fatal("a serial number twice")
		}
		if len(a.leaves) > maxLeaves {
			t.Fatalf("%d leaves are kept", len(a.leaves))
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, names := range [][]string{nil, {""}, {"Example.com"}, {"a..b"}, {"*"}, {"*."}, {"a\nb"}, {"ex*mple.com"}} {
		if _, err := New(names, time.Now().Add(time.Hour)); err == nil {
			t.Errorf("%q is accepted", names)
		}
	}
}

func TestClose(t *testing.T) {
	a := make1(t, "a.example")
	key := a.key
	a.Close()
	if _, err := a.Leaf("a.example"); !errors.Is(err, errClosed) {
		t.Errorf("Leaf: %v", err)
	}
	if _, err := a.Marshal(); !errors.Is(err, errClosed) {
		t.Errorf("Marshal: %v", err)
	}
	//lint:ignore SA1019 what Close overwrites
	for _, w := range key.D.Bits() {
		if w != 0 {
			t.Fatal("the key is still there")
		}
	}
	a.Close()
}

func TestMarshal(t *testing.T) {
	a := make1(t, "a.example", "*.b.example", "10.0.0.0/8")
	data, err := a.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	b, err := Unmarshal(bytes.Clone(data))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Certificate(), b.Certificate()) {
		t.Error("another certificate")
	}
	for _, name := range []string{"a.example", "x.b.example", "10.2.3.4"} {
		c, err := b.Leaf(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := verify(a, c.Leaf, name); err != nil {
			t.Error(err)
		}
	}
	if _, err := b.Leaf("c.example"); err == nil {
		t.Error("the scope has grown")
	}
	other := make1(t, "a.example")
	swapped := bytes.Replace(data, bytes.TrimSpace(a.Certificate()), bytes.TrimSpace(other.Certificate()), 1)
	for _, bad := range [][]byte{nil, []byte("x"), data[:len(data)-40], swapped} {
		if _, err := Unmarshal(bad); err == nil {
			t.Errorf("%d bytes are accepted", len(bad))
		}
	}
}

func TestCertificates(t *testing.T) {
	a, b := make1(t, "a.example"), make1(t, "b.example")
	text := Bundle([]byte("# the system's\n"+string(bytes.TrimSpace(a.Certificate()))), b.Certificate(), a.Certificate())
	certs, err := Certificates(text)
	if err != nil || len(certs) != 2 || !certs[0].Equal(a.cert) || !certs[1].Equal(b.cert) {
		t.Fatalf("%d certificates, %v", len(certs), err)
	}
	if !bytes.Equal(Encode(certs), append(a.Certificate(), b.Certificate()...)) {
		t.Error("Encode writes something else")
	}
	key, _ := a.Marshal()
	broken := pem.EncodeToMemory(&pem.Block{Type: blockType, Bytes: []byte("no")})
	for _, bad := range [][]byte{nil, []byte("text"), key, broken} {
		if _, err := Certificates(bad); err == nil {
			t.Errorf("accepted: %.40q", bad)
		}
	}
}

// TestAll: a run that learns signs for all that it then refuses, on either side
// of the process's border.
func TestAll(t *testing.T) {
	a := make1(t, All, "0.0.0.0/0", "::/0")
	data, err := a.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	b, err := Unmarshal(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.example", "x.y.z.example.org", "203.0.113.8", "2001:db8::2"} {
		c, err := b.Leaf(name)
		if err != nil || verify(a, c.Leaf, name) != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", "*", "A.example", "a..example", "a b.example"} {
		if _, err := b.Leaf(name); err == nil {
			t.Errorf("%q is signed for", name)
		}
	}
}
