package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ringwall/internal/egress"
	"ringwall/internal/plan"
	"ringwall/internal/why"
)

// exitRefused is a shell's code for a command that cannot be executed; a stub
// ends with it.
const exitRefused = 126

// enter finds out whether this process is inside a sandbox of ringwall's: then
// the plan lies where only the supervisor could put it, in the read-only root
// of the view.
func (e *env) enter() error {
	data, err := os.ReadFile(plan.AskPlan)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var p plan.Plan
	if err == nil {
		err = json.Unmarshal(data, &p)
	}
	if err != nil {
		return fmt.Errorf("read the plan of this sandbox: %w", err)
	}
	w := newWorld(p)
	w.Inside, w.Dir = true, e.dir
	w.Path = strings.Split(e.variable("PATH"), ":")
	e.inside = &w
	return nil
}

func (e *env) variable(name string) string {
	for _, kv := range e.vars {
		if k, v, _ := strings.Cut(kv, "="); k == name {
			return v
		}
	}
	return ""
}

// refusedTool acts as the stub of a program that the policy does not allow,
// where this file stands in its place. The kernel tells which file that is,
// whatever name the caller gave.
func (e *env) refusedTool(args []string) (int, bool) {
	self, err := os.Executable()
	if e.inside == nil || err != nil {
		return 0, false
	}
	for _, c := range e.inside.Plan.Controls {
		if s := c.Want.Stub; s != nil && slices.Contains(s.Files, self) {
			tellRefusal(e.inside.Plan, s.Tool)
			return e.fail(refusal(*e.inside, s, filepath.Base(args[0]))), true
		}
	}
	return 0, false
}

// tellRefusal tells the gateway which program was started in vain, for the
// report. There is no other way out, and no answer; without a gateway nobody
// hears it.
func tellRefusal(p plan.Plan, tool string) {
	for _, c := range p.Controls {
		if c.Want.Gateway != nil {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			// One kind of address, so that one start is one question.
			net.DefaultResolver.LookupNetIP(ctx, "ip4", egress.ToolQuery(tool)+".")
		}
	}
}

func refusal(w why.World, s *plan.Stub, name string) error {
	if !slices.Contains(s.Names, name) {
		name = s.Tool
	}
	ask := name
	if w.Kinds(name)[0] != why.Tool {
		ask = "--as tool " + name
	}
	return exit(exitRefused, withHint(fmt.Sprintf("%s; `ringwall why %s` tells more", w.StubHint(name), ask),
		"ringwall: `%s` is not in tools.allow", name))
}

// outsideOnly makes every command but those that only read refuse, whatever its
// arguments: what acts on projects, runs and the machine works outside.
func outsideOnly(root *cobra.Command) {
	for _, c := range root.Commands() {
		if slices.Contains([]string{"why", "version", "help"}, c.Name()) {
			continue
		}
		name := c.Name()
		c.RemoveCommand(c.Commands()...)
		c.DisableFlagParsing, c.Hidden, c.Args = true, true, cobra.ArbitraryArgs
		c.RunE = func(*cobra.Command, []string) error {
			return usage(withHint("ringwall why PATH, HOST, SYSCALL or TOOL tells here what is allowed",
				"`ringwall %s` works outside the sandbox only, and this is the inside", name))
		}
	}
}
