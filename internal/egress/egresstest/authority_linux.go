package egresstest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// CA signs the certificates of the internet's servers. The machine's own store
// (/etc/ssl/certs/ca-certificates.crt) holds it beside the real ones.
type CA struct {
	PEM  []byte
	File string // PEM, readable by all; outside of what a sandbox sees
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

const (
	caFile  = "ca.pem"
	keyFile = "ca-key.pem"
)

// makeAuthority writes a new one into dir and returns the machine's store.
func makeAuthority(dir string) (store string, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	t := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "the test's authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		return "", err
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return "", err
	}
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	private := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: secret})
	err = errors.Join(os.WriteFile(filepath.Join(dir, caFile), ca, 0o644),
		os.WriteFile(filepath.Join(dir, keyFile), private, 0o600))
	if err != nil {
		return "", err
	}
	real, err := os.ReadFile("/etc/ssl/certs/ca-certificates.crt")
	return string(ca) + string(real), err
}

// loadAuthority reads what makeAuthority wrote.
func loadAuthority(dir string) (*CA, error) {
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, caFile), filepath.Join(dir, keyFile))
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(dir, caFile))
	return &CA{PEM: text, File: filepath.Join(dir, caFile), cert: pair.Leaf, key: pair.PrivateKey.(*ecdsa.PrivateKey)}, err
}

// Certificate makes one for these names and addresses.
func (c *CA) Certificate(names ...string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	t := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: names[0]},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, n)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, t, c.cert, &key.PublicKey, c.key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// Pool trusts the authority alone.
func (c *CA) Pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(c.cert)
	return p
}
