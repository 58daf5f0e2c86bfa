package evidence

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds on one event. An agent names files, hosts and tools, and writes its
// own result: nothing that it says may grow the journal without end.
const (
	maxString = 4096      // bytes of one string; a field's max tag raises it
	maxList   = 200       // entries of one list of strings
	maxPart   = 256 << 10 // bytes of changes in one event
)

// bounded is a copy of e with every string at most max bytes (or its field's
// max tag, if that is more), valid UTF-8, and every list of strings short.
func bounded(e Event, max int) Event {
	return boundValue(reflect.ValueOf(e), max).Interface().(Event)
}

// boundValue copies v, so that what the caller still holds stays as it was.
func boundValue(v reflect.Value, max int) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.String:
		out.SetString(cutBytes(v.String(), max))
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(boundValue(v.Elem(), max))
		}
	case reflect.Slice:
		boundSlice(out, v, max)
	case reflect.Struct:
		boundStruct(out, v, max)
	}
	return out
}

// boundStruct bounds the fields of v into out.
func boundStruct(out, v reflect.Value, max int) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		return
	}
	for i := range v.NumField() {
		limit := max
		if n, err := strconv.Atoi(v.Type().Field(i).Tag.Get("max")); err == nil && max == maxString {
			limit = n
		}
		out.Field(i).Set(boundValue(v.Field(i), limit))
	}
}

// boundSlice bounds the entries of v into out, and the number of strings.
func boundSlice(out, v reflect.Value, max int) {
	if v.IsNil() {
		return
	}
	n := v.Len()
	isList := v.Type().Elem().Kind() == reflect.String
	if isList && n > maxList {
		n = maxList
	}
	out.Set(reflect.MakeSlice(v.Type(), n, n))
	for i := range n {
		out.Index(i).Set(boundValue(v.Index(i), max))
	}
	if more := v.Len() - n; more > 0 {
		out.Set(reflect.Append(out, reflect.ValueOf(fmt.Sprintf("... [cut: %d more]", more))))
	}
}

// cutBytes is s in valid UTF-8, cut with a mark that says how long it was.
func cutBytes(s string, max int) string {
	if len(s) <= max {
		return validUTF8(s)
	}
	n := max
	for n > 0 && n > max-utf8.UTFMax && !utf8.RuneStart(s[n]) {
		n--
	}
	return fmt.Sprintf("%s... [cut: %d bytes in all]", validUTF8(s[:n]), len(s))
}

// validUTF8 keeps bytes that are not UTF-8 as escapes: JSON would make one and
// the same replacement character of all of them.
func validUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, `\x%02x`, s[i])
		} else {
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// split spreads long lists of changes over several events, each well below the
// length of a line, so that nothing is left out. Other events stay one.
func split(e Event) []Event {
	var out []Event
	switch {
	case e.Changeset != nil:
		for _, part := range chunks(e.Changeset.Changes) {
			p := e
			p.Changeset = &Changeset{Changes: part}
			out = append(out, p)
		}
	case e.Applied != nil:
		for _, a := range splitApplied(*e.Applied) {
			p := e
			p.Applied = &a
			out = append(out, p)
		}
	case e.Reviewed != nil:
		for _, part := range chunks(e.Reviewed.Changes) {
			p := e
			p.Reviewed = &Reviewed{Decision: e.Reviewed.Decision, Changes: part}
			out = append(out, p)
		}
	case e.Accepted != nil:
		for i, part := range chunks(e.Accepted.Held) {
			p, a := e, *e.Accepted
			if a.Held = part; i > 0 {
				a.Applied = 0
			}
			p.Accepted = &a
			out = append(out, p)
		}
	case e.Dropped != nil:
		for _, part := range chunks(e.Dropped.Dropped) {
			p, d := e, *e.Dropped
			d.Dropped = part
			p.Dropped = &d
			out = append(out, p)
		}
	case e.RolledBack != nil:
		for i, part := range chunks(e.RolledBack.Stayed) {
			p, r := e, *e.RolledBack
			if r.Stayed = part; i > 0 {
				r.Restored = 0
			}
			p.RolledBack = &r
			out = append(out, p)
		}
	default:
		out = []Event{e}
	}
	return out
}

// splitApplied spreads both lists; the first part alone has the number.
func splitApplied(a Applied) []Applied {
	var out []Applied
	for _, part := range chunks(a.Held) {
		out = append(out, Applied{Held: part, HeldDir: a.HeldDir})
	}
	for i, part := range chunks(a.Rejected) {
		if i == 0 && len(out) == 1 && (len(part) == 0 || len(a.Held) == 0) {
			out[0].Rejected = part
			continue
		}
		if len(part) > 0 {
			out = append(out, Applied{HeldDir: a.HeldDir, Rejected: part})
		}
	}
	out[0].Applied = a.Applied
	return out
}

// chunks cuts a list into parts of at most maxPart bytes of JSON. There is
// always one part, and an empty list stays what it was, nil or not.
func chunks(all []Change) [][]Change {
	var out [][]Change
	if all == nil {
		all = []Change{} // no change is a list too, which takes the short way to be written
	}
	from, size := 0, 0
	for i, c := range all {
		b, _ := json.Marshal(c) // strings and a number: cannot fail
		if size += len(b) + 1; size > maxPart && i > from {
			out, from, size = append(out, all[from:i]), i, len(b)+1
		}
	}
	return append(out, all[from:])
}
