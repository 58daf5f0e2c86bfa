package stage

import "strings"

// gitVerdict classifies what lies in a git directory, at any depth of the
// tree. Objects, refs, the index, logs and HEAD are git's ordinary work; what
// makes git run a program, or look elsewhere, is a guardrail. The list is
// git's own documentation of its repository layout (gitrepository-layout(5)).
func gitVerdict(raw, folded []string, kind Type) verdict {
	for i, c := range folded {
		if !spellsGit(c) {
			continue
		}
		if raw[i] != ".git" {
			return verdict{class: Guardrail, detail: "another spelling of .git"}
		}
		if i == len(raw)-1 && kind != Dir {
			return verdict{class: Guardrail, detail: "a .git that is gone or points elsewhere"}
		}
		if below := folded[i+1:]; steersGit(below) && !(isWorktree(below) && kind == Dir) {
			return verdict{class: Guardrail, detail: "git runs it or is led by it"}
		}
	}
	return verdict{}
}

// spellsGit tells whether a folded name is .git, or what Windows and its file
// systems take for it: a short name, or a stream of the folder. git refuses
// these too (CVE-2019-1352, CVE-2014-9390).
func spellsGit(c string) bool {
	name, _, _ := strings.Cut(c, ":")
	return fold(name) == fold(".git") || len(c) > 4 && strings.HasPrefix(c, "GIT~") && strings.Trim(c[4:], "0123456789") == ""
}

// steersGit tells whether a folded path below a git directory is one from
// which git executes or is redirected.
func steersGit(c []string) bool {
	if len(c) == 0 {
		return false
	}
	switch strings.ToLower(c[0]) {
	case "hooks", "config", "config.worktree", "commondir", "gitdir":
		return true
	case "rebase-merge", "rebase-apply":
		return true // the to-do list of a rebase holds exec lines
	case "worktrees":
		return len(c) == 2 || len(c) > 2 && (steersGit(c[2:]) || is(c[2], "locked"))
	case "info":
		return len(c) > 1 && (is(c[1], "attributes") || is(c[1], "grafts"))
	case "objects":
		return len(c) > 2 && is(c[1], "info") && (is(c[2], "alternates") || is(c[2], "http-alternates"))
	case "modules":
		return steersModule(c[1:])
	}
	return false
}

// isWorktree tells the part of a repository that belongs to one worktree. One
// that was there has an index, a HEAD and a log, which are git's ordinary work.
func isWorktree(c []string) bool { return len(c) == 2 && is(c[0], "worktrees") }

// newWorktree tells whether a path is such a part, of any git directory.
func newWorktree(rel string) bool {
	c := foldPath(rel)
	for i, elem := range c {
		if is(elem, ".git") && isWorktree(c[i+1:]) {
			return true
		}
	}
	return false
}

// steersModule looks below modules/, where a submodule's name may hold
// slashes: any place may be the start of its git directory.
func steersModule(c []string) bool {
	for i := 1; i < len(c); i++ {
		if steersGit(c[i:]) {
			return true
		}
	}
	return false
}

// is compares a folded component with a name as git writes it.
func is(folded, name string) bool {
	return folded == fold(name)
}

// gitPart tells whether a folded name is at the top of a git directory: a part
// without which git does not take a folder for a repository, or one that
// steers git.
func gitPart(folded string) bool {
	for _, p := range repositoryParts() {
		if is(folded, p) {
			return true
		}
	}
	return steersGit([]string{folded})
}

// repositoryParts make a folder a git repository wherever it lies.
func repositoryParts() []string {
	return []string{"HEAD", "objects", "refs"}
}
