package report

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"ringwall/internal/evidence"
)

// elements are all that the page is made of. Nothing that runs, loads, submits
// or leads away is among them.
var elements = strings.Fields(`html head meta title style body main header section footer h1 h2 h3 p b i span small code
	svg circle rect text g ol ul li div table thead tbody tr th td dl dt dd details summary blockquote`)

// attributes are all that an element may have.
var attributes = strings.Fields(`lang charset http-equiv content name class viewbox role aria-label cx cy r x y rx width height
	style colspan data-label`)

// TestMarkupHolds parses each page as a browser does and finds only the
// elements and attributes of the template, whatever the events hold.
func TestMarkupHolds(t *testing.T) {
	for name, r := range goldenRuns() {
		z := html.NewTokenizer(bytes.NewReader(forms(t, r)[".html"]))
		for z.Next() != html.ErrorToken {
			tok := z.Token()
			if tok.Type != html.StartTagToken && tok.Type != html.SelfClosingTagToken {
				continue
			}
			if !slices.Contains(elements, tok.Data) {
				t.Errorf("%s: element %s", name, tok.Data)
			}
			for _, a := range tok.Attr {
				if !slices.Contains(attributes, a.Key) {
					t.Errorf("%s: attribute %s of %s", name, a.Key, tok.Data)
				}
				if a.Key == "style" && !regexp.MustCompile(`^width: \d+%$`).MatchString(a.Val) {
					t.Errorf("%s: style %q", name, a.Val)
				}
			}
		}
	}
}

// TestMarkupIsTheSame: hostile text makes no more elements than harmless text.
func TestMarkupIsTheSame(t *testing.T) {
	tags := func(s string) []string {
		var out []string
		z := html.NewTokenizer(strings.NewReader(s))
		for z.Next() != html.ErrorToken {
			if tok := z.Token(); tok.Type == html.StartTagToken || tok.Type == html.EndTagToken {
				out = append(out, tok.Type.String()+tok.Data)
			}
		}
		return out
	}
	tame := strings.NewReplacer(`\u003cscript\u003ealert(1)\u003c/script\u003e`, "", `\u003cimg src=x onerror=alert(2)\u003e`, "", `\u003c/style\u003e`, "")
	hostilePage := string(forms(t, fixed(hostile()))[".html"])
	tamePage := string(forms(t, fixed(rewrite(t, hostile(), tame)))[".html"])
	if hostilePage == tamePage || strings.Contains(hostilePage, "<script") || !strings.Contains(hostilePage, "&lt;script") {
		t.Fatal("the hostile text is not on the page, or stands there raw")
	}
	if !slices.Equal(tags(hostilePage), tags(tamePage)) {
		t.Error("the agent's text changed the markup")
	}
}

// TestNothingIsLoaded: the page names no address and forbids itself to load.
func TestNothingIsLoaded(t *testing.T) {
	page := string(forms(t, fixed(empty()))[".html"])
	if !strings.Contains(page, `content="default-src 'none'; style-src 'unsafe-inline'; img-src data:;`) {
		t.Error("no content security policy")
	}
	for _, s := range []string{"http:", "https:", "url(", "@import", "src=", "href="} {
		if strings.Contains(page, s) {
			t.Errorf("the page has %q", s)
		}
	}
}

// TestLongRun: 200 iterations, ten thousand files and as many refused hosts
// still make a page and a text that a person can read.
func TestLongRun(t *testing.T) {
	events := []ev{opened("loop", 200)}
	for n := 1; n <= 200; n++ {
		var cs []evidence.Change
		for i := range 50 {
			cs = append(cs, change(fmt.Sprintf("gen/%d/%d.go", n, i), "added", "ordinary", ""))
			events = append(events, refused(n, "network", "network.gateway", fmt.Sprintf("lookup %d-%d.example.net", n, i), "", 1, ""))
		}
		events = append(events, ev{Iteration: n, IterationStarted: &evidence.IterationStarted{Of: 200}},
			ev{Iteration: n, Changeset: &evidence.Changeset{Changes: cs}}, ev{Iteration: n, Applied: &evidence.Applied{Applied: 50}},
			ev{Iteration: n, IterationEnded: &evidence.IterationEnded{Reason: "exited", Millis: 1000}})
	}
	out := forms(t, Reduce(at(events)))
	if n := bytes.Count(out[".txt"], []byte("\n")); n > 200 || !bytes.Contains(out[".txt"], []byte("and 9980 more")) {
		t.Errorf("the text has %d lines", n)
	}
	if len(out[".html"]) > 400_000 || !bytes.Contains(out[".html"], []byte("and 9800 more")) {
		t.Errorf("the page has %d bytes", len(out[".html"]))
	}
}
