package native

import (
	"testing"

	"ringwall/internal/backend/backendtest"
	"ringwall/internal/kernel/launch"
	"ringwall/internal/plan"
)

// hiddenBox is a project with a folder whose content a tool would run.
func hiddenBox(t *testing.T, target backendtest.Target) *backendtest.Box {
	b := backendtest.NewBox(t, target)
	b.File(".opencode/plugin/p.js", "run()\n")
	b.File("mine/p.js", "mine\n")
	b.Add("isolation.guardrail:.opencode", plan.Op{Guardrail: &plan.Guardrail{Path: ".opencode", Dir: true, Present: true, Hidden: true}})
	return b
}

// TestHiddenGuardrailIsEmpty: what is in it is not there, nothing can be put
// into it, and it stays in its place. Without the cover it is what it was.
func TestHiddenGuardrailIsEmpty(t *testing.T) {
	eachIdentity(t, func(t *testing.T, target backendtest.Target) {
		held := map[string]string{
			"read:.opencode/plugin/p.js": "ENOENT", "mkdir:.opencode/plugin": "EROFS EACCES", "create:.opencode/x": "EROFS EACCES",
			"rename:.opencode|x": "EBUSY", "rmdir:.opencode": "EBUSY", "exchange:mine|.opencode": "EBUSY",
		}
		b := hiddenBox(t, target)
		b.Expect(b.Attack(sorted(held)...), held)

		free := map[string]string{"read:.opencode/plugin/p.js": "ok", "create:.opencode/x": "ok"}
		b = hiddenBox(t, weaker(target, without(launch.Cover)))
		b.Expect(b.Attack(sorted(free)...), free)
	})
}
