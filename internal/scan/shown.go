package scan

import (
	"path"
	"regexp"
	"strings"
)

// maxShown bounds a file that is shown without its secrets, in bytes.
const maxShown = 64 << 10

// Shown is what stands in the place of a file with a secret: the file itself
// without it (part), where programs need the rest of it, and else a note in the
// file's own syntax. An empty text stands for a plain note.
func Shown(name, reason string, content []byte) (text string, part bool) {
	if len(content) <= maxShown {
		if kept, ok := redact(name, string(content)); ok && !SecretContent(name, []byte(kept)) && TokenKind([]byte(kept)) == "" {
			return kept, true
		}
	}
	return note(name, reason, content), false
}

// Partly tells whether a file of that name can be shown without its secrets.
func Partly(name string) bool {
	_, can := redact(name, "")
	return can
}

// redact takes the lines with a secret out; false for a kind of file in which
// they cannot be told.
func redact(name, text string) (string, bool) {
	var line *regexp.Regexp
	sign := "# "
	switch strings.ToLower(path.Base(name)) {
	case ".npmrc", ".yarnrc":
		line, sign = npmToken(), "; "
	case "pip.conf", "pip.ini", ".pypirc":
		line = pypiValue()
	case "gradle.properties":
		line = propertyKey()
	case ".yarnrc.yml":
		line = yarnToken()
	case ".gitmodules", ".gitconfig":
		return RedactGit(text)
	default:
		return "", false
	}
	var b strings.Builder
	for l := range strings.Lines(text) {
		if line.MatchString(l) {
			l = sign + Hidden + "\n"
		}
		b.WriteString(withoutUsers(l))
	}
	return b.String(), true
}

// note says that the whole file is hidden, in the syntax that programs expect
// in it.
func note(name, reason string, content []byte) string {
	said := "ringwall: the content of this file is hidden from the agent (" + reason + ")."
	switch path.Ext(strings.ToLower(path.Base(name))) {
	case ".json", ".tfstate", ".dockercfg", ".dockerconfigjson":
		return `{"//": "` + said + "\"}\n"
	case ".xml", ".config":
		if root := xmlRoot().FindSubmatch(content); root != nil {
			return "<?xml version=\"1.0\"?>\n<!-- " + said + " -->\n<" + string(root[1]) + "/>\n"
		}
	}
	return ""
}

var xmlRoot = lazy(`(?:^|>)\s*<([A-Za-z][A-Za-z0-9_.-]*)[\s>/]`)
