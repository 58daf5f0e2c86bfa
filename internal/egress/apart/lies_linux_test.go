package apart

import (
	"encoding/binary"
	"os"
	"strings"
	"testing"
	"time"

	"ringwall/internal/egress/tripwire"
	"ringwall/internal/kernel/launch"
)

// says is the argument of a program in the gateway's place that says something
// of the list below.
const says = "says"

func frame(kind byte, body string) string {
	return string(binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(body)))) + body
}

var serving = frame(frameServing, "")

// lies is what somebody who took the gateway over might say, and a word of what
// the supervisor then thinks of it.
var lies = map[string]struct{ says, why string }{
	"noise":               {serving + strings.Repeat("\xff\x00\xfe", 5000), "malformed"},
	"a long frame":        {serving + "E\xff\xff\xff\xff", "at most"},
	"an unknown kind":     {serving + frame('Z', "x"), "kind 'Z'"},
	"the end of the run":  {serving + frame(frameEvent, `{"run_ended":{"outcome":"done","exit_code":0,"iterations":1,"reason":"x"}}`), "unknown field"},
	"a change applied":    {serving + frame(frameEvent, `{"applied":{"applied":3}}`), "unknown field"},
	"a number of its own": {serving + frame(frameEvent, `{"seq":7,"warning":{"message":"x"}}`), "unknown field"},
	"nothing":             {serving + frame(frameEvent, `{}`), "0 payloads"},
	"two at once": {serving + frame(frameEvent, `{"warning":{"message":"x"},"request":{"proto":"tls","host":"h","sent":0,`+
		`"received":0,"millis":0,"rule":"network.gateway"}}`), "2 payloads"},
	"two values": {serving + frame(frameEvent, `{"warning":{"message":"x"}}{}`), "more than one"},
	"another layer's refusal": {serving + frame(frameEvent, `{"refused":{"layer":"isolation","control":"isolation.user",`+
		`"what":"x","source":"observed","count":1}}`), "no control of the network"},
	"a process's refusal": {serving + frame(frameEvent, `{"refused":{"layer":"network","control":"network.gateway",`+
		`"what":"x","source":"observed","count":1,"pid":1}}`), "no process"},
	"a claim": {serving + frame(frameEvent, `{"refused":{"layer":"network","control":"network.gateway",`+
		`"what":"x","source":"claimed","count":1}}`), "no process"},
	"another rule": {serving + frame(frameEvent, `{"request":{"proto":"tls","host":"h","sent":0,"received":0,"millis":0,`+
		`"rule":"isolation.user"}}`), "no rule"},
	"another credential": {serving + frame(frameEvent, `{"request":{"proto":"tls","host":"h","sent":0,"received":0,"millis":0,`+
		`"rule":"network.gateway","credential":"other"}}`), "no credential"},
	"an alarm about no decoy": {serving + frame(frameEvent, `{"alarm":{"value":"~/other","kind":"decoy","spelling":"hex",`+
		`"where":"dns","to":"x"}}`), "no decoy"},
	"an alarm of another layer": {serving + frame(frameEvent, `{"alarm":{"value":"model","kind":"placeholder","spelling":"hex",`+
		`"where":"dns","to":"x","rule":"isolation.user"}}`), "no rule"},
	"less than nothing": {serving + frame(frameEvent, `{"request":{"proto":"tls","host":"h","sent":-1,"received":0,"millis":0,`+
		`"rule":"network.gateway"}}`), "below zero"},
	"what a run that learns would say": {serving + frame(frameEvent, `{"needed":{"proto":"tls","host":"h","port":443}}`), "does not learn"},
	"a cost below zero":                {serving + frame(frameEvent, `{"model_usage":{"host":"h","input":1,"output":1,"cost_usd":-1}}`), "cost of -1"},
	"tokens below zero":                {serving + frame(frameEvent, `{"model_usage":{"host":"h","input":-1,"output":1}}`), "no tokens"},
	"many warnings":                    {serving + strings.Repeat(frame(frameEvent, `{"warning":{"message":"x"}}`), maxLoud+1), "more than 1000"},
	"a question for a credential":      {serving + frame(frameRefresh, string(number(1))+"model"), "a credential to refresh"},
	"counts":                           {serving + frame(frameCounts, string(number(1))+`{"Allowed":1}`), "nobody asked for"},
	"that it serves, again":            {serving + serving, "serves already"},
	"that it ended":                    {serving + frame(frameClosed, ""), "nobody asked it"},
	"a fault with an escape":           {serving + frame(frameFault, "oh \x1b[31mno"), `oh \x1b[31mno`},
	"nothing at all":                   {"", "ended"},
	"half a frame":                     {serving + "E\x00\x00\x10\x00{", "ended"},
}

// speak is that program.
func speak(lie string) int {
	if _, err := takeSockets(0); err != nil {
		return 1
	}
	os.Stdin.WriteString(lies[lie].says)
	time.Sleep(200 * time.Millisecond)
	return 0
}

// TestLies: whatever comes instead of the gateway's own words ends the run, and
// the connection that waited.
func TestLies(t *testing.T) {
	for name, lie := range lies {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil, func(c *Config) {
				c.weaken = func(s *launch.Spec) { s.Argv = []string{Name, says, name} }
			})
			if _, _, err := r.get(); err == nil {
				t.Error("a request got an answer")
			}
			if err := r.fault(); !strings.Contains(err.Error(), lie.why) {
				t.Errorf("the fault is %q, want %q in it", err, lie.why)
			}
			for _, e := range r.notes.all() {
				if e.Warning == nil {
					t.Errorf("it stands in the journal: %+v", e)
				}
			}
			r.nothingListens()
		})
	}
}

// TestTruth is the counterpart: the same program, with words that the gateway
// may say, brings no fault.
func TestTruth(t *testing.T) {
	for name, truth := range truths {
		j := newJudge(config(tcpAddr(1), 2, nil).Plan, tripwire.Value{Name: "~/key"})
		for range 5 {
			if _, err := j.event([]byte(truth)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

var truths = map[string]string{
	"a warning":       `{"warning":{"message":"x"}}`,
	"a refusal":       `{"refused":{"layer":"network","control":"network.dns","what":"resolve x","source":"observed","count":3}}`,
	"a finer control": `{"refused":{"layer":"network","control":"network.gateway.budget","what":"x","source":"observed","count":3}}`,
	"a request": `{"request":{"proto":"http","host":"h","port":80,"method":"GET","path":"/","status":200,"sent":1,"received":2,` +
		`"millis":3,"ended":true,"rule":"network.credential:model","credential":"model"}}`,
	"an alarm":               `{"alarm":{"value":"model","kind":"placeholder","spelling":"hex","where":"dns","to":"x.example"}}`,
	"an alarm about a decoy": `{"alarm":{"value":"~/key","kind":"decoy","spelling":"plain","where":"body","to":"h:80","rule":"network.gateway"}}`,
	"a limit":                `{"limit_reached":{"resource":"requests","value":5,"control":"network.gateway","ended":false}}`,
}

// FuzzEvent: what the judge takes can be said again in the same words, and is
// nobody else's to say.
func FuzzEvent(f *testing.F) {
	for _, l := range lies {
		if len(l.says) > 2*headerSize {
			f.Add([]byte(l.says[2*headerSize:]))
		}
	}
	for _, text := range truths {
		f.Add([]byte(text))
	}
	p, decoy := config(tcpAddr(1), 2, nil).Plan, tripwire.Value{Name: "~/key"}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := newJudge(p, decoy).event(b)
		if err != nil {
			return
		}
		if err := e.Validate(); err != nil || e.Seq != 0 || e.Iteration != 0 || !e.Time.IsZero() {
			t.Fatalf("%+v: %v", e, err)
		}
		again, err := encodeEvent(e)
		if err != nil {
			t.Fatal(err)
		}
		if e2, err := newJudge(p, decoy).event(again); err != nil || e2.Kind() != e.Kind() {
			t.Fatalf("%s: %v", again, err)
		}
	})
}
