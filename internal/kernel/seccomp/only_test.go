package seccomp

import "testing"

// TestOnly: with a list of its own, a program has those calls and no others of
// the table's, and rows still narrow them.
func TestOnly(t *testing.T) {
	rules := []Rule{{Call: "socket", When: []Test{{Arg: 0, In: []uint32{afInet}, Not: true}}, Action: NoFamily}}
	for name, m := range machines {
		p, err := m.assemble(rules, Options{Only: []string{"read", "socket"}})
		if err != nil {
			t.Fatal(err)
		}
		run := func(call string, arg uint64) uint32 {
			return execute(t, p, data{nr: uint32(m.number(call)), arch: m.audit, args: [6]uint64{arg}})
		}
		for call, want := range map[string]uint32{"read": retAllow, "write": errno(38), "execve": errno(38), "ptrace": errno(38)} {
			if got := run(call, 0); got != want {
				t.Errorf("%s: %s gives %#x, want %#x", name, call, got, want)
			}
		}
		if got := run("socket", afInet); got != retAllow {
			t.Errorf("%s: an allowed family gives %#x", name, got)
		}
		if got := run("socket", afUnix); got != errno(97) {
			t.Errorf("%s: another family gives %#x", name, got)
		}
	}
	if _, err := Assemble(nil, Options{Only: []string{"raed"}}); err == nil {
		t.Error("a misspelt call was taken")
	}
}
