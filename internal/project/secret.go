package project

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"ringwall/internal/scan"
)

// maxSecrets bounds the files that are hidden: each is a mount. maxShown bounds
// what stands in their place, in bytes: it is memory. Beyond, a note does.
const (
	maxSecrets = 2000
	maxShown   = 4 << 20
)

// list is what was found, sorted by path.
func (f *finder) list() []Secret {
	out := make([]Secret, 0, len(f.secrets))
	for _, s := range f.secrets {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Secret) int { return strings.Compare(a.Path, b.Path) })
	left := maxShown
	for i := range out {
		if left -= len(out[i].Shown); left < 0 {
			out[i].Shown, out[i].Part = "", false
		}
	}
	return out
}

// secret says why a file is hidden, with no reason where it is not: by the name
// under which it was found, which a link may have given it, and by its content.
func (f *finder) secret(w *walker, at *here, name, file string) (Secret, error) {
	for _, s := range f.hide {
		if s.Match(name) {
			return f.shown(Secret{Path: file, Reason: "the policy hides " + s.text, Asked: s.text}), nil
		}
	}
	verdict, reason := scan.SecretName(name)
	if verdict == scan.Secret {
		return f.shown(Secret{Path: file, Reason: reason}), nil
	}
	if name == file && w.known(at) {
		return Secret{}, nil
	}
	content, stamp, err := f.content(at, name, file)
	switch {
	case verdict == scan.Look && err != nil && !errors.Is(err, errTooLarge):
		return Secret{Path: file, Reason: reason + " (not readable, so not known to be none)"}, nil
	case verdict == scan.Look && scan.SecretContent(name, content):
	case verdict == scan.Ordinary && err == nil && len(content) <= scan.MaxTokens && scan.TokenKind(content) != "":
		reason = scan.TokenKind(content)
	default:
		if err == nil {
			w.clean(at, stamp)
		}
		return Secret{}, nil
	}
	s := Secret{Path: file, Reason: reason}
	s.Shown, s.Part = scan.Shown(name, reason, content)
	return s, nil
}

// content reads a file that the walk is at, with its stamp, or one that a link
// there leads to, which has none.
func (f *finder) content(at *here, name, file string) ([]byte, stamp, error) {
	if name != file {
		content, err := f.in.read(file, scan.MaxContent)
		return content, stamp{}, err
	}
	return at.place.read(path.Base(name), scan.MaxContent)
}

// shown adds what stands in the place of a file that is hidden by its name,
// where a plain note would not do.
func (f *finder) shown(s Secret) Secret {
	var content []byte
	if ext := strings.ToLower(path.Ext(s.Path)); ext == ".xml" || ext == ".config" {
		content, _ = f.in.read(s.Path, scan.MaxContent) // for its root alone
	}
	s.Shown, _ = scan.Shown(s.Path, s.Reason, content)
	if s.Asked != "" && scan.Partly(s.Path) {
		s.Shown = "" // the policy hides all of it
	}
	return s
}

// add notes a secret, and whether it can be read under another name.
func (f *finder) add(s Secret) {
	if len(f.secrets) >= maxSecrets {
		f.in.incomplete(fmt.Sprintf("more than %d files would have to be hidden", maxSecrets))
		return
	}
	f.secrets[s.Path] = s
	if info, err := f.in.root.Lstat(s.Path); err == nil {
		if _, ino, links := identity(info); links > 1 {
			f.shared[ino] = s.Path
		}
	}
}

// sameFile finds the other names of secrets, in a second walk that only such
// projects need.
func (f *finder) sameFile(_ *walker, at *here, e dirent) error {
	p := path.Join(at.path, e.name)
	if !e.Type().IsRegular() || f.secrets[p].Reason != "" {
		return nil
	}
	info, err := f.in.root.Lstat(p)
	if err != nil {
		f.in.incomplete(fmt.Sprintf("cannot look at %q", p))
		return nil
	}
	if _, ino, links := identity(info); links > 1 && f.shared[ino] != "" {
		f.add(Secret{Path: p, Reason: "another name of " + f.shared[ino], Asked: f.secrets[f.shared[ino]].Asked})
	}
	return nil
}
