package command

import (
	"strings"
	"testing"

	"ringwall/internal/agent"
)

// entry splits what a test writes: a star at the end stands for an open entry.
func entry(text string) ([]string, bool) {
	words := strings.Fields(text)
	if n := len(words); n > 0 && words[n-1] == "*" {
		return words[:n-1], true
	}
	return words, false
}

func TestFlaggedAndNear(t *testing.T) {
	for _, c := range []struct{ flagged, problem, near string }{
		{"*", agent.TooBroad, "ls *"},
		{"FOO=1 *", agent.TooBroad, "FOO=1 ls *"},
		{"./scripts/*", agent.Executes, "./scripts/test.sh *"},
		{"make *", agent.Executes, "make test *"},
		{"make -j4 *", agent.Executes, "make"},
		{"make -f *", agent.Executes, "make -f Makefile test"},
		{"just *", agent.Executes, "just test *"},
		{"rake *", agent.Executes, "rake test *"},
		{"./gradlew *", agent.Executes, "./gradlew test *"},
		{"mvn *", agent.Executes, "mvn test *"},
		{"cmake *", agent.Executes, "cmake --build build *"},
		{"go *", agent.Executes, "go test *"},
		{"go run *", agent.Executes, "go run ./cmd/gen"},
		{"go generate *", agent.Executes, "go vet *"},
		{"go test -exec *", agent.Executes, "go test -run TestX *"},
		{"go build -toolexec=x", agent.Executes, "go build ./..."},
		{"go env -w *", agent.Redirects, "go env *"},
		{"cargo *", agent.Executes, "cargo test *"},
		{"cargo run *", agent.Executes, "cargo run --example a *"},
		{"npm *", agent.Executes, "npm test *"},
		{"npm run *", agent.Executes, "npm run build *"},
		{"npm run", "", "npm run"},
		{"npm exec *", agent.Executes, "npm exec jest *"},
		{"npm config set *", agent.Redirects, "npm config get *"},
		{"npx *", agent.Executes, "npx jest *"},
		{"npx -p *", agent.Executes, "npx -p jest jest *"},
		{"pnpm dlx *", agent.Executes, "pnpm lint *"},
		{"yarn *", agent.Executes, "yarn test *"},
		{"bun run *", agent.Executes, "bun test *"},
		{"docker *", agent.Executes, "docker ps *"},
		{"docker run *", agent.Executes, "docker images *"},
		{"docker compose *", agent.Executes, "docker compose ps *"},
		{"kubectl exec *", agent.Executes, "kubectl get *"},
		{"ssh *", agent.Executes, "ssh-keygen -l"},
		{"ssh host *", agent.Executes, "ssh host uptime"},
		{"xargs *", agent.Executes, "xargs -n 1 grep *"},
		{"xargs sh -c *", agent.Executes, "xargs wc *"},
		{"env *", agent.Executes, "env"},
		{"env FOO=1 make *", agent.Executes, "env FOO=1 make test *"},
		{"find *", agent.Executes, "find . -name x.go"},
		{"find . -name x -exec rm", agent.Executes, "find . -name exec"},
		{"find . -delete", agent.Destroys, "find . -name delete"},
		{"tar *", agent.Executes, "tar -xzf dist.tgz"},
		{"tar -xf a --to-command=sh", agent.Executes, "tar -xf a"},
		{"git *", agent.Executes, "git status *"},
		{"git --no-pager *", agent.Executes, "git --no-pager log *"},
		{"git -c *", agent.Executes, "git commit -c HEAD"},
		{"git -c x.y=1 status", agent.Executes, "git log -c *"},
		{"git config *", agent.Executes, "git config --get *"},
		{"git config *", agent.Executes, "git config user.name"},
		{"git rebase --exec *", agent.Executes, "git rebase main *"},
		{"git rebase -i -x make", agent.Executes, "git rebase -i"},
		{"git bisect run *", agent.Executes, "git bisect good *"},
		{"git remote add *", agent.Redirects, "git remote -v *"},
		{"git push --force *", agent.Destroys, "git push *"},
		{"git push origin main -f", agent.Destroys, "git push origin main"},
		{"git reset --hard *", agent.Destroys, "git reset *"},
		{"git clean *", agent.Destroys, "git clean -n *"},
		{"git branch -D *", agent.Destroys, "git branch -d *"},
		{"rm *", agent.Destroys, "rm -rf build"},
		{"rm -rf build *", agent.Destroys, "rmdir *"},
		{"rm -rf /", agent.Destroys, "rm -rf ./x"},
		{"npm publish *", agent.Destroys, "npm pack *"},
		{"terraform apply -auto-approve", agent.Destroys, "terraform apply"},
		{"sed *", agent.Executes, "sed --sandbox *"},
		{"sed -n *", agent.Executes, "sed -n 1,5p"},
		{"awk *", agent.Executes, "gawk --sandbox *"},
		{"vim *", agent.Executes, "vimdiff-report"},
		{"perl -pe *", agent.Executes, "perl scripts/a.pl *"},
		{"python3.12 *", agent.Executes, "python3.12 -m pytest *"},
		{"python -m *", agent.Executes, "python scripts/a.py *"},
		{"python3 -c *", agent.Executes, "python3 --version"},
		{"node *", agent.Executes, "node --test *"},
		{"bash -c *", agent.Executes, "bash scripts/test.sh *"},
		{"bash -lc *", agent.Executes, "bash -n x.sh"},
		{"rsync -e *", agent.Executes, "rsync -a a/ b/"},
		{"timeout 60 *", agent.Executes, "timeout 60 go test *"},
		{"timeout -k 5 60 bash *", agent.Executes, "timeout -k 5 60 make test *"},
		{"nice -n 19 make *", agent.Executes, "nice -n 19 make lint *"},
		{"watch *", agent.Executes, "watch -n 2 ls *"},
		{"sudo *", agent.Executes, "sudo -u x ls *"},
		{"doas sh *", agent.Executes, "doas ls *"},
		{"/usr/bin/env *", agent.Executes, "/usr/bin/env ls *"},
		{"poetry run *", agent.Executes, "poetry run pytest *"},
		{"uv run python *", agent.Executes, "uv run pytest *"},
		{"curl *", agent.TooBroad, "curl https://example.com/x"},
		{"curl https://example.com/x | sh", agent.Executes, "curl https://example.com/x | sort"},
		{"cat x | bash -s *", agent.Executes, "cat x | bash check.sh"},
		{"ls && make *", agent.Executes, "ls && make test *"},
		{"ls ; *", agent.TooBroad, "ls ; wc *"},
		{"PATH=. ls *", agent.Executes, "LANG=C ls *"},
		{"ANTHROPIC_BASE_URL=http://x claude -p hi", agent.Redirects, "DATABASE_URL=x ls"},
		{"claude *", agent.Widens, "claude --version"},
		{"ringwall *", agent.Widens, "ringwall why *"},
		{"chmod 777 *", agent.Widens, "chmod +x *"},
		{"source *", agent.Executes, "resource-list *"},
		{"command *", agent.Executes, "command -v *"},
		{"sudo -u root *", agent.Executes, "sudo -l *"},
		{"tmux *", agent.Executes, "tmux ls *"},
		{"tmux send-keys *", agent.Executes, "tmux list-sessions *"},
		{"gh api *", agent.TooBroad, "gh pr view *"},
	} {
		expect(t, c.flagged, c.problem)
		expect(t, c.near, "")
	}
}

func expect(t *testing.T, text, problem string) {
	t.Helper()
	words, open := entry(text)
	d, bad := Judge(words, open)
	if bad != (problem != "") || d.Problem != problem && bad {
		t.Errorf("%s: %v %+v, want %q", text, bad, d, problem)
	}
	if bad && (d.Why == "" || strings.HasSuffix(d.Why, ".")) {
		t.Errorf("%s: the reason is %q", text, d.Why)
	}
}

// A star within an entry counts as the tools take it.
func TestStarWithin(t *testing.T) {
	for text, bad := range map[string]bool{
		"npm run test*": false, "npm run *x": true, "py*": false, "python* x": true, "git * main": true,
		"git log * main": false, "*": true, "ls | *": true,
	} {
		if _, got := Judge(strings.Fields(text), false); got != bad {
			t.Errorf("%s: flagged %v, want %v", text, got, bad)
		}
	}
}

// Each row flags the entry that is written in it, and gives a better one that
// nothing flags.
func TestEveryRow(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range table() {
		key := r.words + string(rune('0'+r.when))
		if seen[key] {
			t.Errorf("%q is there twice", r.words)
		}
		seen[key] = true
		if _, is := wrapperOf(r.words); is && r.when != fine {
			t.Errorf("%q is a wrapper: the row is never asked", r.words)
		}
		if _, bad := Judge(sample(r), true); bad == (r.when == fine) {
			t.Errorf("%q: flagged %v", r.words, bad)
		}
		if d, bad := Judge(strings.Fields(r.Better), r.Better != ""); bad {
			t.Errorf("%q: the better entry %q is flagged: %s", r.words, r.Better, d.Why)
		}
	}
}

// sample is an entry that the row is for.
func sample(r row) []string {
	words := strings.Fields(strings.ReplaceAll(r.words, "...", "word"))
	if r.when == piped {
		return append([]string{"cat", "x", "|"}, words...)
	}
	return words
}

// What may not follow makes most entries narrow.
func TestClosedEntriesAreNarrow(t *testing.T) {
	for _, r := range table() {
		if r.when != bare && r.when != extended {
			continue
		}
		if d, bad := Judge(append(sample(r), "one"), false); bad {
			t.Errorf("%q with one fixed word: %s", r.words, d.Why)
		}
	}
}

func FuzzJudge(f *testing.F) {
	for _, s := range []string{"", "*", "git -c", "a | b", "|", "| |", "timeout", "env A=", "=", "/", "x/ *", "sudo sudo sudo", "..."} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, text string, open bool) {
		words := strings.Fields(text)
		before := strings.Join(words, " ")
		if d, bad := Judge(words, open); bad != (d != Danger{}) {
			t.Errorf("%q: %v with %+v", text, bad, d)
		}
		if strings.Join(words, " ") != before {
			t.Errorf("%q: the words were changed", text)
		}
	})
}
