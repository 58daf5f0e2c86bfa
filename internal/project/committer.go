package project

import (
	"path/filepath"
	"strings"
	"unicode"
)

// Committer is the name under which the owner commits. The agent's commits bear
// it too, since the owner's configuration is not in the sandbox's view.
type Committer struct{ Name, Email string }

// committer reads it from the owner's own configuration of git, as data: what
// that includes or runs does not count.
func committer(opts Options) Committer {
	var c Committer
	for _, path := range gitConfigs(opts) {
		text, err := readOwn(path)
		if err != nil {
			continue
		}
		eachSetting(string(text), func(section, key, value string) {
			switch {
			case section != "user" || strings.ContainsFunc(value, unfitForConfig):
			case key == "name":
				c.Name = value
			case key == "email":
				c.Email = value
			}
		})
	}
	return c
}

// gitConfigs lists the owner's configuration files, the one that wins last.
func gitConfigs(opts Options) []string {
	if opts.Home == "" {
		return nil
	}
	xdg := opts.Env("XDG_CONFIG_HOME")
	if !filepath.IsAbs(xdg) {
		xdg = filepath.Join(opts.Home, ".config")
	}
	return []string{filepath.Join(xdg, "git", "config"), filepath.Join(opts.Home, ".gitconfig")}
}

// unfitForConfig are characters that could end a value and begin something
// else.
func unfitForConfig(r rune) bool {
	return unicode.IsControl(r) || strings.ContainsRune(`"\\;#`, r)
}
