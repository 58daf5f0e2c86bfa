package command

import (
	"slices"

	"ringwall/internal/agent"
)

// versions are version control, whose configuration names programs to start.
func versions() []row {
	return slices.Concat(
		group(bare, agent.Executes, "git -c, an alias or a hook starts any program", "git status", "git"),
		group(always, agent.Executes, "a setting such as core.pager or alias.x names a program to start", "git status",
			"git -c", "git --config-env", "git --exec-path"),
		group(extended, agent.Executes, "a setting such as core.hooksPath names a program to start", "git config --get", "git config"),
		group(fine, "", "", "", "git config --get", "git config --list", "git config -l", "git config get", "git config list"),
		group(always, agent.Executes, "starts any program", "", "git rebase ... --exec", "git rebase ... -x", "git bisect run",
			"git submodule foreach", "git filter-branch", "git ... --upload-pack", "git ... --receive-pack",
			"git difftool ... -x", "git difftool ... --extcmd"),
		group(extended, agent.Redirects, "changes where the project is fetched from and pushed to", "git remote -v",
			"git remote add", "git remote set-url"),
		group(bare, agent.Redirects, "git remote set-url changes where the project is pushed to", "git remote -v", "git remote"),
		group(fine, "", "", "", "git remote -v", "git remote --verbose"),
		group(bare, agent.Executes, "an alias or an extension starts any program", "gh pr view", "gh", "gh alias", "gh extension"),
		group(extended, agent.TooBroad, "does anything that the token may", "gh pr view", "gh api"),
	)
}

// losses cannot be undone.
func losses() []row {
	return slices.Concat(
		group(extended, agent.Destroys, "removes any file: name the folder, and let nothing follow", "", "rm"),
		group(always, agent.Destroys, "removes everything", "", "rm ... /", "rm ... ~", "rm ... ~/", "rm ... $HOME", "rm ... /*"),
		group(always, agent.Destroys, "replaces what others pushed", "git push", "git push ... --force", "git push ... -f",
			"git push ... --mirror", "git push ... --delete"),
		group(always, agent.Destroys, "drops changes that are nowhere else", "git stash", "git reset ... --hard",
			"git checkout .", "git checkout -- .", "git stash drop", "git stash clear", "git branch ... -D"),
		group(extended, agent.Destroys, "removes files that are nowhere else", "git clean -n", "git clean"),
		group(fine, "", "", "", "git clean -n", "git clean --dry-run"),
		group(always, agent.Destroys, "removes files that are nowhere else", "git clean -n", "git clean -f", "git clean -fd",
			"git clean -fdx", "git clean -xdf", "git clean --force"),
		group(extended, agent.Destroys, "overwrites any file or disk", "", "dd", "shred", "mkfs", "mkfs.ext", "truncate", "wipefs"),
		group(bare, agent.Destroys, "removes what it built", "terraform plan", "terraform", "tofu"),
		group(always, agent.Destroys, "removes what it built", "terraform plan", "terraform destroy", "tofu destroy",
			"terraform apply ... -auto-approve", "tofu apply ... -auto-approve", "terraform apply ... --auto-approve"),
		group(always, agent.Destroys, "removes what others may use", "", "docker system prune", "docker volume rm",
			"docker volume prune", "kubectl delete", "gh repo delete", "dropdb", "helm uninstall"),
		group(always, agent.Destroys, "what is published cannot be taken back", "npm pack", "npm publish", "pnpm publish",
			"yarn publish", "yarn npm publish"),
		group(always, agent.Destroys, "what is published cannot be taken back", "cargo package", "cargo publish"),
		group(always, agent.Destroys, "what is published cannot be taken back", "", "twine upload", "gem push", "uv publish",
			"poetry publish"),
	)
}

// senders reach any host with any file.
func senders() []row {
	return slices.Concat(
		group(bare, agent.TooBroad, "sends any file to any host, and fetches programs", "", "curl", "wget", "http", "https", "aria2c"),
		group(extended, agent.TooBroad, "sends anything to any host", "", "nc", "ncat", "netcat", "socat", "telnet", "ftp"),
		group(bare, agent.TooBroad, "does anything that the account may", "aws s3 ls", "aws"),
		group(bare, agent.TooBroad, "does anything that the account may", "gcloud info", "gcloud", "az"),
		group(extended, agent.Redirects, "sets variables that send calls elsewhere or start programs", "", "export"),
	)
}

// agents start again, or change what they may.
func agents() []row {
	return slices.Concat(
		group(extended, agent.Widens, "starts an agent with permissions of its own choice", "", "claude", "codex", "gemini",
			"opencode", "copilot", "cursor-agent", "qwen", "goose", "aider", "amp", "cline"),
		group(fine, "", "", "", "claude --version", "codex --version", "gemini --version", "opencode --version",
			"copilot --version", "ringwall why", "ringwall plan", "ringwall scan", "ringwall version"),
		group(extended, agent.Widens, "changes what its own policy allows", "ringwall why", "ringwall"),
		group(always, agent.Widens, "lets every account change the file", "", "chmod 777", "chmod ... 777",
			"chmod a+w", "chmod ... a+w", "chmod o+w"),
	)
}
