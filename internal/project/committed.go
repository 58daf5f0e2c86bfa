package project

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// maxCommitted bounds a file that is compared with what git has, in bytes. A
// larger one stays hidden.
const maxCommitted = 64 << 20

// committed tells secrets that git's history holds from those that it does not.
// To hide the former hides nothing, since the agent can read git's objects, and
// the next commit inside would put the note in their place. What the policy
// hides by name stays hidden.
//
// The index may be an agent's work, so an entry counts only if it is the hash of
// what the file holds, and only where the objects are all here: in a partial
// clone an agent can read the hash in a tree whose content is elsewhere.
func (in *inspector) committed(found []Secret) (hidden, open []Secret) {
	ids := in.tracked(found)
	whole := len(ids) > 0 && in.hasAllObjects()
	for _, s := range found {
		id, tracked := ids[s.Path]
		if s.Tracked = tracked; whole && tracked && s.Asked == "" && in.isBlob(s.Path, id) {
			open = append(open, s)
			continue
		}
		hidden = append(hidden, s)
	}
	return hidden, open
}

// tracked reads the objects of those files from the project's own index. None
// are known where there is no such index, or one of another format.
func (in *inspector) tracked(found []Secret) map[string]oid {
	if len(found) == 0 || in.facts.Git.Linked {
		return nil
	}
	if info, err := in.lstat(".git/index"); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	f, err := in.root.Open(".git/index")
	if err != nil {
		return nil
	}
	defer f.Close()
	wanted := make(map[string]bool, len(found))
	for _, s := range found {
		wanted[s.Path] = true
	}
	ids, err := committedBlobs(f, wanted)
	if err != nil {
		return nil
	}
	return ids
}

// hasAllObjects tells whether git has the content of every hash that its objects
// name: not in a partial clone, nor where they lie in another repository. What
// cannot be read, or leads elsewhere, counts as lacking.
func (in *inspector) hasAllObjects() bool {
	for _, name := range []string{".git/config", ".git/config.worktree"} {
		text, err := in.read(name, maxConfig)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		lower := bytes.ToLower(text)
		for _, sign := range []string{"promisor", "partialclone", "include"} {
			if err != nil || bytes.Contains(lower, []byte(sign)) {
				return false
			}
		}
	}
	if _, err := in.lstat(".git/objects/info/alternates"); !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	return !in.hasPromisorPack()
}

// hasPromisorPack looks for the mark that a partial clone leaves beside a pack.
func (in *inspector) hasPromisorPack() bool {
	dir, err := in.root.Open(".git/objects/pack")
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	if err != nil {
		return true
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	return err != nil || slices.ContainsFunc(names, func(n string) bool { return strings.HasSuffix(n, ".promisor") })
}

// isBlob tells whether a file's content is that of a git object.
func (in *inspector) isBlob(path string, id oid) bool {
	info, err := in.lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxCommitted {
		return false
	}
	f, err := in.root.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00", info.Size())
	n, err := io.Copy(h, io.LimitReader(f, info.Size()+1))
	return err == nil && n == info.Size() && oid(h.Sum(nil)) == id
}

// GitAttributes makes git inside take the committed version for that of a hidden
// file, so that `git add --all` and `git commit --all` do not put the note into a
// commit. `git status` goes by the size and calls the file changed until then.
func (f Facts) GitAttributes() string {
	var b strings.Builder
	for _, s := range f.Secrets {
		if s.Tracked && !strings.ContainsAny(s.Path, "\n\r") {
			b.WriteString(`"/` + attributeEscape.Replace(ignoreEscape.Replace(s.Path)) + "\" filter=ringwall-hidden\n")
		}
	}
	return b.String()
}

// attributeEscape is for what stands in quotes.
var attributeEscape = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// GitFilter is what the attribute stands for, as git configuration.
const GitFilter = "[filter \"ringwall-hidden\"]\n" +
	"\tclean = \"git cat-file blob :%f 2>/dev/null || git cat-file blob HEAD:%f\"\n\trequired = true\n"
