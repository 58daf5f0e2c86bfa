package instructions

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func block(t *testing.T, text string) string {
	t.Helper()
	got, err := Block([]byte(text))
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return string(got)
}

func TestBlockIsAddedAtTheEnd(t *testing.T) {
	for text, gap := range map[string]string{
		"": "", "# Rules\n": "\n", "# Rules": "\n\n", "# Rules\n\n": "", "a\r\nb": "\r\n\r\n", "a\r\n": "\r\n",
	} {
		got := block(t, text)
		if !strings.HasPrefix(got, text+gap+BlockBegin) || !strings.HasSuffix(strings.TrimRight(got, "\r\n"), BlockEnd) {
			t.Errorf("%q became %q", text, got)
		}
		if strings.Contains(text, "\r\n") && strings.Count(got, "\n") != strings.Count(got, "\r\n") {
			t.Errorf("%q got lines that end in another way: %q", text, got)
		}
	}
}

func TestBlockIsRenewedInPlace(t *testing.T) {
	text := "before\xff\n" + BlockBegin + "\nold words\n" + BlockEnd + " \nafter, no end of line"
	got := block(t, text)
	if !strings.HasPrefix(got, "before\xff\n"+BlockBegin+"\nBefore you begin") || !strings.HasSuffix(got, BlockEnd+" \nafter, no end of line") {
		t.Errorf("%q", got)
	}
	if strings.Contains(got, "old words") {
		t.Error("the old block is still there")
	}
}

// TestMarksInATextAreNotTheBlock: a document may speak of the marks.
func TestMarksInATextAreNotTheBlock(t *testing.T) {
	text := "between `" + BlockBegin + "` and `" + BlockEnd + "`\n"
	if got := block(t, text); !strings.HasPrefix(got, text+"\n"+BlockBegin) {
		t.Errorf("%q", got)
	}
}

func TestBlockRefusesMarksThatAreNoPair(t *testing.T) {
	for text, line := range map[string]int{
		"a\n" + BlockBegin + "\nb\n":                                              2,
		"a\n" + BlockEnd + "\n":                                                   2,
		BlockBegin + "\n" + BlockBegin + "\n" + BlockEnd + "\n":                   2,
		BlockBegin + "\n" + BlockEnd + "\n" + BlockEnd + "\n":                     3,
		BlockBegin + "\n" + BlockEnd + "\n" + BlockBegin + "\n" + BlockEnd + "\n": 3,
		BlockEnd + "\n" + BlockBegin + "\n":                                       1,
	} {
		_, err := Block([]byte(text))
		var bad *BlockError
		if !errors.As(err, &bad) || bad.Line != line {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzBlock(f *testing.F) {
	f.Add([]byte("# Rules\r\n"))
	f.Add([]byte("a\n" + BlockBegin + "\nb\n" + BlockEnd))
	f.Add([]byte(BlockEnd + "\n\xff" + BlockBegin))
	f.Fuzz(func(t *testing.T, text []byte) {
		once, err := Block(text)
		if err != nil {
			return
		}
		if twice, err := Block(once); err != nil || !bytes.Equal(once, twice) {
			t.Errorf("a second time changes it: %v\n%q\n%q", err, once, twice)
		}
		begin, end, _ := marks(text)
		if begin < 0 {
			begin, end = len(text), len(text)
		}
		if !bytes.HasPrefix(once, text[:begin]) || !bytes.HasSuffix(once, text[end:]) {
			t.Errorf("%q lost something: %q", text, once)
		}
	})
}
