package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestWrapKeepsTheWidth(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", []string{""}},
		{"one two three", []string{"one two", "three"}},
		{"averylongword x", []string{"averylongword", "x"}},
		{"  many   blanks ", []string{"many", "blanks"}},
	} {
		if got := wrap(c.text, 9); strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("%q: %q", c.text, got)
		}
	}
}

func TestRowsAreAlignedAndEscaped(t *testing.T) {
	var b bytes.Buffer
	table{&b, 8}.row("name", strings.Repeat("word ", 20)+"\x1b[2J")
	for i, line := range strings.Split(strings.TrimRight(b.String(), "\n"), "\n") {
		if len(line) > width || strings.ContainsRune(line, '\x1b') {
			t.Errorf("%q", line)
		}
		if i > 0 && !strings.HasPrefix(line, "        word") {
			t.Errorf("not aligned: %q", line)
		}
	}
}

func TestAmounts(t *testing.T) {
	for _, c := range []struct {
		resource string
		n        int64
		want     string
	}{
		{"memory", 4 << 30, "4 GiB"}, {"disk", 1536 << 20, "1.5 GiB"}, {"core", 1, "none"},
		{"cpu", 2000, "2 CPUs"}, {"cpu", 500, "0.5 CPUs"}, {"pids", 512, "512"}, {"time", 2700, "45:00"},
	} {
		if got := amount(c.resource, c.n); got != c.want {
			t.Errorf("%s %d: %s, not %s", c.resource, c.n, got, c.want)
		}
	}
	if got := seconds(3*time.Hour + 4*time.Minute + 5*time.Second); got != "3:04:05" {
		t.Error(got)
	}
}

func TestCommandLineShowsWhereArgumentsEnd(t *testing.T) {
	if got := commandLine([]string{"a", "", "b c", "d\n"}); got != `a "" "b c" "d\n"` {
		t.Error(got)
	}
}

// TestTogether: a toolchain of many parts is one line to a person.
func TestTogether(t *testing.T) {
	got := together([]string{"/h/.cargo/bin", "/h/.rustup/toolchains", "/h/.rustup/settings.toml", "/opt/x"})
	if text := strings.Join(got, ", "); text != "/h/.cargo/bin, parts of /h/.rustup, /opt/x" {
		t.Error(text)
	}
}
