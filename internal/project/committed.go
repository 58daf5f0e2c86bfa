package project

import (
	"crypto/sha1"
	"fmt"
	"io"
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
// what the file holds: whoever wrote it knew the content.
func (in *inspector) committed(found []Secret) (hidden, open []Secret) {
	ids := in.tracked(found)
	for _, s := range found {
		id, tracked := ids[s.Path]
		if s.Tracked = tracked; tracked && s.Asked == "" && in.isBlob(s.Path, id) {
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
