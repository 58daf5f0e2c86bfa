package launch

import (
	"reflect"
	"testing"
)

// whole reads a View back into a Spec.
func whole(v View) *Spec {
	s := &Spec{ProbeOnly: v.ProbeOnly, Switch: v.Switch, UID: v.UID, GID: v.GID, Hostname: string(v.Hostname),
		AnyRoute: v.AnyRoute, HostNetwork: v.HostNetwork, Landlock: v.Landlock, Filter: []byte(v.Filter), Observe: v.Observe, Session: v.Session, Seconds: v.Seconds,
		Terminal: v.Terminal, TerminalFDs: v.TerminalFDs, Dir: string(v.Dir),
		Watch: words(v.Watch), Write: words(v.Write), Argv: words(v.Argv), Env: words(v.Env)}
	for i := 0; i < v.Steps.Len; i++ {
		var x StepView
		v.Steps.Step(&x)
		s.Steps = append(s.Steps, Step{x.Op, x.Flags, string(x.Target), string(x.Source), string(x.Data), x.Mode, x.Size, x.FD})
	}
	for i := 0; i < v.Sockets.Len; i++ {
		var x SocketView
		v.Sockets.Socket(&x)
		s.Sockets = append(s.Sockets, Socket{string(x.Network), string(x.Addr), x.Port})
	}
	for i := 0; i < v.Rlimits.Len; i++ {
		s.Rlimits = append(s.Rlimits, Rlimit{int(v.Rlimits.Number()), uint64(v.Rlimits.Number())})
	}
	for i := 0; i < v.CPUs.Len; i++ {
		s.CPUs = append(s.CPUs, int(v.CPUs.Number()))
	}
	return s
}

func words(l List) []string {
	var out []string
	for range l.Len {
		t := l.Text()
		if t[:len(t)+1][len(t)] != 0 || *t.Pointer() != append(t, 0)[0] {
			panic("no NUL behind the text")
		}
		out = append(out, string(t))
	}
	return out
}

// TestViewReadsWhatEncodeWrote: the reader without a heap and the codec agree.
func TestViewReadsWhatEncodeWrote(t *testing.T) {
	for name, s := range map[string]*Spec{"full": full(), "empty": {Filter: []byte{}}} {
		var v View
		if ok := v.Parse(s.Encode()); !ok || !reflect.DeepEqual(whole(v), s) {
			t.Errorf("%s: %v\n got %+v\nwant %+v", name, ok, whole(v), s)
		}
	}
}

func TestViewRefusesEveryCut(t *testing.T) {
	b := full().Encode()
	for n := range b {
		if new(View).Parse(b[:n:n]) {
			t.Errorf("the first %d of %d bytes were taken", n, len(b))
		}
	}
	if new(View).Parse(append(b, 0)) {
		t.Error("a byte too many was taken")
	}
	b[0]++
	if new(View).Parse(b) {
		t.Error("another version was taken")
	}
}

// TestViewAllocatesNothing: where it is read there is no heap.
func TestViewAllocatesNothing(t *testing.T) {
	b := full().Encode()
	var v View
	var s StepView
	if n := testing.AllocsPerRun(100, func() {
		v.Parse(b)
		steps := v.Steps
		for range v.Steps.Len {
			steps.Step(&s)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzView: what the codec takes the reader takes, as the same; and nothing
// makes it read beyond the end.
func FuzzView(f *testing.F) {
	f.Add(full().Encode())
	f.Add(new(Spec).Encode())
	f.Add([]byte{version, 0xff, 0xff, 0xff, 0xff, 0x7f})
	f.Fuzz(func(t *testing.T, b []byte) {
		var v View
		ok := v.Parse(b[:len(b):len(b)])
		s, err := Decode(b)
		if err != nil {
			return
		}
		if !ok || !reflect.DeepEqual(whole(v), s) {
			t.Errorf("read as %+v, want %+v", whole(v), s)
		}
	})
}
