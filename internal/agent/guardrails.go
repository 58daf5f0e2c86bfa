package agent

// CommonGuardrails is the union over all known tools, whichever one the policy
// chose, because tools read each other's files and a person may start another
// one later. What a project's own build runs (Makefile, package.json, ...) is
// the agent's work and is not listed.
func CommonGuardrails() []Path {
	var out []Path
	for _, group := range [][]Path{
		ringwallFiles(), instructionFiles(), agentFiles(),
		gitFiles(), editorFiles(), shellFiles(), ciFiles(), packageFiles(),
	} {
		out = append(out, group...)
	}
	return out
}

// rows makes one Path of each name; a name that ends in a slash is a folder.
func rows(reason string, names ...string) []Path {
	out := make([]Path, 0, len(names))
	for _, n := range names {
		p := Path{Path: n, Reason: reason}
		if last := len(n) - 1; n[last] == '/' {
			p.Path, p.Dir = n[:last], true
		}
		out = append(out, p)
	}
	return out
}

func ringwallFiles() []Path {
	policy := Path{Path: "ringwall.toml", IfAbsent: true, Reason: "ringwall's policy"}
	return append([]Path{policy}, rows("text that goes into every prompt",
		"CONSTITUTION.md", "AGENT_PLAYBOOK.md", "PROMPT.md", ".context/CONSTITUTION.md",
		".context/AGENT_PLAYBOOK*.md", ".context/loop.md")...)
}

func instructionFiles() []Path {
	return rows("instructions that an AI tool loads by itself",
		"CLAUDE.md", "CLAUDE.local.md", "AGENTS.md", "AGENTS.override.md", "AGENTS.local.md",
		"AGENT.md", "CONTEXT.md", "GEMINI.md", "QWEN.md", "CONVENTIONS.md", ".goosehints", ".cursorrules",
		".windsurfrules", ".clinerules*", ".roorules*", ".github/copilot-instructions.md",
		".github/instructions/", ".github/prompts/", "llms.txt")
}

func agentFiles() []Path {
	return append(rows("an AI tool's settings, hooks, skills or servers",
		".claude/", ".codex/", ".agents/", ".gemini/", ".qwen/", ".cursor/", ".opencode/", ".amp/",
		".cline/", ".roo/", ".windsurf/", ".continue/", ".kiro/", ".junie/", ".amazonq/",
		".github/copilot/", ".github/hooks/", ".github/skills/", ".github/agents/"),
		rows("an AI tool's configuration",
			".mcp.json", ".claude.json", ".worktreeinclude", "opencode.json", "opencode.jsonc", "tui.json",
			".roomodes", ".rooignore", ".rooprotected", ".clineignore", ".aider*", ".geminiignore",
			".github/mcp.json", ".github/lsp.json")...)
}

// gitFiles leaves .git itself to the agent, which has to commit. Files that
// git would misread when empty (commondir, gitdir: git dies on an empty one)
// are not frozen as absent; an iteration that makes one is caught afterwards.
func gitFiles() []Path {
	out := []Path{
		{Path: ".git/hooks", Dir: true, IfAbsent: true, Reason: "programs that git runs"},
		{Path: ".git/config", IfAbsent: true, Reason: "git configuration, which can name programs to run"},
		{Path: ".git/config.worktree", IfAbsent: true, Reason: "git configuration, which can name programs to run"},
		{Path: ".git/info/attributes", IfAbsent: true, Reason: "chooses the filters that git runs"},
	}
	out = append(out, rows("tells git where a repository lies",
		".git/commondir", ".git/gitdir", ".git/objects/info/alternates", ".git/info/grafts")...)
	return append(out, rows("git configuration of the project", ".gitmodules", ".gitconfig", ".lfsconfig")...)
}

func editorFiles() []Path {
	const reason = "an editor or debugger acts on it when the project is opened"
	return append(atTop(rows(reason,
		".vscode/", ".idea/", ".fleet/", ".zed/", ".devcontainer/", ".devcontainer.json", "*.code-workspace",
		".exrc", ".nvimrc", ".nvim.lua", ".vimrc", ".gdbinit", ".lldbinit", ".ripgreprc", "pyrightconfig.json")),
		rows(reason, ".dir-locals.el")...) // acts on every file below it
}

// atTop marks what acts at the top of what is opened or built, and only there.
func atTop(paths []Path) []Path {
	for i := range paths {
		paths[i].Top = true
	}
	return paths
}

func shellFiles() []Path {
	return rows("a shell or version manager runs it",
		".envrc", ".mise.toml", "mise.toml", ".tool-versions", ".bashrc", ".bash_profile", ".bash_login",
		".bash_aliases", ".bash_logout", ".profile", ".zshrc", ".zprofile", ".zshenv", ".zlogin", ".zlogout",
		".inputrc", ".tmux.conf")
}

func ciFiles() []Path {
	return atTop(append(rows("a CI service runs it",
		".github/workflows/", ".github/actions/", ".gitea/workflows/", ".forgejo/workflows/", ".gitlab-ci.yml",
		".circleci/", ".buildkite/", ".woodpecker/", ".woodpecker.y*ml", ".drone.yml", ".travis.yml",
		"Jenkinsfile", "azure-pipelines.yml", "bitbucket-pipelines.yml", "cloudbuild.y*ml"),
		rows("runs at a commit",
			".husky/", ".githooks/", "lefthook.y*ml", "lefthook.toml", "lefthook.json", ".lefthook*",
			".pre-commit-config.y*ml", ".pre-commit-hooks.yaml")...))
}

// packageFiles redirect or extend a package manager without being part of the
// build that the agent is asked to work on.
func packageFiles() []Path {
	return atTop(rows("makes a package manager or build tool load code or use another server",
		".npmrc", ".yarnrc", ".yarnrc.yml", ".yarn/plugins/", ".yarn/releases/", ".pnp.cjs", ".pnp.loader.mjs",
		".pnpmfile.cjs", "bunfig.toml", ".bunfig.toml", ".cargo/", ".mvn/", ".bazelrc", ".bazeliskrc",
		".bazelversion", ".pypirc", "gradle/wrapper/", "gradle/init.d/"))
}
