package policy

import "testing"

func TestDestination(t *testing.T) {
	for s, want := range map[string]Destination{
		"Example.com.":       {"example.com", 443},
		"example.com:22":     {"example.com", 22},
		"192.0.2.1":          {"192.0.2.1", 443},
		"[2001:DB8:0::1]":    {"2001:db8::1", 443},
		"[2001:db8::1]:8443": {"2001:db8::1", 8443},
	} {
		got, err := ParseDestination(s)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v", s, got, err)
		}
		again, err := ParseDestination(got.String())
		if err != nil || again != got {
			t.Errorf("%q does not parse to itself: %+v, %v", got.String(), again, err)
		}
	}
}

func TestOrigin(t *testing.T) {
	for s, want := range map[string]Origin{
		"api.example":           {"https", Destination{"api.example", 443}},
		"api.example:8443":      {"https", Destination{"api.example", 8443}},
		"http://127.0.0.1:8080": {"http", Destination{"127.0.0.1", 8080}},
		"http://127.8.8.8":      {"http", Destination{"127.8.8.8", 80}},
		"http://localhost":      {"http", Destination{"localhost", 80}},
		"http://[::1]:1":        {"http", Destination{"::1", 1}},
	} {
		if got, err := ParseOrigin(s); err != nil || got != want {
			t.Errorf("%q: %+v, %v", s, got, err)
		}
	}
	for _, s := range []string{
		"http://api.example", "http://10.0.0.1", "http://localhost.example", "http://127.0.0.1.nip.io",
		"http://127.0.0.1/x", "http://u@127.0.0.1", "https://api.example", "HTTP://127.0.0.1", "http://", "",
	} {
		if got, err := ParseOrigin(s); err == nil {
			t.Errorf("%q is accepted as %+v", s, got)
		}
	}
}
