package launch

import (
	"bytes"
	"math"
	"math/rand"
	"reflect"
	"testing"
	"testing/quick"
)

// full is a Spec with something in every field.
func full() *Spec {
	return &Spec{
		ProbeOnly: true, Switch: SwitchLast, UID: 1000, GID: 1001, Terminal: true, TerminalFDs: 5, Hostname: "box", AnyRoute: true, HostNetwork: true, Landlock: 7, Observe: true, Session: true, Seconds: 1 << 40,
		Steps: []Step{
			{Op: Tmpfs, Flags: Writable | NoExec, Target: "/tmp", Mode: 0o1777, Size: 1 << 40, FD: -1},
			{Op: Overlay, Flags: UseFD, Target: "/a b\n\xff", Source: "/src", Data: "x\x00y", FD: 6},
		},
		Sockets: []Socket{{Network: "tcp4", Addr: "\x7f\x00\x00\x01", Port: 443}, {Network: "udp6", Addr: string(make([]byte, 16)), Port: 53}},
		Watch:   []string{"/home/agent/.ssh/id_rsa", ""},
		Rlimits: []Rlimit{{Resource: 7, Value: 4096}, {Resource: 4, Value: math.MaxUint64}},
		CPUs:    []int{0, 31}, Write: []string{"/tmp"}, Filter: []byte{6, 0, 0, 0, 0, 0, 0xff, 0x7f},
		Dir: "/p", Argv: []string{"/bin/true", "--", ""}, Env: []string{"A=1", "B="},
	}
}

func TestRoundTrip(t *testing.T) {
	for name, s := range map[string]*Spec{"full": full(), "empty": {Filter: []byte{}}} {
		got, err := Decode(s.Encode())
		if err != nil || !reflect.DeepEqual(got, s) {
			t.Errorf("%s: %v\n got %+v\nwant %+v", name, err, got, s)
		}
	}
}

// TestFullHasEveryField fails when a field is added to the Spec and not to the
// test: one that the codec forgets would be lost without a sound.
func TestFullHasEveryField(t *testing.T) {
	v := reflect.ValueOf(*full())
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("the test says nothing of %s", v.Type().Field(i).Name)
		}
	}
}

func TestRoundTripOfAnything(t *testing.T) {
	same := func(s Spec) bool {
		got, err := Decode(s.Encode())
		return err == nil && bytes.Equal(got.Encode(), s.Encode()) && got.Dir == s.Dir &&
			reflect.DeepEqual(append([]string{}, got.Argv...), append([]string{}, s.Argv...)) &&
			reflect.DeepEqual(append([]Step{}, got.Steps...), append([]Step{}, s.Steps...))
	}
	if err := quick.Check(same, &quick.Config{MaxCount: 100, Rand: rand.New(rand.NewSource(1))}); err != nil {
		t.Error(err)
	}
}

func TestDecodeRefusesEveryCut(t *testing.T) {
	b := full().Encode()
	for n := range b {
		if s, err := Decode(b[:n]); err == nil {
			t.Errorf("the first %d of %d bytes were taken: %+v", n, len(b), s)
		}
	}
	if _, err := Decode(append(b, 0)); err == nil {
		t.Error("a byte too many was taken")
	}
}

func TestDecodeRefuses(t *testing.T) {
	empty := new(Spec).Encode()
	for name, b := range map[string][]byte{
		"nothing":                nil,
		"another version":        append([]byte{version + 1}, empty[1:]...),
		"a flag of two":          append([]byte{version, 4}, empty[2:]...),
		"a longer zero":          append([]byte{version, 0x80, 0}, empty[2:]...),
		"a count beyond the end": append([]byte{version, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x7f}, empty[8:]...),
		"a length beyond 64 bit": append([]byte{version, 0}, bytes.Repeat([]byte{0xff}, 20)...),
	} {
		if s, err := Decode(b); err != ErrMalformed {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
}

// TestDecodeRefusesWhatDoesNotFit: an Op of 257 must not become 1.
func TestDecodeRefusesWhatDoesNotFit(t *testing.T) {
	wide := &encoder{b: []byte{version}}
	zero, op, one := int64(0), int64(256+int64(Dir)), int64(1)
	for range 4 { // ProbeOnly, Switch, UID, GID
		wide.number(&zero)
	}
	none := ""
	wide.text(&none)
	wide.length(1)
	wide.number(&op) // Step.Op
	rest := (&Spec{Steps: []Step{{Op: Dir}}}).Encode()
	narrow := &encoder{b: []byte{version}}
	for range 4 { // ProbeOnly, Switch, UID, GID
		narrow.number(&zero)
	}
	narrow.text(&none)
	narrow.length(1)
	narrow.number(&one)
	b := append(wide.b, rest[len(narrow.b):]...)
	if s, err := Decode(b); err == nil {
		t.Errorf("taken as %+v", s.Steps)
	}
	if _, err := Decode(append(narrow.b, rest[len(narrow.b):]...)); err != nil {
		t.Errorf("the same with an Op that fits: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(full().Encode())
	f.Add(new(Spec).Encode())
	f.Add([]byte{version, 4, 0, 0})
	f.Add([]byte{version, 0x80, 0})
	f.Add([]byte{version, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x7f})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Decode(b)
		if err == nil && !bytes.Equal(s.Encode(), b) {
			t.Errorf("%x was taken and is written as %x", b, s.Encode())
		}
	})
}

func TestUint32(t *testing.T) {
	if Uint32(nil) != 0 || Uint32([]byte{1, 2, 3}) != 0 || Uint32([]byte{0xff, 0xff, 0xff, 0xff, 9}) != math.MaxUint32 {
		t.Error("Uint32 misreads")
	}
}
