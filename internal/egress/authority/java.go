package authority

import (
	"crypto/sha1" // the format's own sum
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"time"
	"unicode/utf16"
)

// A Java key store (JKS) of trusted certificates. All numbers are big-endian:
//
//	magic 0xFEEDFEED, version 2, number of entries
//	each: tag 2, alias, time in milliseconds, "X.509", length, certificate
//	SHA-1 of the password in UTF-16BE, "Mighty Aphrodite" and all of the above
//
// A text is two bytes of length and then UTF-8. The password is no secret: it
// is the one that every Java has for its list of authorities, and the sum
// protects from accidents only.
const (
	javaMagic    = 0xfeedfeed
	javaVersion  = 2
	javaTrusted  = 2
	javaPassword = "changeit"
	javaSalt     = "Mighty Aphrodite"
)

// JavaStore is the certificates of a PEM text as a key store that every Java
// reads in place of its own list, lib/security/cacerts.
func JavaStore(text []byte) []byte {
	var entries [][]byte
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == blockType {
			entries = append(entries, block.Bytes)
		}
	}
	out := binary.BigEndian.AppendUint32(nil, javaMagic)
	out = binary.BigEndian.AppendUint32(out, javaVersion)
	out = binary.BigEndian.AppendUint32(out, uint32(len(entries)))
	now := uint64(time.Now().UnixMilli())
	for i, der := range entries {
		out = binary.BigEndian.AppendUint32(out, javaTrusted)
		out = javaText(out, fmt.Sprintf("ringwall-%d", i))
		out = binary.BigEndian.AppendUint64(out, now)
		out = javaText(out, "X.509")
		out = binary.BigEndian.AppendUint32(out, uint32(len(der)))
		out = append(out, der...)
	}
	sum := javaSum(out)
	return append(out, sum[:]...)
}

func javaText(out []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(out, uint16(len(s))), s...)
}

func javaSum(store []byte) [sha1.Size]byte {
	var salted []byte
	for _, u := range utf16.Encode([]rune(javaPassword)) {
		salted = binary.BigEndian.AppendUint16(salted, u)
	}
	salted = append(append(salted, javaSalt...), store...)
	return sha1.Sum(salted)
}
