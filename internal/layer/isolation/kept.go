package isolation

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"

	"ringwall/internal/agent"
	"ringwall/internal/host"
	"ringwall/internal/plan"
)

// HomesDir is where ringwall's state has the folders that are kept, by project.
const HomesDir = "homes"

// kept shows the folders of the home that the owner wants to outlast an
// iteration. Without a list the home is empty each time.
func (c *compiler) kept() {
	for i, name := range c.policy.Workspace.Home {
		op := plan.Op{Kept: &plan.Kept{Source: c.keptAt(name), Target: Home + "/" + name}}
		can := host.Ability{OK: true}
		if c.user().Form == FormAccount {
			can = host.Ability{Why: "the agent has an account of its own, which can write to nothing of its owner's but the project"}
		}
		c.add("kept:"+name, op, can, c.policy.Where(fmt.Sprintf("workspace.home[%d]", i)))
		last := &c.controls[len(c.controls)-1]
		last.Must = false
		if why := c.steers(name); why != "" && can.OK {
			c.downgrade(why)
		}
	}
}

// keptAt is a folder of a plain name, whatever the path: nothing that an agent
// made lies on the way to it.
func (c *compiler) keptAt(name string) string {
	sum := sha256.Sum256([]byte(c.project.Path))
	return path.Join(c.host.StateDir, HomesDir, hex.EncodeToString(sum[:8]), hex.EncodeToString([]byte(name)))
}

// steers says why keeping a folder lets one iteration steer the next.
func (c *compiler) steers(name string) string {
	d, ok := c.project.AgentDescription()
	if !ok {
		return ""
	}
	for _, s := range d.State { // these are known one by one
		if within(name, s.Path) && !s.Steers {
			return ""
		}
		if overlap(s.Path, name) && s.Steers {
			return reaches(s.Path, d)
		}
	}
	for _, p := range d.UserPaths {
		if overlap(p.Path, name) {
			return reaches(p.Path, d)
		}
	}
	return ""
}

func reaches(what string, d agent.Description) string {
	return "~/" + what + " is among it, by which one iteration steers the next start of " + d.Title
}

func overlap(a, b string) bool { return within(a, b) || within(b, a) }
