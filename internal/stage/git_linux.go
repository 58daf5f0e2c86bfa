package stage

import (
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// holdBareRepositories looks for folders that become a git repository without
// being called .git. Git finds such a repository by itself when it is called
// below it, and then runs what its config names. What steers it is held, and
// so is each part that was not there before and would make it whole.
func (r *reader) holdBareRepositories() {
	b := bareFinder{r: r, now: make(map[string]Action, len(r.set.Entries)), known: map[string]bool{}}
	for _, e := range r.set.Entries {
		b.now[foldedPath(string(e.Path))] = e.Action
	}
	for i := range r.set.Entries {
		e := &r.set.Entries[i]
		if e.Class == Ordinary && e.Action != Deleted && b.steered(string(e.Path)) {
			r.rules.setVerdict(e, r.rules.let(verdict{class: Guardrail, detail: "makes or steers a git repository that is not called .git"}))
		}
	}
}

// bareFinder answers for many paths of one changeset.
type bareFinder struct {
	r     *reader
	now   map[string]Action // by folded path
	known map[string]bool   // folders looked at: is a repository
}

// steered looks at each place of the path that may be the top of a repository.
func (b *bareFinder) steered(rel string) bool {
	c := strings.Split(rel, "/")
	folded := foldPath(rel)
	if len(folded) != len(c) || slices.Contains(folded, fold(".git")) {
		return false // gitVerdict knows the latter
	}
	for i := range c {
		if !gitPart(folded[i]) {
			continue
		}
		dir := strings.Join(c[:i], "/")
		if !b.isRepository(dir) {
			continue
		}
		whole := b.now[strings.Join(folded[:i+1], "/")] == Added
		if whole || steersGit(folded[i:]) {
			return true
		}
	}
	return false
}

// isRepository tells whether a folder will hold all that makes a repository.
func (b *bareFinder) isRepository(dir string) bool {
	if is, ok := b.known[dir]; ok {
		return is
	}
	is := true
	for _, part := range repositoryParts() {
		is = is && b.there(join(dir, part))
	}
	b.known[dir] = is
	return is
}

// there tells whether a path exists once the changeset is applied.
func (b *bareFinder) there(rel string) bool {
	if action, ok := b.now[foldedPath(rel)]; ok {
		return action != Deleted
	}
	fd, err := b.r.project.open(rel, unix.O_PATH|unix.O_NOFOLLOW)
	closeIf(err == nil, fd)
	return err == nil
}
