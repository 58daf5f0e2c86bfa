package gate

import (
	"fmt"
	"path"
	"sync"

	"ringwall/internal/scan"
)

// secrets looks for secrets that a text has now and none of the changed files
// had before. The secret itself is never in the finding.
func secrets(changes []Change) []Finding {
	var out []Finding
	var skipped []string
	looked, files := int64(0), 0
	gone := sync.OnceValue(func() []scan.Token { return goneTokens(changes) })
	for _, c := range changes {
		if c.New == nil || installed(c.Path) {
			continue
		}
		if what := secretName(c); what != "" {
			out = append(out, secret(c, what))
			continue
		}
		if files++; files > maxFiles || looked+c.Size > maxLooked {
			skipped = append(skipped, c.Path)
			continue
		}
		looked += c.Size
		content, ok := read(c.New, maxLooked)
		if !ok {
			skipped = append(skipped, c.Path)
			continue
		}
		if found := scan.Tokens(content); len(found) > 0 {
			if fresh := without(without(found, oldTokens(c)), gone()); len(fresh) > 0 {
				out = append(out, secret(c, fmt.Sprintf("%s in line %d", fresh[0].Kind, fresh[0].Line)))
			}
		}
	}
	for _, f := range unread(SecretsAdded, skipped) {
		f.Partial = true
		out = append(out, f)
	}
	return out
}

func secret(c Change, what string) Finding {
	return Finding{Gate: SecretsAdded, What: c.Path + ": " + what, Paths: []string{c.Path}}
}

// secretName judges a new file by its name. Environment files are judged by what
// is in them: many hold nothing that is secret.
func secretName(c Change) string {
	if c.Action != Added || c.Size == 0 {
		return ""
	}
	verdict, reason := scan.SecretName(path.Base(c.Path))
	if verdict != scan.Secret || reason == "environment file" {
		return ""
	}
	return "by its name a " + reason
}

// oldTokens are the secrets of the file as it was.
func oldTokens(c Change) []scan.Token {
	content, ok := read(c.Old, maxLooked)
	if !ok {
		return nil
	}
	return scan.Tokens(content)
}

// goneTokens are the secrets of files that are gone: one that was only moved is
// not new. The project's own are no fewer than what is read of them.
func goneTokens(changes []Change) []scan.Token {
	var out []scan.Token
	looked, files := int64(0), 0
	for _, c := range changes {
		if c.Action != Deleted || c.Size > maxSource || installed(c.Path) {
			continue
		}
		if files++; files > maxFiles || looked+c.Size > maxLooked {
			break
		}
		looked += c.Size
		out = append(out, oldTokens(c)...)
	}
	return out
}

// without are the tokens of a that are not in b.
func without(a, b []scan.Token) []scan.Token {
	var out []scan.Token
next:
	for _, t := range a {
		for _, o := range b {
			if t.Same(o) {
				continue next
			}
		}
		out = append(out, t)
	}
	return out
}
