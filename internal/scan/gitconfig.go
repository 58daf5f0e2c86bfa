package scan

import (
	"strings"
)

var (
	// urlUser is what stands before the host in a URL.
	urlUser = lazy(`(?i)\b(https?|ssh|git|ftps?|[a-z0-9]+\+https?)://([^/\s"'<>]+)@`)
	// gitSecret are settings that hold a secret by themselves.
	gitSecret = lazy(`(?i)^\s*(?:extraheader\s*=.*\b(?:authorization|private-token|cookie)\b|(?:password|token|oauthtoken|smtppass|pass)\s*=|helper\s*=.*(?:password|token)=)`)
)

// Hidden is what stands in the place of a line that held a secret.
const Hidden = "ringwall: a secret was taken out here"

// RedactGit is a git configuration without the credentials in it: those of URLs
// are cut out, other settings that hold one become a comment. changed tells
// whether there was any.
func RedactGit(text string) (shown string, changed bool) {
	var b strings.Builder
	dropping := false
	for line := range strings.Lines(text) {
		goesOn := strings.HasSuffix(strings.TrimRight(line, "\r\n"), "\\")
		switch {
		case dropping:
			dropping = goesOn
		case gitSecret().MatchString(line):
			b.WriteString("\t# " + Hidden + "\n")
			changed, dropping = true, goesOn
		default:
			kept := withoutUsers(line)
			changed = changed || kept != line
			b.WriteString(kept)
		}
	}
	return b.String(), changed
}

// withoutUsers cuts the credentials out of the URLs of a line. A plain user's
// name is none.
func withoutUsers(line string) string {
	if !strings.Contains(line, "://") {
		return line
	}
	return urlUser().ReplaceAllStringFunc(line, func(m string) string {
		parts := urlUser().FindStringSubmatch(m)
		if !isCredential(parts[1], parts[2]) {
			return m
		}
		return parts[1] + "://"
	})
}

var longWord = lazy(`^[A-Za-z0-9_.~%-]{20,}$`)

func isCredential(scheme, user string) bool {
	if strings.Contains(user, "$") {
		return false // a variable
	}
	return strings.Contains(user, ":") || strings.Contains(strings.ToLower(scheme), "http") && longWord().MatchString(user)
}
