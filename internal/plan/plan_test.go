package plan

import "testing"

func control(id string) Control {
	return Control{ID: id, Layer: Isolation, Status: Enforced, Want: Op{NoNewPrivs: &NoNewPrivs{}}}
}

func TestCheckFindsWhatIsNoPlan(t *testing.T) {
	weak, two, none := control("a"), control("a"), control("a")
	weak.Status = Downgraded
	two.Want.Descriptors = &Descriptors{Keep: 3}
	none.Want = Op{}
	for name, controls := range map[string][]Control{
		"no ID": {control("")}, "twice": {control("a"), control("a")},
		"no reason": {weak}, "two operations": {two}, "no operation": {none},
	} {
		if (Plan{Controls: controls}).Check() == nil {
			t.Errorf("%s: no error", name)
		}
	}
	weak.Why = "reason"
	if err := (Plan{Controls: []Control{control("b"), weak}}).Check(); err != nil {
		t.Error(err)
	}
}

// TestMissing: what must hold and does not is missing, unless waived by name.
func TestMissing(t *testing.T) {
	must, may := control("must"), control("may")
	must.Must, must.Status, must.Why = true, Downgraded, "x"
	may.Status, may.Why = Unavailable, "x"
	p := Plan{Controls: []Control{must, may, control("fine")}}
	if m := p.Missing(); len(m) != 1 || m[0].ID != "must" {
		t.Errorf("%v", m)
	}
	p.Waived = []string{"must"}
	if m := p.Missing(); len(m) != 0 {
		t.Errorf("waived, and still missing: %v", m)
	}
}

// TestHashIsOfTheContent: the same plan has the same hash, any other another.
func TestHashIsOfTheContent(t *testing.T) {
	hash := func(p Plan) string {
		h, err := p.Hash()
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	env := func(v string) Plan {
		c := control("e")
		c.Want = Op{Env: &Env{Vars: map[string]string{"B": v, "A": "1", "C": "3"}}}
		return Plan{Version: Version, Controls: []Control{c}}
	}
	first := hash(env("2"))
	for range 20 {
		if hash(env("2")) != first {
			t.Fatal("two hashes of one plan")
		}
	}
	if first == hash(env("x")) {
		t.Error("one hash of two plans")
	}
}
