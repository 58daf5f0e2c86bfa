package command

import (
	"slices"
	"strings"

	"ringwall/internal/agent"
)

// wrapper is a program that starts the one that its arguments name.
type wrapper struct {
	name   string
	values string // its options that take the next word, with a space on both sides
	plain  int    // how many words it takes for itself before the program
	why    string // beside that it starts any program; usually empty
}

func wrappers() []wrapper {
	return []wrapper{
		{name: "env", values: " -u -C -S "}, {name: "nice", values: " -n "}, {name: "nohup"}, {name: "time"},
		{name: "timeout", values: " -k -s ", plain: 1}, {name: "stdbuf", values: " -i -o -e "},
		{name: "setsid"}, {name: "ionice", values: " -c -n "}, {name: "flock", values: " -w ", plain: 1},
		{name: "xargs", values: " -n -I -L -P -d -s -E "}, {name: "watch", values: " -n "},
		{name: "parallel", values: " -j "}, {name: "entr"}, {name: "strace", values: " -e -o -p "},
		{name: "ltrace", values: " -e -o -p "}, {name: "unshare"}, {name: "chroot", plain: 1}, {name: "nsenter"},
		{name: "busybox"}, {name: "command"}, {name: "builtin"}, {name: "exec"}, {name: "noglob"},
		{name: "sudo", values: " -u -g ", why: ", as root"}, {name: "doas", values: " -u ", why: ", as root"},
		{name: "npx", values: " -p --package "}, {name: "bunx"}, {name: "uvx"}, {name: "direnv exec", plain: 1},
		{name: "mise exec"}, {name: "uv run"}, {name: "poetry run"}, {name: "pipenv run"}, {name: "pdm run"},
		{name: "hatch run"}, {name: "conda run", values: " -n -p "}, {name: "bundle exec"}, {name: "npm exec"},
		{name: "pnpm exec"}, {name: "pnpm dlx"}, {name: "yarn exec"}, {name: "yarn dlx"}, {name: "pipx run"},
		{name: "devbox run"}, {name: "rustup run", plain: 1}, {name: "nix run"}, {name: "dotenv"},
	}
}

func wrapperOf(name string) (wrapper, bool) {
	all := allWrappers()
	i := slices.IndexFunc(all, func(w wrapper) bool { return w.name == name })
	if i < 0 {
		return wrapper{}, false
	}
	return all[i], true
}

// behind judges what a wrapper starts.
func behind(w wrapper, words []string, open, piped bool) (Danger, bool) {
	words = w.rest(words)
	if len(words) > 0 {
		return part(words, open, piped)
	}
	if !open {
		return Danger{}, false
	}
	return Danger{Problem: agent.Executes, Why: w.name + " starts any program that its arguments name" + w.why}, true
}

// rest is what follows the wrapper's own words.
func (w wrapper) rest(words []string) []string {
	for left := w.plain; len(words) > 0; words = words[1:] {
		switch first := words[0]; {
		case first == "--" && left == 0:
			return words[1:]
		case strings.Contains(w.values, " "+first+" ") && len(words) > 1:
			words = words[1:]
		case strings.HasPrefix(first, "-"):
		case left > 0:
			left--
		default:
			return words
		}
	}
	return nil
}

// assignments takes the variables away that stand before a command.
func assignments(words []string) ([]string, Danger, bool) {
	for len(words) > 0 {
		name, _, is := strings.Cut(words[0], "=")
		if !is || name == "" || strings.ContainsAny(name, "/-.") {
			break
		}
		if d, bad := variable(name); bad {
			return nil, d, true
		}
		words = words[1:]
	}
	return words, Danger{}, false
}

// variable judges one that is set for a command.
func variable(name string) (Danger, bool) {
	if strings.HasSuffix(name, "_BASE_URL") || strings.HasSuffix(strings.ToUpper(name), "_PROXY") {
		return Danger{Problem: agent.Redirects, Why: name + " sends calls, and the key in them, to another address"}, true
	}
	known := []string{
		"PATH", "LD_PRELOAD", "LD_LIBRARY_PATH", "BASH_ENV", "ENV", "PYTHONSTARTUP", "PYTHONPATH", "NODE_OPTIONS",
		"RUBYOPT", "PERL5OPT", "JAVA_TOOL_OPTIONS", "GIT_SSH_COMMAND", "GIT_EXTERNAL_DIFF", "GIT_EDITOR", "EDITOR",
		"VISUAL", "PAGER", "GIT_PAGER", "RUSTC_WRAPPER", "GOFLAGS",
	}
	if slices.Contains(known, name) || strings.HasPrefix(name, "GIT_CONFIG") {
		return Danger{Problem: agent.Executes, Why: name + " makes the program start another one"}, true
	}
	return Danger{}, false
}
