package project

import "testing"

// TestCommitter: name and address come from the owner's own files, the later
// wins, and nothing that could break out of a configuration is taken.
func TestCommitter(t *testing.T) {
	for _, c := range []struct {
		xdg, home string
		want      Committer
	}{
		{"", "", Committer{}},
		{"", "[user]\n\tname = Ada L\n\temail = \"a@example.com\"\n", Committer{"Ada L", "a@example.com"}},
		{"[user]\nname=Old\nemail=o@example.com\n", "[User]\nName = New\n", Committer{"New", "o@example.com"}},
		{"", "[alias]\nname = x\n[user \"work\"]\nsigningkey = k\n", Committer{}},
		{"", "[user]\nname = a\\nb\nemail = x;y\n", Committer{}},
		{"", "[user]\nname = a\x1b[31m\n", Committer{}},
	} {
		home := t.TempDir()
		if c.xdg != "" {
			write(t, home, ".config/git/config", c.xdg)
		}
		if c.home != "" {
			write(t, home, ".gitconfig", c.home)
		}
		got := committer(Options{Home: home, Env: func(string) string { return "" }})
		if got != c.want {
			t.Errorf("%q, %q: %+v, not %+v", c.xdg, c.home, got, c.want)
		}
	}
}
