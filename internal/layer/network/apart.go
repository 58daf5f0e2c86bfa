package network

import (
	"ringwall/internal/host"
	"ringwall/internal/plan"
)

// ProcessID is the control that keeps the gateway itself in bounds.
const ProcessID = GatewayID + ".process"

// spareID is an unprivileged number that nobody has, for the gateway of root's
// runs: the agent's account has the one before it.
const spareID = 61101

// apart says who the gateway is. What it needs the sandbox needs too, but for
// Landlock, which is a second lock here as there.
func apart(h host.Facts) plan.Control {
	who := &plan.Apart{HostUID: h.UID, HostGID: h.GID, Landlock: h.Landlock}
	if h.IsRoot() {
		who.HostUID, who.HostGID = spareID, spareID
		if h.Account != nil && (h.Account.UID == spareID || h.Account.GID == spareID) {
			who.HostUID, who.HostGID = spareID+1, spareID+1
		}
	}
	c := plan.Control{ID: ProcessID, Layer: plan.Network, Want: plan.Op{Apart: who},
		Status: plan.Enforced, Must: true, From: "default"}
	if h.Landlock == 0 {
		c.Status, c.Must = plan.Downgraded, false
		c.Why = "this kernel has no Landlock; its mounts and its filter hold the gateway alone"
	}
	return c
}
