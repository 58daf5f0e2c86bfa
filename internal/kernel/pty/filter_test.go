package pty

import (
	"bytes"
	"strings"
	"testing"
)

func filtered(s string) string { return string(new(Filter).Append(nil, []byte(s))) }

// TestFilterPasses: what ordinary programs write goes through as it is.
func TestFilterPasses(t *testing.T) {
	for name, s := range map[string]string{
		"text":          "a b~\tc\r\nd\b\a\v\f",
		"UTF-8":         "é 漢字 🙂 \u00a0",
		"Latin-1":       "na\xefve",
		"colours":       "\x1b[1;38;5;196mred\x1b[0m \x1b[38:2::1:2:3m",
		"cursor":        "\x1b[10;20H\x1b[K\x1b[2J\x1b7\x1b8\x1bM",
		"vim starts":    "\x1b[?1049h\x1b[22;0;0t\x1b[>4;2m\x1b[?1h\x1b=\x1b[?2004h\x1b[?1004h\x1b[1;24r\x1b[?12h\x1b[?25l",
		"questions":     "\x1b[c\x1b[>c\x1b[6n\x1b[14t\x1b[18t\x1b]11;?\a\x1b[?2026$p",
		"title":         "\x1b]0;agent@ringwall: ~\a",
		"link":          "\x1b]8;;https://example.com/a\x1b\\here\x1b]8;;\x1b\\",
		"prompt mark":   "\x1b]133;A\a",
		"progress":      "\x1b]9;4;1;50\a",
		"character set": "\x1b(0lqk\x1b(B\x1b)0\x0e\x0f",
		"picture":       "\x1bP0;1q\"1;1;2;2#0;2;0;0;0~~\x1b\\",
		"tab stops":     "\x1bH\x1b[3g",
		"soft reset":    "\x1b[!p\x1bc",
		"cursor shape":  "\x1b[2 q",
	} {
		if got := filtered(s); got != s {
			t.Errorf("%s: %q became %q", name, s, got)
		}
	}
}

// TestFilterRefuses: each is gone, and the text around it is there.
func TestFilterRefuses(t *testing.T) {
	for name, s := range map[string]string{
		"clipboard":                "\x1b]52;c;cm0gLXJmIH4K\a",
		"clipboard read":           "\x1b]52;c;?\x1b\\",
		"clipboard, more digits":   "\x1b]052x;c;AA==\a",
		"clipboard in eight bits":  "\xc2\x9d\xc2\x9c",
		"title typed back":         "\x1b[21t",
		"title, with a zero":       "\x1b[021t",
		"title, as the second":     "\x1b[1;21t",
		"title, beyond 16 bits":    "\x1b[65557t",
		"folder of the next shell": "\x1b]7;file:///p/x\a",
		"program started":          "\x1b]9;7;calc\a",
		"icon typed back":          "\x1b[20t",
		"font typed back":          "\x1b]50;?\a",
		"terminal program":         "\x1b]1337;File=inline=0:AAAA\a",
		"editor's command":         "\x1b]633;E;rm\a",
		"answerback":               "\x05",
		"screen read":              "\x1b[1;1;1;1;80;24*y",
		"printer":                  "\x1b[5i",
		"keyboard locked":          "\x1b[2h",
		"keys defined":             "\x1bP0;0|17/726d0d\x1b\\",
		"setting typed back":       "\x1bP$qm\x1b\\",
		"capability typed back":    "\x1bP+q544e\x1b\\",
		"through a multiplexer":    "\x1bPtmux;\x1b\x1b]52;c;AA==\a\x1b\\",
		"control of tmux":          "\x1bP1000p\x1b\\",
		"file of the terminal's":   "\x1b_Gt=f,a=T;L2V0Yy9wYXNzd2Q=\x1b\\",
		"privacy message":          "\x1b^x\x1b\\",
		"start of string":          "\x1bXx\x1b\\",
		"title of a multiplexer":   "\x1bkx\x1b\\",
		"another encoding":         "\x1b%@",
		"answers of eight bits":    "\x1b G\x1b[62;0\"p",
		"CSI in eight bits":        "\xc2\x9b",
		"CSI, longer than needed":  "\x82\x9b",
		"delete":                   "\x7f",
		"title with a control":     "\x1b]0;a\xc2\x9b21t\a",
		"unfinished, then another": "\x1b]52;c;AA==\x1b[m\x1b]52;c;AA==\x18",
	} {
		got := filtered("a" + s + "b")
		if got = strings.Replace(got, "\x1b[m", "", 1); got != "ab" {
			t.Errorf("%s: %q left %q", name, s, got)
		}
	}
}

// TestFilterIsNotSwallowed: an unfinished text takes a bounded part of what
// follows with it.
func TestFilterIsNotSwallowed(t *testing.T) {
	for _, begin := range []string{"\x1b]", "\x1b]0;", "\x1b_", "\x1bP|", "\x1b[", "\x1b]P", "\x1bX"} {
		f := new(Filter)
		f.Append(nil, []byte(begin))
		rest := f.Append(nil, bytes.Repeat([]byte("0"), longestRefused+2*longestText))
		if len(rest) == 0 || cap(f.seq) > 2*longestText {
			t.Errorf("%q: %d bytes came out, %d are held", begin, len(rest), cap(f.seq))
		}
	}
	if got := filtered("\x1b[3\n1mx"); got != "\n\x1b[31mx" {
		t.Errorf("a control within a sequence: %q", got)
	}
}

// TestUndo: what was left on is switched off, and nothing else is touched.
func TestUndo(t *testing.T) {
	for s, want := range map[string]string{
		"":                     "",
		"ls\r\n":               "",
		"\x1b[?1049h\x1b[?25l": "\x1b[?1049l\x1b[?25h",
		"\x1b[?1049h\x1b[?25l\x1b[?25h\x1b[?1049l": "",
		"\x1b[?1002;1006h\x1b[?2004h":              "\x1b[?1002l\x1b[?1006l\x1b[?2004l",
		"\x1b[?7l":                                 "\x1b[?7h",
		"\x1b[31mx":                                "\x1b[0m",
		"\x1b[31mx\x1b[0m\x1b[m":                   "",
		"\x1b[0;31m":                               "\x1b[0m",
		"\x1b=\x1b[4h":                             "\x1b[4l\x1b>",
		"\x1b=\x1b[4h\x1bc":                        "",
		"\x1b(0":                                   "\x0f\x1b(B",
		"\x1b[2;5r":                                "\x1b7\x1b[r\x1b8",
		"\x1b[>1u\x1b[>3u\x1b[<u":                  "\x1b[<1u\x1b[=0u",
		"\x1b[>4;2m":                               "\x1b[>4;0m",
		"\x1b[4 q":                                 "\x1b[0 q",
		"\x1bPq~~":                                 "\x1b\\",
		"\x1b[?1049":                               "", // not whole: never sent
	} {
		f := new(Filter)
		f.Append(nil, []byte(s))
		if got := f.modes.undo(); got != want {
			t.Errorf("after %q: %q, want %q", s, got, want)
		}
	}
}

// TestUndoFits: however much was switched on, the text has room where it is
// kept for the time after us, and undoes itself.
func TestUndoFits(t *testing.T) {
	f := new(Filter)
	for _, p := range privateModes {
		f.modes.setPrivate(p.n, !p.usual)
	}
	f.Append(nil, []byte(strings.Repeat("\x1b[>1u", 200)+"\x1b=\x1b[4h\x1b[2;3r\x1b[1m\x1b(0\x1b[4 q\x1b[>4;2m\x1bPq"))
	undo := f.modes.undo()
	if len(undo) > 255 {
		t.Errorf("%d bytes", len(undo))
	}
	f.Append(nil, []byte(undo))
	if left := f.modes.undo(); left != "" {
		t.Errorf("left on: %q", left)
	}
}

// FuzzTerminalFilter: what comes out is the same however it was cut, passes a
// second time unchanged, and holds none of what is refused.
func FuzzTerminalFilter(f *testing.F) {
	for _, s := range []string{"a\x1b[31mb", "\x1b]52;c;AA==\a", "\x1b]0;t\x1b\\", "\x1bPq~\x1b\\", "\x1b[?1049h", "\xe2\x9b\x84",
		"\xe0\x82\x9b", "\xc2\x9b21t", "\x1b\x1b]", "\x1b[1;21t", "\x1b_Gx\x1b\\y", "\x1b]P1234567", "\x1b%G", "\x1b[3\x051m"} {
		f.Add([]byte(s), 1)
	}
	f.Fuzz(func(t *testing.T, in []byte, cut int) {
		whole := new(Filter)
		out := whole.Append(nil, in)
		cut = min(max(cut, 0), len(in))
		parts := new(Filter)
		two := parts.Append(parts.Append(nil, in[:cut]), in[cut:])
		if !bytes.Equal(out, two) || whole.modes != parts.modes {
			t.Errorf("%q cut at %d: %q, whole %q", in, cut, two, out)
		}
		out = append(out, 'x') // half a letter at the end is kept back
		if again := new(Filter).Append(nil, out); !bytes.Equal(again, out) {
			t.Errorf("%q became %q, and that %q", in, out, again)
		}
		for _, bad := range []string{"\x05", "\x1b]52", "\x1b[21t", "\x1b_", "\x1b^", "\x1bX", "\x1bP$", "\x1bPt", "\x1b%", "\xc2\x9b", "\xc2\x9d", "\xc2\x90"} {
			if bytes.Contains(out, []byte(bad)) {
				t.Errorf("%q let %q through: %q", in, bad, out)
			}
		}
		if len(whole.seq) > longestText || len(whole.modes.undo()) > 255 {
			t.Errorf("%d bytes are held", len(whole.seq))
		}
	})
}
