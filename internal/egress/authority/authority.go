// Package authority is the certificate authority of one run. The gateway signs
// with it for the names that it opens TLS of, and for no others: the
// certificate itself says so, in critical name constraints. The key is made at
// the start of the run, is never written anywhere, and is gone with it.
//
// It also writes the stores in which programs look for authorities: bundles in
// PEM, and Java's own form.
package authority

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"sync"
	"time"
)

// early is how long before its making an authority is valid: clocks are set
// back, and a certificate that is not valid yet is no use.
const early = time.Hour

// Authority signs certificates for the names that it was made for. It may be
// used from many goroutines at once.
type Authority struct {
	scope scope
	cert  *x509.Certificate

	mu     sync.Mutex
	key    *ecdsa.PrivateKey // nil after Close
	leaf   *ecdsa.PrivateKey // one for all leaves of the run
	leaves map[string]*tls.Certificate
}

// New makes an authority for names that is valid until the given time. A name
// is an exact one, "*." before one (every name below it), an address, or a
// range of addresses as "10.0.0.0/8", all in canonical form. Without a name
// there is nothing to sign for, which is an error.
func New(names []string, until time.Time) (*Authority, error) {
	s, err := newScope(names)
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	template, err := certificate(until)
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	template.Subject = pkix.Name{Organization: []string{"ringwall"}, CommonName: "ringwall: authority of one run"}
	template.IsCA, template.MaxPathLenZero = true, true
	template.KeyUsage = x509.KeyUsageCertSign
	s.constrain(template)
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	return assemble(s, der, key)
}

// assemble puts an authority together and makes the key of its leaves.
func assemble(s scope, der []byte, key *ecdsa.PrivateKey) (*Authority, error) {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	if public, ok := cert.PublicKey.(*ecdsa.PublicKey); !ok || !public.Equal(key.Public()) {
		return nil, errors.New("authority: the key is another certificate's")
	}
	leaf, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	return &Authority{scope: s, cert: cert, key: key, leaf: leaf, leaves: map[string]*tls.Certificate{}}, nil
}

// certificate is what the authority's own and a leaf have in common.
func certificate(until time.Time) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	return &x509.Certificate{
		SerialNumber:          serial.Add(serial, big.NewInt(1)), // zero is no serial number
		NotBefore:             time.Now().Add(-early),
		NotAfter:              until,
		BasicConstraintsValid: true,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, nil
}

// Certificate is the authority's own certificate in PEM. It is no secret.
func (a *Authority) Certificate() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: blockType, Bytes: a.cert.Raw})
}

// Until is when the authority ends to be valid.
func (a *Authority) Until() time.Time { return a.cert.NotAfter }

// Close forgets the keys. Nothing is signed after it. What the standard library
// derived from them goes when the memory is collected.
func (a *Authority) Close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	wipe(a.key)
	wipe(a.leaf)
	a.key, a.leaf, a.leaves = nil, nil, nil
}

// wipe overwrites the secret number of a key where it lies.
func wipe(k *ecdsa.PrivateKey) {
	if k == nil {
		return
	}
	//lint:ignore SA1019 the number has no other way to be overwritten
	clear(k.D.Bits())
}

var errClosed = errors.New("authority: it was closed")

// maxLeaves bounds the cache: below a wildcard there are names without end.
const maxLeaves = 256

// Leaf is the certificate for one name or address, with its key and without the
// authority's own, which clients have. It is made once and then kept; a name
// that the authority is not for is an error.
func (a *Authority) Leaf(name string) (*tls.Certificate, error) {
	if !a.scope.has(name) {
		return nil, fmt.Errorf("authority: %q is not a name that it signs for", name)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.key == nil {
		return nil, errClosed
	}
	if c := a.leaves[name]; c != nil {
		return c, nil
	}
	c, err := a.sign(name)
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	if len(a.leaves) >= maxLeaves {
		clear(a.leaves) // they are quickly made again
	}
	a.leaves[name] = c
	return c, nil
}

func (a *Authority) sign(name string) (*tls.Certificate, error) {
	template, err := certificate(a.cert.NotAfter)
	if err != nil {
		return nil, err
	}
	// No common name: OpenSSL would hold it against the constraints for names
	// where the certificate is for an address.
	template.Subject = pkix.Name{Organization: []string{"ringwall"}}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, a.leaf.Public(), a.key)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParseCertificate(der)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: crypto.Signer(a.leaf), Leaf: parsed}, err
}
