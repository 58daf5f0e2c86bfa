package credform

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

const (
	algorithm = "AWS4-HMAC-SHA256"
	dateForm  = "20060102T150405Z"
)

// signature is what a client says of its own.
type signature struct {
	id, day, region, service string
	headers                  []string // signed, lower case
}

// foreignSignature says why a request cannot be signed again.
func (f *Form) foreignSignature(r *http.Request) string {
	auth := r.Header.Values("Authorization")
	switch {
	case len(auth) > 1:
		return "two headers Authorization"
	case len(auth) == 0 || auth[0] == "":
		if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions {
			return "" // nobody's request
		}
		return "a request that changes something and is not signed in its header Authorization"
	}
	s, err := parseSignature(auth[0])
	if err != nil {
		return "the header Authorization (" + err.Error() + ")"
	}
	if s.id != f.id {
		return "the header Authorization"
	}
	return ""
}

// parseSignature reads the header Authorization of a signed request.
func parseSignature(auth string) (signature, error) {
	rest, ok := strings.CutPrefix(auth, algorithm+" ")
	if !ok {
		return signature{}, errors.New("only " + algorithm + " is known")
	}
	var s signature
	for _, part := range strings.Split(rest, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok || !s.set(name, value) {
			return signature{}, errors.New("it is malformed")
		}
	}
	if s.id == "" || len(s.headers) == 0 {
		return signature{}, errors.New("it is malformed")
	}
	return s, nil
}

func (s *signature) set(name, value string) bool {
	switch {
	case name == "Credential" && s.id == "":
		p := strings.Split(value, "/")
		if len(p) != 5 || p[4] != "aws4_request" || len(p[1]) != 8 || !word(p[2]) || !word(p[3]) {
			return false
		}
		s.id, s.day, s.region, s.service = p[0], p[1], p[2], p[3]
	case name == "SignedHeaders" && s.headers == nil:
		s.headers = strings.Split(value, ";")
		return !slices.ContainsFunc(s.headers, func(h string) bool { return !token(h) })
	case name != "Signature":
		return false
	}
	return true
}

// word is the name of a region or a service.
func word(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// token is the name of a header in lower case.
func token(s string) bool {
	return s != "" && len(s) <= 128 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

// checkScope holds the region and the service that a client signs for against
// the host, where the host is one of AWS and tells them. The signature holds
// for that host only; this keeps a mistake from becoming an answer that nobody
// understands.
func checkScope(host string, s signature) error {
	name, ok := amazon(host)
	if !ok {
		return nil
	}
	labels := strings.Split(name, ".")
	for _, l := range labels {
		if isRegion(l) && l != s.region {
			return fmt.Errorf("it is signed for the region %s and goes to %s", s.region, host)
		}
	}
	if !slices.ContainsFunc(labels, func(l string) bool { return serves(l, s.service) }) {
		return fmt.Errorf("it is signed for the service %s and goes to %s", s.service, host)
	}
	return nil
}

// amazon cuts the domain off the hosts of AWS.
func amazon(host string) (string, bool) {
	for _, domain := range []string{".amazonaws.com", ".amazonaws.com.cn", ".api.aws"} {
		if rest, ok := strings.CutSuffix(host, domain); ok {
			return rest, true
		}
	}
	return "", false
}

// isRegion knows "eu-west-1", "us-gov-east-1" and their like.
func isRegion(label string) bool {
	parts := strings.Split(label, "-")
	n := len(parts)
	return (n == 3 || n == 4) && len(parts[0]) == 2 && word(label) &&
		len(parts[n-1]) == 1 && strings.Contains("123456789", parts[n-1])
}

// serves: a host's label and the name that is signed for often differ in an
// addition: "bedrock-runtime" and bedrock, "data-ats.iot" and iotdata.
func serves(label, service string) bool {
	if label == "email" {
		return service == "ses"
	}
	return len(label) > 1 && (strings.Contains(label, service) || strings.Contains(service, label))
}
