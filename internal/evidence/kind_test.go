package evidence

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
)

// every is one event of each kind, in declared order.
func every() []Event {
	var out []Event
	typ := reflect.TypeFor[Event]()
	for i := range typ.NumField() {
		if f := typ.Field(i); f.Type.Kind() == reflect.Pointer {
			e := reflect.New(typ).Elem()
			e.Field(i).Set(reflect.New(f.Type.Elem()))
			out = append(out, e.Interface().(Event))
		}
	}
	return out
}

func TestKinds(t *testing.T) {
	want := []Kind{KindRunStarted, KindRecovered, KindIterationStarted, KindLimitSet, KindRefused, KindRequest, KindModelUsage, KindNeeded, KindAlarm, KindLimitReached,
		KindAgentResult, KindChangeset, KindFinding, KindNotApplied, KindApply, KindApplied, KindAccept, KindAccepted, KindDropped,
		KindRollback, KindRolledBack, KindIterationEnded, KindWarning, KindRunEnded, KindReviewed}
	var got []Kind
	for _, e := range every() {
		if err := e.Validate(); err != nil {
			t.Error(err)
		}
		got = append(got, e.Kind())
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if k := (Event{}).Kind(); k != "" {
		t.Errorf("nothing is a %q", k)
	}
}

// TestDocumented holds docs/journal.md to the types: every kind has a heading,
// every field stands in the text.
func TestDocumented(t *testing.T) {
	b, err := os.ReadFile("../../docs/journal.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(b)
	for _, e := range every() {
		head := "### `" + string(e.Kind()) + "`"
		_, section, found := strings.Cut(doc, head)
		if !found {
			t.Errorf("no heading %s", head)
			continue
		}
		section, _, _ = strings.Cut(section, "\n### ")
		for _, f := range fields(e) {
			if !strings.Contains(section, "`"+f+"`") {
				t.Errorf("%s: field %s is not told", head, f)
			}
		}
	}
}

// fields is the JSON names of an event's payload.
func fields(e Event) []string {
	v := reflect.ValueOf(e)
	var out []string
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Pointer && !f.IsNil() {
			for _, sf := range reflect.VisibleFields(f.Type().Elem()) {
				name, _, _ := strings.Cut(sf.Tag.Get("json"), ",")
				out = append(out, name)
			}
		}
	}
	return out
}

func TestMemory(t *testing.T) {
	var m Memory
	if err := errors.Join(m.Record(warn("one")), m.Record(refuse("two"))); err != nil {
		t.Fatal(err)
	}
	if err := m.Record(Event{}); err == nil {
		t.Error("an empty event was taken")
	}
	if got := m.Events(); len(got) != 2 || got[1].Seq != 2 || len(m.Of(KindRefused)) != 1 || len(m.Of(KindApply)) != 0 {
		t.Errorf("%+v", got)
	}
	m.Fail = func(Event) error { return os.ErrClosed }
	if err := m.Record(warn("x")); err == nil || len(m.Events()) != 2 {
		t.Errorf("a failing recorder kept its event: %v", err)
	}
}
