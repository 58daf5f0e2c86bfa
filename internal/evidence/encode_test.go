package evidence

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

// set fills every field below a payload.
func set(v reflect.Value, text string, n int) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		set(v.Elem(), text, n)
	case reflect.Struct:
		for i := range v.NumField() {
			set(v.Field(i), text, n)
		}
	case reflect.String:
		v.SetString(text)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(n))
	case reflect.Bool:
		v.SetBool(n > 0)
	case reflect.Slice:
		if n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n-1, n))
		}
		for i := range v.Len() {
			set(v.Index(i), text, n)
		}
	}
}

// TestRoutineIsJSON fills each payload in each way that a field can be written
// or left out: a field that the encoder does not know is found here.
func TestRoutineIsJSON(t *testing.T) {
	written := 0
	for i := range reflect.TypeFor[Event]().NumField() {
		if reflect.TypeFor[Event]().Field(i).Type.Kind() != reflect.Pointer {
			continue
		}
		for _, text := range []string{"", "plain", "\"\\/<&>\x00\x1f\n\x7f é \u2028 \xff"} {
			for n := range 4 {
				l := link{Prev: zeroHash, Event: Event{Seq: uint64(n), Iteration: n, Time: time.Date(2026, 3, 1, 22, 4, 11, n*1000, time.UTC)}}
				set(reflect.ValueOf(&l.Event).Elem().Field(i), text, n)
				got := l.routine()
				want, err := json.Marshal(l)
				if err != nil {
					t.Fatal(err)
				}
				if got != nil {
					written++
				}
				if want = EscapeJSON(want); got != nil && string(got) != string(want) {
					t.Errorf("got  %s\nwant %s", got, want)
				}
			}
		}
	}
	if written < 40 {
		t.Errorf("only %d events were written", written)
	}
	for _, list := range [][]Change{nil, {}} { // most runs change nothing
		l := link{Prev: zeroHash, Event: Event{Time: time.Now().UTC(), Changeset: &Changeset{Changes: list}}}
		if want, err := json.Marshal(l); err != nil || string(l.routine()) != string(want) {
			t.Errorf("an empty changeset: %s, not %s, %v", l.routine(), want, err)
		}
	}
	l := link{Prev: zeroHash, Event: Event{Time: time.Now().In(time.FixedZone("x", 3600)), Apply: &Apply{}}}
	if got := l.routine(); got != nil {
		t.Errorf("a time that is not UTC: %s", got)
	}
}
