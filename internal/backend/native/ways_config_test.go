package native

import (
	"os"
	"path/filepath"
	"testing"

	"ringwall/internal/backend/backendtest"
	"ringwall/internal/kernel/launch"
	"ringwall/internal/plan"
)

// guardrailNames are names that an agent or a tool of the host loads by itself.
var guardrailNames = []string{".claude/settings.json", ".mcp.json", "CLAUDE.md", "AGENTS.md", ".codex/config.toml", ".cursor/mcp.json",
	".gemini/settings.json", ".vscode/tasks.json", ".github/workflows/ci.yml", ".envrc", ".pre-commit-config.yaml", ".git/hooks/pre-commit"}

var waysOfConfiguration = []wayOut{
	{id: "CFG-01", try: func(_ *testing.T, b *backendtest.Box) ([]attempt, control) {
		var all []attempt
		for _, n := range guardrailNames {
			if filepath.Dir(n) == "." {
				rail(b, plan.Guardrail{Path: n})
				all = append(all, attempt{what: "create:" + n, errno: "EEXIST"}, attempt{what: "symlink:x|" + n, errno: "EEXIST"})
			}
		}
		return all, leaveOut("the freeze of what is absent", without(launch.Absent, launch.Between))
	}, shown: []string{"TestGuardrails", "TestAbsentLeavesNothing", "TestJudge", "TestStubsAreNoChange"}},
	{id: "CFG-02", try: func(_ *testing.T, b *backendtest.Box) ([]attempt, control) {
		var all []attempt
		for _, dir := range []string{".claude", ".codex", ".cursor", ".gemini", ".vscode", ".github"} {
			rail(b, plan.Guardrail{Path: dir, Dir: true})
			all = append(all, attempt{what: "mkdir:" + dir, errno: "EEXIST"}, attempt{what: "symlink:x|" + dir, errno: "EEXIST"},
				attempt{what: "create:" + dir + "/settings.json", errno: "EROFS", free: "ENOENT"}) // the folder has to be made first
		}
		return all, leaveOut("the freeze of what is absent", without(launch.Absent, launch.Between))
	}},
	{id: "CFG-03", try: func(_ *testing.T, b *backendtest.Box) ([]attempt, control) {
		b.File("CLAUDE.md", "be good\n")
		b.File("mine", "mine\n")
		rail(b, plan.Guardrail{Path: "CLAUDE.md", Present: true})
		return append(append(each("EROFS", "write:CLAUDE.md", "trunc:CLAUDE.md", "truncate:CLAUDE.md", "chmod:CLAUDE.md", "utimes:CLAUDE.md", "setxattr:CLAUDE.md"),
			each("EBUSY", "unlink:CLAUDE.md", "rename:CLAUDE.md|aside", "rename:mine|CLAUDE.md", "exchange:mine|CLAUDE.md")...),
			each("EXDEV", "link:CLAUDE.md|second")...), leaveOut("the freeze", without(launch.Freeze))
	}},
	{id: "CFG-05", try: func(_ *testing.T, b *backendtest.Box) ([]attempt, control) {
		parent := filepath.Dir(b.Project)
		// The project lies in /tmp here, so that the folders above it could be
		// moved aside, with the project in them.
		return each("EBUSY", "rename:"+parent+"|"+parent+"-aside"), leaveOut("the pins", without(launch.Pin))
	}, also: projectIsNotSwapped},
	{id: "CFG-06", try: func(t *testing.T, b *backendtest.Box) ([]attempt, control) {
		// The link stays, and so does what it leads to, under both names.
		b.File("shared/config.toml", "a = 1\n")
		b.File("mine", "mine\n")
		symlink(t, "shared", b.Project+"/.codex")
		rail(b, plan.Guardrail{Path: ".codex", Present: true, Link: true})
		rail(b, plan.Guardrail{Path: "shared", Dir: true, Present: true})
		return append(append(each("EBUSY", "unlink:.codex", "rename:.codex|aside", "rename:mine|.codex", "exchange:mine|.codex"),
			each("EROFS", "write:.codex/config.toml", "create:.codex/hooks.json", "write:shared/config.toml", "unlink:shared/config.toml")...),
			attempt{what: "rename:shared|aside", errno: "EBUSY", free: "EXDEV"}), leaveOut("the freeze", without(launch.Freeze))
	}, also: absentIsNotLinked, shown: []string{"TestGuardrailsBehindLinks", "TestGuardrailThatCannotBeFrozen", "TestLinksInFrozenFolders"}},
	{id: "CFG-10", try: func(_ *testing.T, b *backendtest.Box) ([]attempt, control) {
		const deep = "a/b/c/d/e/f/g"
		b.File(deep+"/.git/config", "[core]\n")
		b.File(deep+"/.git/hooks/x", "")
		b.File(deep+"/.vscode/tasks.json", "{}")
		rail(b, plan.Guardrail{Path: deep + "/.git/config", Present: true})
		rail(b, plan.Guardrail{Path: deep + "/.git/hooks", Dir: true, Present: true})
		rail(b, plan.Guardrail{Path: deep + "/.vscode", Dir: true, Present: true})
		return append(each("EROFS", "write:"+deep+"/.git/config", "create:"+deep+"/.git/hooks/pre-commit", "write:"+deep+"/.vscode/tasks.json", "create:"+deep+"/.vscode/settings.json"),
				// Without the mounts it is the overlay that does not move folders of
				// the project, and a program then copies them.
				attempt{what: "rename:a/b/c|a/b/x", errno: "EBUSY", free: "EXDEV"}, attempt{what: "rename:" + deep + "/.git|" + deep + "/g", errno: "EBUSY", free: "EXDEV"}),
			leaveOut("freeze and pins", without(launch.Freeze, launch.Pin))
	}, shown: []string{"TestGuardrails", "TestGuardrailsInDeepFolders", "TestNestedRepositories", "TestJudgeGit", "TestIncompleteIsSaid"}},
	{id: "CFG-08", shown: []string{"TestFoldMeetsSpellings", "TestMemoryThatIsNone", "TestFreeze", "TestParseGolden", "TestSecretName"}},
	{id: "CFG-15", try: func(_ *testing.T, b *backendtest.Box) ([]attempt, control) {
		b.File("lib/.git/commondir", "../x\n")
		b.File("sub/.git", "gitdir: ../.git/modules/sub\n")
		b.File("sub/mine", "gitdir: /tmp/evil\n")
		rail(b, plan.Guardrail{Path: "lib/.git/commondir", Present: true})
		rail(b, plan.Guardrail{Path: "sub/.git", Present: true})
		return append(each("EROFS", "write:lib/.git/commondir", "write:sub/.git"),
			each("EBUSY", "unlink:lib/.git/commondir", "unlink:sub/.git", "rename:sub/mine|sub/.git")...), leaveOut("the freeze", without(launch.Freeze))
	}, shown: []string{"TestLinkedRepository", "TestNestedRepositories", "TestJudgeGit"}},
	{id: "CFG-22", try: func(_ *testing.T, b *backendtest.Box) ([]attempt, control) {
		b.File("notes/CONSTITUTION.md", "rules\n")
		b.File("notes/TASKS.md", "one\n")
		rail(b, plan.Guardrail{Path: "notes", Dir: true, Present: true, Around: true})
		rail(b, plan.Guardrail{Path: "notes/CONSTITUTION.md", Present: true})
		return []attempt{{what: "write:notes/CONSTITUTION.md", errno: "EROFS"}, {what: "rename:notes/TASKS.md|notes/CONSTITUTION.md", errno: "EBUSY"},
			{what: "rename:notes|aside", errno: "EBUSY", free: "EXDEV"}}, leaveOut("freeze and pins", without(launch.Freeze, launch.Pin))
	}, also: memoryIsWritable, shown: []string{"TestMemory", "TestMemoryThatIsNone", "TestMemoryFreesNothingOfTheMachines", "TestMemoryAtTheGate"}},
}

// memoryIsWritable: beside what is frozen in the same folder, in place and by a
// rename.
func memoryIsWritable(t *testing.T, tg backendtest.Target) {
	b := backendtest.NewBox(t, tg)
	b.File("notes/CONSTITUTION.md", "rules\n")
	b.File("notes/TASKS.md", "one\n")
	rail(b, plan.Guardrail{Path: "notes", Dir: true, Present: true, Around: true})
	rail(b, plan.Guardrail{Path: "notes/CONSTITUTION.md", Present: true})
	b.Expect(b.Attack("write:notes/TASKS.md", "create:notes/t", "rename:notes/t|notes/TASKS.md", "write:notes/CONSTITUTION.md"),
		map[string]string{"write:notes/TASKS.md": "ok", "create:notes/t": "ok", "rename:notes/t|notes/TASKS.md": "ok", "write:notes/CONSTITUTION.md": "EROFS"})
}

// absentIsNotLinked: where no file is, no link can be planted either.
func absentIsNotLinked(t *testing.T, tg backendtest.Target) {
	for what, errno := range map[string]string{"symlink:elsewhere|.codex": "EEXIST", "symlink:elsewhere|.other": "ok"} {
		b := backendtest.NewBox(t, tg)
		rail(b, plan.Guardrail{Path: ".codex", Dir: true})
		b.Expect(b.Attack(what), map[string]string{what: errno})
	}
}

// projectIsNotSwapped: the folder itself is a mount, as no plan can change; an
// ordinary folder beside it can be renamed.
func projectIsNotSwapped(t *testing.T, tg backendtest.Target) {
	b := backendtest.NewBox(t, tg)
	copied := b.Project + "2"
	b.Expect(b.Attack("mkdir:"+copied, "create:"+copied+"/CLAUDE.md", "exchange:"+copied+"|"+b.Project, "rename:"+b.Project+"|"+b.Project+"3", "rename:"+copied+"|"+b.Project+"4"),
		map[string]string{"mkdir:" + copied: "ok", "exchange:" + copied + "|" + b.Project: "EBUSY",
			"rename:" + b.Project + "|" + b.Project + "3": "EBUSY", "rename:" + copied + "|" + b.Project + "4": "ok"})
}

// Programs are not refused by their names. One that is not in the view cannot
// be run, under any name.
var waysOfCommands = []wayOut{
	{id: "CMD-09", try: func(t *testing.T, b *backendtest.Box) ([]attempt, control) {
		tool := hiddenProgram(t)
		symlink(t, tool, b.Project+"/alias")
		return each("ENOENT", "runs:"+tool, "runs:/proc/self/root"+tool, "runs:/usr/bin/../.."+tool, "runs:"+b.Project+"/alias"), shown(filepath.Dir(tool))
	}},
	{id: "CMD-10", try: func(t *testing.T, _ *backendtest.Box) ([]attempt, control) {
		loader := ""
		for _, l := range []string{"/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"} {
			if _, err := os.Stat(l); err == nil {
				loader = l
			}
		}
		if loader == "" {
			t.Skip("needs the loader of the GNU C library")
		}
		tool := hiddenProgram(t)
		return each("ENOEXEC", "runs:"+loader+"|"+tool), shown(filepath.Dir(tool))
	}},
	{id: "CMD-11", try: func(t *testing.T, _ *backendtest.Box) ([]attempt, control) {
		dir := outside(t)
		write(t, dir+"/script", "#!/bin/sh\nexit 0\n")
		chmod(t, dir+"/script", 0o755)
		return append(each("ENOEXEC", "runs:/bin/sh|"+dir+"/script", "runs:/bin/sh|-c|. "+dir+"/script"), each("ENOENT", "runs:"+dir+"/script")...), shown(dir)
	}},
}

// hiddenProgram is one that is not in the view.
func hiddenProgram(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("/bin/true")
	if err != nil {
		t.Fatal(err)
	}
	tool := outside(t) + "/denied"
	write(t, tool, string(data))
	chmod(t, tool, 0o755)
	return tool
}

var waysOfGit = []wayOut{
	{id: "GIT-01", try: func(_ *testing.T, b *backendtest.Box) ([]attempt, control) {
		b.File(".git/HEAD", "ref: refs/heads/main\n")
		b.File(".git/hooks/pre-commit.sample", "")
		b.File(".git/config", "[core]\n")
		rail(b, plan.Guardrail{Path: ".git/hooks", Dir: true, Present: true})
		rail(b, plan.Guardrail{Path: ".git/config", Present: true})
		return append(each("EROFS", "create:.git/hooks/pre-commit", "symlink:/tmp/x|.git/hooks/post-checkout", "rename:.git/hooks/pre-commit.sample|.git/hooks/pre-commit",
				"write:.git/config", "chmod:.git/hooks/pre-commit.sample"),
				attempt{what: "rename:.git|git", errno: "EBUSY", free: "EXDEV"}, attempt{what: "rename:.git/hooks|.git/h", errno: "EBUSY", free: "EXDEV"}),
			leaveOut("freeze and pins", without(launch.Freeze, launch.Pin))
	}, shown: []string{"TestJudgeGit"}},
	{id: "GIT-02", try: func(_ *testing.T, b *backendtest.Box) ([]attempt, control) {
		for _, repo := range []string{".git", ".git/modules/sub", "lib/.git"} {
			b.File(repo+"/config", "[core]\n")
			b.File(repo+"/info/attributes", "")
			rail(b, plan.Guardrail{Path: repo + "/config", Present: true})
			rail(b, plan.Guardrail{Path: repo + "/info/attributes", Present: true})
		}
		return append(each("EROFS", "write:.git/config", "write:.git/modules/sub/config", "write:lib/.git/config", "write:lib/.git/info/attributes"),
			attempt{what: "rename:.git/modules/sub|.git/modules/s", errno: "EBUSY", free: "EXDEV"},
			attempt{what: "rename:lib/.git/info|lib/.git/i", errno: "EBUSY", free: "EXDEV"}), leaveOut("freeze and pins", without(launch.Freeze, launch.Pin))
	}, shown: []string{"TestNestedRepositories", "TestGuardrailsThatGitsConfigurationNames", "TestJudgeGit"}},
	{id: "GIT-06", try: func(t *testing.T, b *backendtest.Box) ([]attempt, control) {
		repo := outside(t)
		write(t, repo+"/config", "[core]\n")
		chmod(t, repo+"/config", 0o666)
		b.Show(repo, repo, false)
		return each("EROFS EACCES", "write:"+repo+"/config", "create:"+repo+"/index.lock"), control{name: "its being read-only", plan: func(b *backendtest.Box) {
			b.Drop("isolation.view:" + repo)
			b.Show(repo, repo, true)
			b.Drop("isolation.landlock")
		}}
	}, shown: []string{"TestLinkedRepository", "TestWorktreesOfTheProject"}},
	{id: "GIT-07", shown: []string{"TestJudgeGit", "TestJudge", "TestWorktreesOfTheProject"}},
	{id: "GIT-09", shown: []string{"TestJudge", "TestGuardrails"}},
	{id: "GIT-10", shown: []string{"TestJudge", "TestNestedRepositories"}},
	{id: "GIT-11", shown: []string{"TestGitCredentials", "TestCommonCredentials", "TestRedactGit"}},
	{id: "GIT-12", shown: []string{"TestNestedRepositories", "TestJudgeGit"}},
	{id: "GIT-08", try: func(t *testing.T, _ *backendtest.Box) ([]attempt, control) {
		return absentVariables(t, "GIT_SSH_COMMAND", "GIT_EXTERNAL_DIFF", "GIT_DIR", "GIT_WORK_TREE", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_COUNT", "GIT_ASKPASS",
			"GIT_PAGER", "GIT_PROXY_COMMAND", "GIT_TEMPLATE_DIR", "GIT_EXEC_PATH", "GIT_ALTERNATE_OBJECT_DIRECTORIES")
	}, shown: []string{"TestEnvironmentIsAnAllowlist"}},
}
