package cli

import (
	"fmt"

	"ringwall/internal/evidence"
	"ringwall/internal/plan"
)

// keyed are the places that are told with the credential that is put in there.
func (v view) keyed() map[string]bool {
	out := map[string]bool{}
	for _, c := range v.plan.Controls {
		if k := c.Want.Credential; k != nil && c.Status != plan.Unavailable {
			out[fmt.Sprintf("%s:%d", k.Host, k.Port)] = true
		}
	}
	return out
}

// keys says where ringwall reads what the agent does not get. A command is run
// by the owner's own account, outside.
func (v view) keys() {
	for _, c := range v.plan.Controls {
		k := c.Want.Credential
		if k == nil || c.Status == plan.Unavailable {
			continue
		}
		if len(k.FromCommand) > 0 {
			v.row("", "(for the key "+k.Name+" ringwall runs on this machine, as you: "+evidence.Printable(commandLine(k.FromCommand))+")")
			continue
		}
		v.row("", "(the key "+k.Name+" is read from "+evidence.Printable(k.Source())+")")
	}
}
