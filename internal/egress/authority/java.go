package authority

import (
	"bytes"
	"crypto/sha1" // the format's own sum
	"encoding/binary"
	"encoding/pem"
	"strconv"
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

// JavaEntries are the certificates of a PEM text in DER, as JavaStore takes them:
// each with its length in four bytes before it.
func JavaEntries(text []byte) []byte {
	out := make([]byte, 0, len(text)*3/4)
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == blockType {
			out = binary.BigEndian.AppendUint32(out, uint32(len(block.Bytes)))
			out = append(out, block.Bytes...)
		}
	}
	return out
}

// JavaStore is a key store with certificates that every Java reads in place of
// its own list, lib/security/cacerts.
func JavaStore(entries ...[]byte) []byte {
	all := bytes.Join(entries, nil)
	out := make([]byte, 12, 2*len(all)+64)
	binary.BigEndian.PutUint32(out, javaMagic)
	binary.BigEndian.PutUint32(out[4:], javaVersion)
	now, count := uint64(time.Now().UnixMilli()), uint32(0)
	for len(all) >= 4 {
		end := 4 + int(binary.BigEndian.Uint32(all))
		out = binary.BigEndian.AppendUint32(out, javaTrusted)
		out = javaText(out, "ringwall-"+strconv.Itoa(int(count)))
		out = binary.BigEndian.AppendUint64(out, now)
		out = javaText(out, "X.509")
		out = append(out, all[:end]...)
		all = all[end:]
		count++
	}
	binary.BigEndian.PutUint32(out[8:], count)
	return append(out, javaSum(out)...)
}

func javaText(out []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(out, uint16(len(s))), s...)
}

func javaSum(store []byte) []byte {
	h := sha1.New()
	for _, u := range utf16.Encode([]rune(javaPassword)) {
		h.Write([]byte{byte(u >> 8), byte(u)})
	}
	h.Write([]byte(javaSalt))
	h.Write(store)
	return h.Sum(nil)
}
