package generic

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"ringwall/internal/agent"
)

func TestParseKeepsTheEnd(t *testing.T) {
	long := strings.Repeat("0123456789\n", 20_000)
	for _, c := range []struct{ in, last string }{
		{"", ""},
		{"a\nRINGWALL_DONE\n\n \n", "RINGWALL_DONE"},
		{"one line", "one line"},
		{long + "RINGWALL_BLOCKED\n", "RINGWALL_BLOCKED"},
		{"\xff\xfe\nlast", "last"},
	} {
		got, err := Agent{}.Parse(iotest.HalfReader(strings.NewReader(c.in)))
		if err != nil || len(got.Text) > agent.MaxText || !utf8.ValidString(got.Text) || !got.Complete {
			t.Fatalf("%v, %d bytes", err, len(got.Text))
		}
		if lines := strings.Split(got.Text, "\n"); lines[len(lines)-1] != c.last {
			t.Errorf("last line %q, want %q", lines[len(lines)-1], c.last)
		}
	}
}

func TestParseReportsTheReadersError(t *testing.T) {
	broken := errors.New("broken pipe")
	in := io.MultiReader(strings.NewReader("so far"), iotest.ErrReader(broken))
	if got, err := (Agent{}).Parse(in); !errors.Is(err, broken) || got.Text != "so far" {
		t.Errorf("%v, %q", err, got.Text)
	}
}

func TestInvocationLeavesTheCommandAlone(t *testing.T) {
	cmd := make([]string, 2, 8)
	copy(cmd, []string{"my-agent", "--headless"})
	got := Agent{}.Invocation(agent.Request{Command: cmd, ExtraArgs: []string{"x"}})
	if !slices.Equal(got, []string{"my-agent", "--headless", "x"}) || cmd[:3][2] != "" {
		t.Errorf("%q, behind the command %q", got, cmd[:3])
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("a\nRINGWALL_DONE\n"))
	f.Add([]byte("\xc3\n\r\x00\x1b[2J"))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := Agent{}.Parse(strings.NewReader(string(in)))
		if err != nil || len(got.Text) > agent.MaxText || !utf8.ValidString(got.Text) {
			t.Errorf("%v, %d bytes", err, len(got.Text))
		}
	})
}
