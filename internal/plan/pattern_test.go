package plan

import "testing"

func TestHostSet(t *testing.T) {
	for _, c := range []struct {
		set, host string
		want      bool
	}{
		{"a.example", "a.example", true}, {"a.example", "x.a.example", false},
		{"*.a.example", "x.a.example", true}, {"*.a.example", "y.x.a.example", true}, {"*.a.example", "a.example", false},
		{"*.a.example", "xa.example", false}, {"*.a.example", "x.a.example.evil", false},
		{"10.0.0.0/8", "10.1.2.3", true}, {"10.0.0.0/8", "11.1.2.3", false}, {"10.0.0.0/8", "x.example", false}, {"10.0.0.0/8", "::1", false},
		{"fd00::/8", "fd12::1", true}, {"::/0", "10.0.0.1", false}, {"::1", "::1", true},
	} {
		h, err := ParseHostSet(c.set)
		if err != nil || h.Has(c.host) != c.want || h.String() != c.set {
			t.Errorf("%s has %s: %v, %v", c.set, c.host, h.Has(c.host), err)
		}
	}
	for _, s := range []string{"", "*", "*.", "A.example", "a.example.", "*.A.example", "*.a.example.", "*.10.0.0.1", "*.::1", "**.a.example", "10.0.0.1/8", "10.0.0.0/08",
		"::ffff:10.0.0.0/104", "[fd00::/8]", "FD00::/8", "a.example/8", "127.1", "a.example:443"} {
		if h, err := ParseHostSet(s); err == nil {
			t.Errorf("%q is %v", s, h)
		}
	}
	if (HostSet{}).Has("") || (HostSet{}).Has("a.example") || (HostSet{}).Exact() {
		t.Error("the zero value holds something")
	}
}

func TestNarrower(t *testing.T) {
	set := func(s string) HostSet {
		h, err := ParseHostSet(s)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	for _, pair := range [][2]string{{"x.a.example", "*.a.example"}, {"*.x.a.example", "*.a.example"}, {"10.0.0.1", "10.0.0.0/8"}, {"10.1.0.0/16", "10.0.0.0/8"}} {
		if !set(pair[0]).Narrower(set(pair[1])) || set(pair[1]).Narrower(set(pair[0])) {
			t.Errorf("%v", pair)
		}
	}
	for _, pair := range [][2]string{{"*.a.example", "10.0.0.0/8"}, {"10.0.0.0/8", "*.a.example"}, {"a.example", "a.example"}} {
		if set(pair[0]).Narrower(set(pair[1])) {
			t.Errorf("%v", pair)
		}
	}
}

func TestIsSynthetic(t *testing.T) {
	for s, want := range map[string]bool{
		"198.18.0.1": true, "198.18.4.0/24": true, "198.18.0.0/15": true, "198.0.0.0/8": false, "198.20.0.1": false, "fd00::/8": false,
		"fd72:696e:6777:616c:6c00::1": true, "a.example": false, "*.a.example": false,
	} {
		h, err := ParseHostSet(s)
		if err != nil || h.IsSynthetic() != want {
			t.Errorf("%s: %v, %v", s, h.IsSynthetic(), err)
		}
	}
}
