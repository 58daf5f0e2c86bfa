package bait

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
)

// lineWidth is that of OpenSSH's private keys.
const lineWidth = 70

// A private key of 3072 bits, as ssh-keygen makes it by default where it is
// asked for RSA.
const modulus = 3072 / 8 // bytes

// key writes the body of a private key. Its numbers have the sizes and places
// that they should have and are random instead of related, since to find real
// ones takes a second: programs read it, and no server ever knew it.
func (m *maker) key() {
	n, e := m.number(modulus), []byte{1, 0, 1}
	mark := m.word(letters, 40) // in the secret exponent: the same in every form of the key
	d := m.number(modulus)
	copy(d[modulus-len(mark)-1:], mark)
	rest := [][]byte{m.number(modulus / 2), m.number(modulus / 2), m.number(modulus / 2)} // 1/q mod p, p, q

	private := append(m.twice(4), field(nil, []byte("ssh-rsa"))...)
	private = mpint(mpint(private, n), e)
	secrets := len(private)
	private = mpint(private, d)
	for _, v := range rest {
		private = mpint(private, v)
	}
	private = field(private, []byte("deploy@bastion"))
	for i := byte(1); len(private)%8 != 0; i++ {
		private = append(private, i)
	}
	public := mpint(mpint(field(nil, []byte("ssh-rsa")), e), n)
	m.armour(public, private, secrets)
	m.cores = append(m.cores, mark)
}

// armour writes the container in lines. Some lines are looked for too: that is
// how the file looks when it is encoded once more as it is.
func (m *maker) armour(public, private []byte, secrets int) {
	b := []byte("openssh-key-v1\x00")
	b = field(field(field(b, []byte("none")), []byte("none")), nil)
	b = field(binary.BigEndian.AppendUint32(b, 1), public)
	from := (len(b)+4+secrets)*8/6 + 20 // in characters: behind the length of the first secret
	body := base64.StdEncoding.EncodeToString(field(b, private))
	var lines []string
	for at := 0; at < len(body); at += lineWidth {
		line := body[at:min(at+lineWidth, len(body))]
		lines = append(lines, line)
		if secret := (at - from) / lineWidth; at > from && (secret == 0 || secret == 8) { // of d, and of 1/q mod p
			m.cores = append(m.cores, line)
		}
	}
	m.text.WriteString(strings.Join(lines, "\n"))
}

// number is one of exactly that many bytes, and odd.
func (m *maker) number(bytes int) []byte {
	b := m.bytes(bytes)
	b[0] |= 0x80
	b[bytes-1] |= 1
	return b
}

// twice is the same random bytes two times: by that a program sees that a key
// was decrypted well.
func (m *maker) twice(n int) []byte {
	b := m.bytes(n)
	return append(b, b...)
}

// field appends a text with its length, mpint a number (RFC 4251, 5).
func field(to, text []byte) []byte {
	return append(binary.BigEndian.AppendUint32(to, uint32(len(text))), text...)
}

func mpint(to, number []byte) []byte {
	if number[0]&0x80 != 0 {
		number = append([]byte{0}, number...)
	}
	return field(to, number)
}
