package report

import (
	_ "embed"
	"fmt"
	"io"
	"reflect"

	"ringwall/internal/evidence"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// maxRows bounds every list of the page.
const maxRows = 200

// HTML writes one page that stands on its own: no script, nothing loaded, safe
// to open from a mail attachment. Every string of an event is made printable
// and then escaped (fill).
func HTML(w io.Writer, r Run) error {
	page, err := fill(pageHTML, funcs(), newPage(r))
	if err != nil {
		return fmt.Errorf("report page: %w", err)
	}
	_, err = w.Write(page)
	return err
}

// funcs is what the template may call.
func funcs() map[string]any {
	return map[string]any{
		"css":       func() markup { return markup(pageCSS) },
		"show":      func(s string) string { return show(s) },
		"brief":     func(s string) string { return evidence.Cut(show(s), 20) },
		"tone":      outcomeTone,
		"verdict":   Journal.Verdict,
		"plural":    count,
		"nature":    nature,
		"first":     first,
		"beyond":    beyond,
		"observed":  func(s evidence.Source) bool { return s == evidence.Observed },
		"saidShort": saidShort,
		"address":   Host.address,
		"tokens":    tokens,
		"seen":      Seen.text,
		"title":     Model.title,
		"cached":    Model.cached,
		"cost":      Model.cost,
		"about":     Model.note,
		"size":      bytesText,
		"limit":     limitText,
		"note":      Limit.note,
		"remark":    remark,
		"reason":    reason,
		"gate":      Finding.sentence,
		"withheld":  NotApplied.sentence,
		"alarm":     Alarm.sentence,
		"sentence":  Reached.sentence,
		"times":     times,
		"decision":  Reviewed.Sentence,
		"gated":     page.gated,
	}
}

// first is the start of any list.
func first(list any) any {
	v := reflect.ValueOf(list)
	return v.Slice(0, min(v.Len(), maxRows)).Interface()
}

// beyond is how many entries first leaves out.
func beyond(list any) int { return max(0, reflect.ValueOf(list).Len()-maxRows) }

// saidShort is said for a narrow column.
func saidShort(s evidence.Source) string {
	if s == evidence.Claimed {
		return "agent's claim"
	}
	return said(s)
}

// outcomeTone is the class of an outcome.
func outcomeTone(outcome string) string {
	switch outcomeStyle(outcome) {
	case green:
		return "good"
	case red:
		return "bad"
	}
	return "warn"
}

// nature says in a few words what a layer is.
func nature(number int) string {
	return [...]string{"not a layer that this version of ringwall knows",
		"what the agent is told; it stops nothing by force",
		"the agent's own allowlist of tools",
		"what the agent can see and touch, held by the kernel",
		"the only way out, held by the gateway",
		"the boundary, and the limits on what it may use up"}[number]
}

// gated tells whether a gate said anything.
func (r page) gated() bool { return len(r.Rejected)+len(r.NotApplied)+len(r.Findings) > 0 }
