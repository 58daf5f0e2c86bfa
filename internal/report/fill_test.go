package report

import (
	"bytes"
	"html/template"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// TestFillIsTheLibrary: each page is, byte by byte, what html/template makes of
// it, which knows where in a page a text stands.
func TestFillIsTheLibrary(t *testing.T) {
	names := funcs()
	names["css"] = func() template.CSS { return template.CSS(pageCSS) }
	library, err := template.New("").Funcs(names).Parse(pageHTML)
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range goldenRuns() {
		var want, got bytes.Buffer
		if err := library.Execute(&want, newPage(r)); err != nil {
			t.Fatal(err)
		}
		if err := HTML(&got, r); err != nil || got.String() != want.String() {
			t.Errorf("%s: another page than the library's, %v", name, err)
		}
	}
}

// value is what the page puts in, and not what it decides by.
var value = regexp.MustCompile(`{{-? ?(if|else|end|range|with)?[^}]*}}`)

// TestPlaces: the page puts values where escaping makes them harmless: into
// text, and between the quotes of attributes that name no address and no
// program.
func TestPlaces(t *testing.T) {
	marked := value.ReplaceAllStringFunc(pageHTML, func(s string) string {
		if value.FindStringSubmatch(s)[1] != "" {
			return ""
		}
		return "zqz"
	})
	if problems := places(marked); len(problems) > 0 || strings.Count(marked, "zqz") < 50 {
		t.Error(problems)
	}
	for _, bad := range []string{"<zqz>", "<b zqz>", `<b zqz="x">`, "<b class=zqz>", `<a href="zqz">`, `<b onclick="zqz">`, `<b style="zqz">`,
		"<script>zqz</script>", "<style>a{zqz}</style>", "<!-- zqz -->", `<svg><a xlink:href="zqz"/></svg>`} {
		if len(places(bad)) == 0 {
			t.Errorf("%q passes", bad)
		}
	}
}

// harmless are the attributes that a value may stand in.
var harmless = strings.Fields("class x y r cx cy width height data-label style")

// places tells where a mark stands that may not.
func places(page string) (problems []string) {
	inside := ""
	for z := html.NewTokenizer(strings.NewReader(page)); z.Next() != html.ErrorToken; {
		raw := string(z.Raw())
		tok := z.Token()
		switch {
		case tok.Type == html.StartTagToken && (tok.Data == "style" || tok.Data == "script"):
			inside = tok.Data
		case tok.Type == html.EndTagToken:
			inside = ""
		case !strings.Contains(raw, "zqz"), tok.Type == html.TextToken && (inside == "" || inside == "style" && raw == "zqz"):
			continue
		case tok.Type != html.StartTagToken && tok.Type != html.SelfClosingTagToken, strings.Contains(tok.Data, "zqz"):
			problems = append(problems, raw)
			continue
		}
		for _, a := range tok.Attr {
			held := strings.Contains(a.Val, "zqz")
			if strings.Contains(a.Key, "zqz") || held && !slices.Contains(harmless, a.Key) || held && a.Key == "style" && a.Val != "width: zqz%" {
				problems = append(problems, raw)
			}
		}
		for before, rest, found := strings.Cut(raw, "zqz"); found && tok.Type != html.TextToken; {
			if strings.Count(before, `"`)%2 == 0 {
				problems = append(problems, raw)
			}
			var next string
			next, rest, found = strings.Cut(rest, "zqz")
			before += next
		}
	}
	return problems
}

// TestFillRefuses: what the language does not have here is an error, and so is
// what does not fit.
func TestFillRefuses(t *testing.T) {
	type data struct {
		Text   string
		List   []string
		Number int
		Deep   *data
	}
	d := data{Text: "<a>", List: []string{"x", "y"}, Number: 3, Deep: &data{Text: "deep"}}
	funcs := map[string]any{"up": strings.ToUpper, "raw": func() markup { return "<b>" }, "any": func(v any) any { return v }}
	for text, want := range map[string]string{
		"{{.Text}}|{{up .Text}}|{{raw}}|{{any (up .Text)}}": "&lt;a&gt;|&lt;A&gt;|<b>|&lt;A&gt;", "{{range .List}}[{{.}}{{$.Number}}]{{end}}": "[x3][y3]",
		"{{with .Deep}}{{.Text}}{{with .Deep}}no{{else}}end{{end}}{{end}}": "deepend", "{{if not .List}}no{{else if eq .Number 3}}three{{end}}{{len .List}}": "three2",
		"{{range .Deep.List}}x{{else}}none{{end}}": "none",
	} {
		if got, err := fill(text, funcs, d); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v, not %q", text, got, err, want)
		}
	}
	for _, text := range []string{"{{.Missing}}", "{{.Text.More}}", "{{.Deep.Deep.Text}}", "{{up .Number}}", "{{up}}", "{{up .Text .Text}}", "{{.Text | up}}", "{{$x := .Text}}",
		"{{.List}}", "{{.Deep}}", "{{range .Text}}{{end}}", "{{range .Number}}{{end}}", "{{template \"x\"}}", "{{nothing}}", "{{if}}", "{{.Text .Text}}", "{{eq .Text .Text}}",
		"{{1.5}}", "{{true}}", "{{nil}}", "{{range .List}}{{break}}{{end}}"} {
		if got, err := fill(text, funcs, d); err == nil {
			t.Errorf("%s: %q", text, got)
		}
	}
}
