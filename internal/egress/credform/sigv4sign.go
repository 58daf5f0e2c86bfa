package credform

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// MaxSignedBody is how much of a body is kept to be hashed, in bytes, where the
// client did not send its hash along.
const MaxSignedBody = 4 << 20

// unsigned are headers that change on the way, or that the connection owns.
func unsigned() []string {
	return []string{"authorization", "connection", "expect", "te", "transfer-encoding", "upgrade", "user-agent",
		"x-amzn-trace-id", "proxy-authorization", "cookie", "range", "if-range", "keep-alive", "trailer"}
}

// sign takes the client's signature off and signs with the real key, for the
// same time, region, service and headers. A request that nobody signed stays so.
func (f *Form) sign(out *http.Request, v Value) error {
	auth := out.Header.Get("Authorization")
	maps.DeleteFunc(out.Header, func(name string, _ []string) bool { return f.isKeyHeader(name) })
	if auth == "" {
		return nil
	}
	s, err := parseSignature(auth)
	if err != nil {
		return err
	}
	if err := checkScope(f.host, s); err != nil {
		return err
	}
	if v.ID == "" {
		return errors.New("the credential has no identifier for the key")
	}
	hash, err := bodyHash(out)
	if err != nil {
		return err
	}
	if v.Token != "" {
		out.Header.Set("X-Amz-Security-Token", v.Token)
	}
	return s.put(out, v, hash)
}

// put signs a request whose headers are final.
func (s signature) put(out *http.Request, v Value, hash string) error {
	date := out.Header.Get("X-Amz-Date")
	if len(date) != len(dateForm) || !strings.HasPrefix(date, s.day+"T") {
		return errors.New("it is signed without a header X-Amz-Date of the same day")
	}
	names := s.signedHeaders(out)
	scope := strings.Join([]string{s.day, s.region, s.service, "aws4_request"}, "/")
	canonical := sha256.Sum256([]byte(canonicalRequest(out, s.service, names, hash)))
	toSign := strings.Join([]string{algorithm, date, scope, hex.EncodeToString(canonical[:])}, "\n")
	key := []byte("AWS4" + v.Secret)
	for _, part := range strings.Split(scope, "/") {
		key = mac(key, part)
	}
	out.Header.Set("Authorization", fmt.Sprintf("%s Credential=%s/%s, SignedHeaders=%s, Signature=%x",
		algorithm, v.ID, scope, strings.Join(names, ";"), mac(key, toSign)))
	return nil
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// signedHeaders are those that the client signed and that are still there, and
// those that have to be.
func (s signature) signedHeaders(out *http.Request) []string {
	names := []string{"host"}
	for name := range out.Header {
		l := strings.ToLower(name)
		if strings.HasPrefix(l, "x-amz-") || slices.Contains(s.headers, l) && !slices.Contains(unsigned(), l) {
			names = append(names, l)
		}
	}
	if slices.Contains(s.headers, "content-length") && out.ContentLength >= 0 {
		names = append(names, "content-length")
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// bodyHash is the hash that is signed: the client's own where it sent one, else
// that of the body, which is read for it and put back.
func bodyHash(out *http.Request) (string, error) {
	given := out.Header.Values("X-Amz-Content-Sha256")
	switch {
	case len(given) > 1:
		return "", errors.New("two headers X-Amz-Content-Sha256")
	case len(given) == 1:
		return checkHash(given[0])
	case out.Body == nil || out.Body == http.NoBody:
		return sum(nil), nil
	}
	b, err := io.ReadAll(io.LimitReader(out.Body, MaxSignedBody+1))
	if err != nil {
		return "", errors.New("the body ended early")
	}
	if len(b) > MaxSignedBody {
		return "", fmt.Errorf("the body is larger than %d MiB and came without its hash: let the client send X-Amz-Content-Sha256", MaxSignedBody>>20)
	}
	out.Body.Close()
	out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
	return sum(b), nil
}

// checkHash takes a hash, and the words that mean that there is none. In a body
// that is signed chunk by chunk, every chunk would have to be signed again.
func checkHash(s string) (string, error) {
	if s == "UNSIGNED-PAYLOAD" || s == "STREAMING-UNSIGNED-PAYLOAD-TRAILER" {
		return s, nil
	}
	if b, err := hex.DecodeString(s); err == nil && len(b) == sha256.Size {
		return s, nil
	}
	if strings.HasPrefix(s, "STREAMING-") {
		return "", errors.New("its body is signed chunk by chunk, which only the holder of the key can do: " +
			"switch chunked encoding off in the client (Java: chunkedEncodingEnabled(false)), or payload signing " +
			"(aws configure set default.s3.payload_signing_enabled false)")
	}
	return "", errors.New("X-Amz-Content-Sha256 holds no hash")
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// headerValue is a header as it is signed: spaces once, values with commas.
func headerValue(out *http.Request, name string) string {
	switch name {
	case "host":
		if out.Host != "" {
			return out.Host
		}
		return out.URL.Host
	case "content-length":
		return strconv.FormatInt(out.ContentLength, 10)
	}
	var values []string
	for _, v := range out.Header.Values(name) {
		values = append(values, strings.Join(strings.Fields(v), " "))
	}
	return strings.Join(values, ",")
}
