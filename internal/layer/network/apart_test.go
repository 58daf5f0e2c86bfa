package network

import (
	"testing"

	"ringwall/internal/host"
	"ringwall/internal/plan"
)

// TestApart: the gateway is somebody who can do little, and never the agent's
// account; without Landlock that is said.
func TestApart(t *testing.T) {
	const text = "[network]\nallow = [\"a.example\"]\n"
	of := func(text string, h host.Facts) (c plan.Control, ok bool) {
		for _, c := range compile(t, text, h) {
			if c.ID == ProcessID {
				return c, true
			}
		}
		return c, false
	}
	owner := able()
	owner.Account = &host.Account{UID: 900, GID: 900}
	if c, _ := of(text, owner); c.Status != plan.Enforced || !c.Must || *c.Want.Apart != (plan.Apart{HostUID: 1000, HostGID: 1000, Landlock: 7}) {
		t.Errorf("an owner: %+v %+v", c, c.Want.Apart)
	}
	root := able()
	root.UID, root.GID = 0, 0
	for account, want := range map[int]int{61100: spareID, spareID: spareID + 1} {
		root.Account = &host.Account{UID: account, GID: account}
		if c, _ := of(text, root); c.Want.Apart.HostUID != want || c.Want.Apart.HostGID != want {
			t.Errorf("root, with the account %d: %+v", account, c.Want.Apart)
		}
	}
	owner.Landlock = 0
	if c, _ := of(text, owner); c.Status != plan.Downgraded || c.Must || c.Why == "" {
		t.Errorf("without Landlock: %+v", c)
	}
	if _, ok := of("[network]\nmode = \"none\"\n", owner); ok {
		t.Error("there is a gateway in mode none")
	}
}
