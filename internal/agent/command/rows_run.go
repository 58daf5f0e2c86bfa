package command

import (
	"slices"

	"ringwall/internal/agent"
)

// interpreters run the program that an argument, or a file that the agent can
// write, holds.
func interpreters() []row {
	shells := []string{"sh", "bash", "zsh", "dash", "ksh", "fish", "pwsh", "powershell"}
	languages := []string{
		"deno", "perl", "ruby", "php", "lua", "Rscript", "julia", "tclsh", "expect", "osascript",
		"groovy", "jshell", "scala", "elixir", "ghci", "irb", "tsx", "ts-node", "swift",
	}
	fed := append(append([]string{"python", "pypy", "node"}, shells...), languages...)
	return slices.Concat(
		group(bare, agent.Executes, "runs any text as a program", "bash scripts/test.sh", shells...),
		group(extended, agent.Executes, "runs the text that follows", "bash scripts/test.sh",
			"sh -c", "bash -c", "bash -lc", "zsh -c", "dash -c", "ksh -c", "fish -c", "pwsh -c", "powershell -Command"),
		group(bare, agent.Executes, "runs any text as a program", "python -m pytest", "python", "pypy", "python -m"),
		group(extended, agent.Executes, "runs the text that follows", "python -m pytest", "python -c"),
		group(bare, agent.Executes, "runs any text as a program", "node --test", "node"),
		group(bare, agent.Executes, "runs any text as a program", "", languages...),
		group(extended, agent.Executes, "runs the text that follows", "node --test",
			"node -e", "node --eval", "node -p"),
		group(extended, agent.Executes, "runs the text that follows", "", "perl -e", "perl -ne", "perl -pe", "ruby -e", "php -r", "deno eval"),
		group(fine, "", "", "", "node --test", "node --check", "node --version", "php -l", "ruby -c",
			"deno test", "deno lint", "deno fmt", "deno check", "swift test", "swift build"),
		group(piped, agent.Executes, "runs what the command before it writes", "", fed...),
		group(extended, agent.Executes, "runs the text that follows", "", "eval"),
		group(extended, agent.Executes, "runs the file that the next word names", "", "source", "."),
		group(bare, agent.Executes, "php artisan tinker runs any text", "php artisan test", "php artisan"),
	)
}

// editors have a command of their own language that starts a program.
func editors() []row {
	return slices.Concat(
		group(extended, agent.Executes, "an editor starts programs (:!sh)", "", "vi", "vim", "nvim", "view", "ex",
			"ed", "emacs", "nano"),
		group(extended, agent.Executes, "a script's e command starts a program, and w writes any file", "sed --sandbox", "sed"),
		group(fine, "", "", "", "sed --sandbox", "gawk --sandbox"),
		group(extended, agent.Executes, "a program's system() starts any other", "gawk --sandbox", "awk", "gawk", "mawk"),
		group(extended, agent.Executes, "-exec and -execdir start any program, -delete removes files", "", "find"),
		group(always, agent.Executes, "starts any program", "",
			"find ... -exec", "find ... -execdir", "find ... -ok", "fd ... -x", "fd ... -X", "fd ... --exec"),
		group(always, agent.Destroys, "removes all that it finds", "", "find ... -delete"),
		group(extended, agent.Executes, "--to-command and --checkpoint-action start any program", "", "tar"),
		group(always, agent.Executes, "starts any program", "", "tar ... --to-command", "tar ... --checkpoint-action",
			"tar ... --use-compress-program", "sort ... --compress-program"),
		group(extended, agent.Executes, "-e starts any program", "", "rsync", "scp", "sftp"),
		group(always, agent.Executes, "starts any program", "", "rsync ... -e", "rsync ... --rsh"),
		group(extended, agent.Executes, "a debugger starts and changes any program", "", "gdb", "lldb"),
		group(extended, agent.Executes, "its shell command starts any program", "", "sqlite", "psql", "mysql"),
	)
}

// machines run commands elsewhere or later, where no rule is asked.
func machines() []row {
	return slices.Concat(
		group(extended, agent.Executes, "runs any command on another machine, and here by ProxyCommand", "", "ssh"),
		group(always, agent.Executes, "starts any program here", "", "ssh ... -oProxyCommand", "ssh ... ProxyCommand"),
		group(extended, agent.Executes, "runs a command later, outside of this run", "", "crontab", "at", "batch",
			"systemd-run"),
		group(bare, agent.Executes, "starts and changes the machine's services", "systemctl status", "systemctl"),
		group(bare, agent.Executes, "becomes another account", "", "su"),
		group(bare, agent.Executes, "starts programs, and types into other terminals", "tmux ls", "tmux"),
		group(extended, agent.Executes, "starts programs, and types into other terminals", "tmux ls", "tmux send-keys", "tmux send",
			"tmux new", "tmux new-session", "tmux new-window", "tmux split-window", "tmux run-shell"),
		group(extended, agent.Executes, "types into another terminal", "screen -ls", "screen"),
		group(fine, "", "", "", "screen -ls"),
		group(bare, agent.Executes, "starts any recorded command", "", "script"),
	)
}
