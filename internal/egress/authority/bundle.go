package authority

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// Bundle is a bundle in PEM with more certificates at its end. What stands in
// the system's besides certificates, such as comments, is left as it is.
func Bundle(system []byte, extra ...[]byte) []byte {
	out := bytes.Clone(system)
	for _, e := range extra {
		if len(out) > 0 && out[len(out)-1] != '\n' {
			out = append(out, '\n')
		}
		out = append(out, e...)
	}
	return out
}

// Certificates reads the certificates of a PEM text, in its order, each once.
// Blocks of another kind are left out; a private key among them is an error,
// since the text is on its way to where everybody may read it. So is a text
// without a certificate, and a certificate that cannot be read.
func Certificates(text []byte) ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	seen := map[string]bool{}
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if bytes.Contains([]byte(block.Type), []byte("PRIVATE KEY")) {
			return nil, errors.New("it holds a private key")
		}
		if block.Type != blockType || seen[string(block.Bytes)] {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", len(out)+1, err)
		}
		seen[string(block.Bytes)] = true
		out = append(out, cert)
	}
	if len(out) == 0 {
		return nil, errors.New("it holds no certificate in PEM")
	}
	return out, nil
}

// Encode writes certificates as PEM.
func Encode(certs []*x509.Certificate) []byte {
	var out []byte
	for _, c := range certs {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: blockType, Bytes: c.Raw})...)
	}
	return out
}
