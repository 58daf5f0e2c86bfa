package policy

import (
	"errors"
	"strings"
)

func validEnvName(s string) bool {
	const first = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
	return s != "" && len(s) <= 128 && strings.Contains(first, s[:1]) && strings.Trim(s, first+"0123456789") == ""
}

// checkEnvName refuses what is no name, and the variables that make a program
// run or load something else than it would: the agent's tools must not be
// steered by a project's policy, and a guardrail must not be passed by through
// the environment.
func checkEnvName(s string) error {
	if !validEnvName(s) {
		return errors.New(quote(s) + " is not a name of a variable: letters, digits and '_', no digit first")
	}
	if why := refusedEnv(s); why != "" {
		return errors.New(s + " " + why)
	}
	return nil
}

// refusedEnv is why a variable may not enter the sandbox; empty: it may.
func refusedEnv(s string) string {
	switch s {
	case "BASH_ENV", "ENV", "PROMPT_COMMAND", "SHELLOPTS", "BASHOPTS", "PS4":
		return "makes a shell run code of its own"
	case "NODE_OPTIONS", "PYTHONSTARTUP", "PYTHONPATH", "PYTHONHOME", "PERL5OPT", "PERL5LIB", "PERL5DB",
		"RUBYOPT", "RUBYLIB", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS":
		return "makes an interpreter load code that it would not load"
	case "GCONV_PATH", "GLIBC_TUNABLES":
		return "changes the C library of every program"
	}
	switch {
	case strings.HasPrefix(s, "LD_"), strings.HasPrefix(s, "DYLD_"):
		return "steers the dynamic loader of every program"
	case strings.HasPrefix(s, "GIT_"):
		return "can point git to other configuration and other programs"
	case strings.HasPrefix(s, "RINGWALL_"):
		return "is a name that ringwall keeps for itself"
	case strings.HasSuffix(strings.ToUpper(s), "_PROXY"):
		return "is set by ringwall: the gateway is the only way out"
	}
	return ""
}
