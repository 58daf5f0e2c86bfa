package authority

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// Types of the PEM blocks.
const (
	blockType = "CERTIFICATE"
	keyType   = "PRIVATE KEY"
	namesType = "RINGWALL NAMES"
)

// Marshal is the authority with its key, for another process of ours that signs
// with it. The bytes go through memory only, never into a file, and whoever
// gets them overwrites them.
func (a *Authority) Marshal() ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.key == nil {
		return nil, errClosed
	}
	key, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	defer clear(key)
	out := pem.EncodeToMemory(&pem.Block{Type: namesType, Bytes: []byte(strings.Join(a.scope.list(), "\n"))})
	out = append(out, a.Certificate()...)
	return append(out, pem.EncodeToMemory(&pem.Block{Type: keyType, Bytes: key})...), nil
}

// list is the scope as New takes it.
func (s scope) list() []string {
	out := append([]string(nil), s.names...)
	if s.any {
		out = append(out, All)
	}
	for _, parent := range s.below {
		out = append(out, "*."+parent)
	}
	for _, p := range s.ranges {
		out = append(out, p.String())
	}
	return out
}

// Unmarshal reads what Marshal wrote.
func Unmarshal(data []byte) (*Authority, error) {
	var blocks [3][]byte
	for i, want := range []string{namesType, blockType, keyType} {
		block, rest := pem.Decode(data)
		if block == nil || block.Type != want {
			return nil, fmt.Errorf("authority: no block %q", want)
		}
		blocks[i], data = block.Bytes, rest
	}
	defer clear(blocks[2])
	s, err := newScope(strings.Split(string(blocks[0]), "\n"))
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(blocks[2])
	if err != nil {
		return nil, errors.New("authority: the key cannot be read") // the error may quote it
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errors.New("authority: the key is of another kind")
	}
	return assemble(s, blocks[1], key)
}
