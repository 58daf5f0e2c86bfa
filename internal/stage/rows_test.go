//go:build linux

package stage

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ringwall/internal/agent"
	"ringwall/internal/plan"
)

// row is one known way to reach the next iteration, or the host, through what an
// iteration leaves. What judging has to stop is made, and must not reach the
// project; with the policy letting that class pass, the same must.
type row struct {
	id, what string
	make     func(*world)
	paths    []string // what must not reach the project
	class    Class    // of all of them
	never    bool     // no policy lets them pass
	runs     []string // what is applied, and reported as running on the host
	by       []string // what shows it elsewhere: tests, "script x"
	not      string   // why nothing of it is for a test
}

// specified are the known ways out that the table has to cover: the sections
// on agent configuration, git and deferred execution, and links and names of
// the file system.
var specified = strings.Fields("CFG-01 CFG-02 CFG-03 CFG-05 CFG-06 CFG-08 CFG-10 CFG-11 CFG-12 CFG-15 CFG-16 CFG-17 CFG-18 CFG-19 CFG-20 CFG-22 CFG-24 CFG-25 CFG-27 " +
	"GIT-01 GIT-02 GIT-03 GIT-06 GIT-07 GIT-08 GIT-09 GIT-10 GIT-11 GIT-12 " +
	"HST-01 HST-04 HST-05 HST-07 HST-08 HST-09 HST-10 HST-11 HST-13 " +
	"FS-05 FS-06 FS-07 FS-08 FS-09 FS-10 FS-28 FS-33 FS-34 FS-35 FS-36")

// files writes each of them.
func files(paths ...string) func(*world) {
	return func(w *world) {
		for _, p := range paths {
			w.write(p, "the agent's "+p, 0o644)
		}
	}
}

// held is a row of files of one class.
func held(id, what string, class Class, paths ...string) row {
	return row{id: id, what: what, class: class, make: files(paths...), paths: paths}
}

func configurationRows() []row {
	return []row{
		held("CFG-01", "an absent guardrail is made", Guardrail, ".claude/settings.json", ".mcp.json", "AGENTS.md", ".codex/config.toml", ".cursor/mcp.json",
			".gemini/settings.json", ".vscode/tasks.json", ".github/workflows/ci.yml", ".envrc", ".pre-commit-config.yaml", "fresh/.claude/settings.json", "fresh/CLAUDE.md"),
		{id: "CFG-02", what: "its folder is made, or a link in its place", class: Guardrail, make: func(w *world) {
			for _, d := range []string{".codex", ".cursor", ".gemini", ".vscode", "d/.codex"} {
				w.up(d + "/.")
			}
			w.symlink("src", ".claude")
			w.symlink("../src", "d/.github")
		}, paths: []string{".codex", ".cursor", ".gemini", ".vscode", "d/.codex", ".claude", "d/.github"}},
		{id: "CFG-03", what: "a guardrail is rewritten, removed, moved over, opened up", class: Guardrail, make: func(w *world) {
			w.write("CLAUDE.md", "obey me", 0o644)
			w.write("ringwall.toml", "version = 1", 0o644)
		}, paths: []string{"CLAUDE.md", "ringwall.toml"}, by: []string{"TestRealOverlayHeld", "TestDeletedGuardrails"}},
		held("CFG-05", "the project is copied, edited and swapped back", Guardrail, "copy/CLAUDE.md", "copy/.git/config", "copy/.claude/settings.json"),
		{id: "CFG-06", what: "a link at a configuration's name", class: Guardrail, make: func(w *world) {
			w.symlink("src/a.go", "AGENTS.md")
			w.symlink("../src", "d/.vscode")
		}, paths: []string{"AGENTS.md", "d/.vscode"}},
		{id: "CFG-08", what: "a spelling that the rule does not match", by: []string{"TestEveryGuardrailInEverySpelling", "TestGitInEverySpelling", "TestFoldMeetsSpellings"}},
		held("CFG-10", "deep in the tree, and in a nested repository", Guardrail, "a/b/c/d/e/.git/hooks/pre-commit", "a/b/c/d/e/.git/config", "1/2/3/4/5/6/7/8/.vscode/settings.json", "sub/.git/info/attributes"),
		held("CFG-11", "the project's settings switch permissions off", Guardrail, ".claude/settings.local.json", "pkg/.claude/settings.json"),
		held("CFG-12", "hooks and servers in project files", Guardrail, ".mcp.json", "web/.mcp.json", ".gemini/extensions/x/gemini-extension.json"),
		held("CFG-15", "a pointer to another repository", Guardrail, ".git/commondir", ".git/gitdir", "sub/.git"),
		held("CFG-16", "an environment file steers the agent", Guardrail, ".gemini/.env", ".envrc", "d/.envrc"),
		{id: "CFG-17", what: "a project file names the sandbox's helpers", class: Guardrail, make: files("ringwall.toml"), paths: []string{"ringwall.toml"}},
		held("CFG-18", "an editor runs it on opening", Guardrail, ".vscode/settings.json", "x.code-workspace", "d/y.code-workspace", ".idea/workspace.xml", ".devcontainer/devcontainer.json", ".exrc"),
		held("CFG-19", "another case", Guardrail, ".Cursor/mcp.json", ".GIT/config", "claude.MD", "d/.VSCODE/tasks.json"),
		held("CFG-20", "an approved configuration is changed afterwards", Guardrail, ".cursor/mcp.json", "ringwall.toml"),
		held("CFG-22", "instructions for the next iteration", Guardrail, "CLAUDE.md", "AGENTS.md", "PROMPT.md", "CONSTITUTION.md", ".context/loop.md", "d/GEMINI.md"),
		{id: "CFG-24", what: "a pinned plugin is replaced", not: "ringwall installs no plugins"},
		{id: "CFG-25", what: "a predictable temporary path is planted", class: Escape, never: true, make: files(".ringwall-r1-0", "d/.ringwall-x"),
			paths: []string{".ringwall-r1-0", "d/.ringwall-x"}, by: []string{"TestPlantedTemporaryNamesAreNotFollowed"}},
		{id: "CFG-27", what: "the cap is edited or run around", by: []string{"TestNMeansN", "TestLimitRows"}},
	}
}

func gitRows() []row {
	return []row{
		held("GIT-01", "hooks", Guardrail, ".git/hooks/pre-commit", ".git/hooks/post-checkout", "sub/.git/hooks/pre-push", ".git/modules/lib/hooks/post-checkout", ".githooks/x", ".husky/pre-commit"),
		held("GIT-02", "configuration that names programs", Guardrail, ".git/config", ".git/config.worktree", ".git/info/attributes", "sub/.git/config", ".git/modules/a/b/config", ".gitconfig"),
		{id: "GIT-03", what: "ringwall runs git in the agent's tree", by: []string{"script git-not-run"}},
		held("GIT-06", "a worktree reaches the main repository", Guardrail, ".git/worktrees/w/commondir", ".git/worktrees/w/gitdir"),
		{id: "GIT-07", what: "a folder or worktree called .git, in any spelling", class: Guardrail, make: files(".git /x", ".Git/x", "GIT~1/x", "d/.git", ".git/worktrees/.git/commondir"),
			paths: []string{".git /x", ".Git/x", "GIT~1/x", "d/.git", ".git/worktrees/.git/commondir"}, by: []string{"TestBareRepositoryIsHeld"}},
		{id: "GIT-08", what: "git's variables", by: []string{"TestEnvironmentIsAnAllowlist"}},
		{id: "GIT-09", what: "attributes choose the host's filters", make: files(".gitattributes", "d/.gitattributes"), runs: []string{".gitattributes", "d/.gitattributes"}},
		held("GIT-10", "submodules", Guardrail, ".gitmodules", ".lfsconfig"),
		held("GIT-11", "the remote is changed", Guardrail, ".git/config"),
		held("GIT-12", "alternates and grafts", Guardrail, ".git/objects/info/alternates", ".git/objects/info/http-alternates", ".git/info/grafts"),
	}
}

func deferredRows() []row {
	return []row{
		{id: "HST-01", what: "programs that host tools find", make: func(w *world) {
			for _, p := range []string{"venv/bin/python", ".venv/bin/pip", "node_modules/.bin/jest", "gradlew", "bin/go", "deep/tool"} {
				w.write(p, "#!/bin/sh\n", 0o755)
			}
			w.symlink("../jest/cli.js", "node_modules/.bin/linked")
			files("Makefile", "conftest.py", "build.rs", "setup.py", "site/x.pth", "sub/Dockerfile")(w)
			w.write("package.json", `{"scripts": {"postinstall": "sh x"}}`, 0o644)
		}, runs: []string{"venv/bin/python", ".venv/bin/pip", "node_modules/.bin/jest", "gradlew", "bin/go", "deep/tool", "node_modules/.bin/linked",
			"Makefile", "conftest.py", "build.rs", "setup.py", "site/x.pth", "sub/Dockerfile", "package.json"}},
		{id: "HST-04", what: "a link to the host's secrets for a backup", class: Escape, make: func(w *world) {
			w.symlink("/etc/passwd", "notes")
			w.symlink("../../../../../../home", "d/home")
		}, paths: []string{"notes", "d/home"}},
		{id: "HST-05", what: "fifos, sockets, devices", class: Escape, never: true, make: func(w *world) { must(w.t, unix.Mkfifo(w.up("fifo"), 0o644)) },
			paths: []string{"fifo"}, by: []string{"TestSpecialFilesAreHeld"}},
		{id: "HST-07", what: "terminal escapes in names", class: Escape, make: files("a\x1b[2Jb", "d/\u009bx", "e\u202ex"), paths: []string{"a\x1b[2Jb", "d/\u009bx", "e\u202ex"}, by: []string{"TestNothingActs", "TestNamePrintsSafely"}},
		held("HST-08", "notes that instruct the next iteration", Guardrail, ".context/CONSTITUTION.md", "d/AGENTS.md"),
		{id: "HST-09", what: "a lock file with another registry", by: []string{"TestLockfileHosts", "script gates-findings"}},
		{id: "HST-10", what: "tests are deleted or weakened", by: []string{"TestWeakerTestsAreFound", "TestHonestChangesOfTests", "script gates-findings"}},
		{id: "HST-11", what: "a report that is parsed as code", by: []string{"FuzzReport", "TestNothingIsLoaded"}},
		{id: "HST-13", what: "the project is replaced by a link", by: []string{"TestProjectReplacedIsRefused", "TestUnpinnedProjectIsRefused"}},
	}
}

func fileRows() []row {
	link := func(target string, paths ...string) func(*world) {
		return func(w *world) {
			for _, p := range paths {
				w.symlink(target, p)
			}
		}
	}
	return []row{
		{id: "FS-05", what: "a link out", class: Escape, make: link("/etc", "out"), paths: []string{"out"}, by: []string{"TestEscapingLinksAreHeld"}},
		{id: "FS-06", what: "a helper follows a link", by: []string{"TestFileReplacedByLinkBetweenReadAndApply", "TestPlantedTemporaryNamesAreNotFollowed"}},
		{id: "FS-07", what: "a folder above a new file is a link", class: Escape, make: link("..", "d"), paths: []string{"d"}, by: []string{"TestFolderReplacedByLinkBetweenReadAndApply"}},
		{id: "FS-08", what: "a link that changes between check and use", by: []string{"TestFolderReplacedByLinkBetweenReadAndApply", "TestFileReplacedByLinkBetweenReadAndApply"}},
		{id: "FS-09", what: "a link that cannot be resolved", by: []string{"TestEscapingLinksAreHeld"}},
		{id: "FS-10", what: "a link's name hides where it leads", class: Escape, make: link("/root/.ssh/authorized_keys", "project_settings.json"), paths: []string{"project_settings.json"}},
		{id: "FS-28", what: "a set-ID bit", class: Escape, make: func(w *world) {
			w.write("suid", "x", 0o755)
			must(w.t, unix.Chmod(w.up("suid"), 0o4755))
		}, paths: []string{"suid"}},
		{id: "FS-33", what: "cleaning up follows links", by: []string{"TestDiscardStaysInside"}},
		held("FS-34", "names that hide what they are", Escape, "gpj.\u202eexe", "\u2066x", "not\xffutf8", "new\nline"),
		{id: "FS-35", what: "a tree too deep or too large", by: []string{"TestDeepTreeIsIncomplete", "TestTooManyEntriesIsIncomplete"}},
		{id: "FS-36", what: "a huge sparse file", class: Oversized, make: func(w *world) {
			w.write("huge", "x", 0o644)
			must(w.t, os.Truncate(w.up("huge"), DefaultMaxFile+1))
		}, paths: []string{"huge"}, by: []string{"TestOversizedIsHeld"}},
	}
}

func rows() []row {
	return slices.Concat(configurationRows(), gitRows(), deferredRows(), fileRows())
}

// gateWorld is one with the names that the gate really guards.
func gateWorld(t *testing.T, class Class, f Fate) *world {
	w := newWorld(t)
	for _, d := range []string{".git/hooks", ".git/info"} {
		must(t, os.MkdirAll(filepath.Join(w.project, d), 0o755))
	}
	w.o.Rules = Rules{GuardrailNames: agent.GuardrailNames(), Guardrails: []plan.Guardrail{{Path: "ringwall.toml", Present: true}}, Fates: map[string]Fate{}}
	if class != "" {
		w.o.Rules.Fates[string(class)] = f
	}
	return w
}

// there tells whether the agent's version of a path is in the project.
func (w *world) there(path string) bool {
	w.t.Helper()
	st, err := os.Lstat(filepath.Join(w.project, path))
	if err != nil || !st.Mode().IsRegular() {
		return err == nil
	}
	b, err := os.ReadFile(filepath.Join(w.project, path))
	return err != nil || !bytes.HasPrefix(b, []byte("original of "))
}

// TestGateRows makes each change three times: with the default it is held, with
// reject it is gone, and with apply it is in the project.
func TestGateRows(t *testing.T) {
	for _, r := range rows() {
		t.Run(r.id, func(t *testing.T) {
			for _, by := range r.by {
				t.Logf("shown by %s", by)
			}
			switch {
			case r.make != nil && len(r.paths) > 0:
				r.stops(t)
			case r.make != nil:
				r.reports(t)
			}
		})
	}
}

func (r row) stops(t *testing.T) {
	for _, f := range []Fate{"", ToReject, ToApply} {
		w := gateWorld(t, r.class, f)
		r.make(w)
		c := w.read()
		for _, p := range r.paths {
			if e := one(t, c, p); e.Class != r.class || e.Detail == "" || e.Applies() != (f == ToApply && !r.never) || e.Rejected() != (f == ToReject) {
				t.Errorf("%q: %q gives %s %s (%s)", p, f, e.Class, e.Fate, e.Detail)
			}
		}
		res := w.apply()
		for _, p := range r.paths {
			if got, want := w.there(p), f == ToApply && !r.never; got != want {
				t.Errorf("%q in the project: %v, with %q", p, got, f)
			}
		}
		if kept, rejected := len(res.Held) > 0, len(res.Rejected) > 0; kept != (f == "" || r.never && f == ToApply) || rejected != (f == ToReject) {
			t.Errorf("with %q: %d held, %d rejected", f, len(res.Held), len(res.Rejected))
		}
	}
}

// reports is for what is applied and named, unless the policy holds what runs on
// the host.
func (r row) reports(t *testing.T) {
	for _, f := range []Fate{"", ToHold} {
		w := gateWorld(t, RunsOnHost, f)
		r.make(w)
		c := w.read()
		for _, p := range r.runs {
			if e := one(t, c, p); e.Class != Ordinary || e.Runs == "" || e.Applies() != (f == "") {
				t.Errorf("%q: %q gives %s %s, runs %q", p, f, e.Class, e.Fate, e.Runs)
			}
		}
		w.apply()
		for _, p := range r.runs {
			if got := w.there(p); got != (f == "") {
				t.Errorf("%q in the project: %v, with %q", p, got, f)
			}
		}
	}
}

// TestDeletedGuardrails: a guardrail that was removed, alone or with its folder,
// stays; with the policy letting it pass it goes.
func TestDeletedGuardrails(t *testing.T) {
	for _, f := range []Fate{"", ToReject, ToApply} {
		w := gateWorld(t, Guardrail, f)
		w.whiteout("CLAUDE.md")
		w.whiteout("lib")
		w.whiteout(".git/config")
		w.whiteout("docs/x.md")
		c := w.read()
		for _, p := range []string{"CLAUDE.md", "lib", "lib/CLAUDE.md", ".git/config"} {
			if e := one(t, c, p); e.Applies() != (f == ToApply) || e.Action != Deleted {
				t.Errorf("%s: %q gives %+v", p, f, e)
			}
		}
		w.apply()
		for _, p := range []string{"CLAUDE.md", "lib/CLAUDE.md", ".git/config"} {
			if f == ToApply {
				w.has(p, "")
			} else {
				w.original(p)
			}
		}
		w.has("docs/x.md", "")
		w.has("lib/l.go", "")
	}
}

// TestGatesOnClasses: what is ordinary can be held too, and what is hidden or too
// large be let through.
func TestGatesOnClasses(t *testing.T) {
	for _, c := range []struct {
		class  Class
		gate   string
		path   string
		change func(*world)
	}{
		{Ordinary, "ordinary", "work.txt", files("work.txt")},
		{Ordinary, RunsOnHost, "Makefile", files("Makefile")},
		{Secret, "secret", "conf/.env", files("conf/.env")},
		{Oversized, "oversized", "big", func(w *world) { w.write("big", "12345678", 0o644) }},
	} {
		for _, f := range []Fate{ToApply, ToHold, ToReject} {
			w := gateWorld(t, Class(c.gate), f)
			w.o.Rules.Masks, w.o.Rules.MaxFile = []plan.Mask{{Path: "conf/.env"}}, 24
			if c.class == Oversized {
				w.o.Rules.MaxFile = 4
			}
			c.change(w)
			e := one(t, w.read(), c.path)
			if e.Class != c.class || e.Applies() != (f == ToApply) || e.Rejected() != (f == ToReject) {
				t.Errorf("%s %s: %+v", c.gate, f, e)
			}
			res := w.apply()
			if w.there(c.path) != (f == ToApply) || len(res.Held) != count(f == ToHold) || len(res.Rejected) != count(f == ToReject) {
				t.Errorf("%s %s: in the project %v, %+v", c.gate, f, w.there(c.path), res)
			}
			if kept, _ := filepath.Glob(filepath.Join(w.o.Dirs.Held, "0*")); len(kept) != count(f == ToHold) {
				t.Errorf("%s %s: kept %v", c.gate, f, kept)
			}
			if f == ToReject && c.class != Oversized && len(res.Rejected[0].SHA256) != 64 {
				t.Errorf("%s: the journal has no hash of what was rejected: %+v", c.gate, res.Rejected[0])
			}
		}
	}
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestMark: a finding about an entry holds it and the deletion of the folder
// that it lies in, and never lets one pass.
func TestMark(t *testing.T) {
	w := gateWorld(t, "", "")
	w.whiteout("docs")
	w.write("new/a", "x", 0o644)
	w.write("CLAUDE.md", "x", 0o644)
	c := w.read()
	if !c.Mark("docs/sub/y.md", ToHold, "because") || !c.Mark("new/a", ToReject, "because") || c.Mark("CLAUDE.md", ToApply, "no") ||
		c.Mark("CLAUDE.md", ToReject, "no") || c.Mark("not/there", ToHold, "") || c.Mark("new/a", ToHold, "again") || c.Mark("docs/x.md", ToApply, "") {
		t.Error("what was marked is not what was there and applied")
	}
	c.Agree()
	res, err := Apply(t.Context(), w.o, c, w)
	must(t, err)
	w.original("docs/sub/y.md")
	w.original("CLAUDE.md")
	w.has("docs/x.md", "")
	w.has("docs/sub/z.md", "")
	w.has("new", "")
	if len(res.Rejected) == 0 || res.Rejected[0].Detail == "" {
		t.Errorf("%+v", res)
	}
}

var testName = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)

// TestGateRowsAreComplete: each known way has one row, each row is more than
// words, and what it names as its proof is there.
func TestGateRowsAreComplete(t *testing.T) {
	found := map[string]bool{}
	err := filepath.WalkDir("../..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // a folder that cannot be read holds no sources
		}
		if name, ok := strings.CutSuffix(d.Name(), ".txtar"); ok {
			found["script "+name] = true
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		for _, m := range testName.FindAllStringSubmatch(string(text), -1) {
			found[m[1]] = true
		}
		return err
	})
	must(t, err)
	seen := map[string]int{}
	for _, r := range rows() {
		seen[r.id]++
		if r.what == "" || r.make == nil && len(r.by) == 0 && r.not == "" || r.make != nil && len(r.paths)+len(r.runs) == 0 {
			t.Errorf("%s is an empty row", r.id)
		}
		for _, by := range r.by {
			if !found[by] {
				t.Errorf("%s names %s, which is not there", r.id, by)
			}
		}
	}
	for _, id := range specified {
		if seen[id] != 1 {
			t.Errorf("%s has %d rows", id, seen[id])
		}
		delete(seen, id)
	}
	for id := range seen {
		t.Errorf("%s is not one of the known ways out", id)
	}
}
