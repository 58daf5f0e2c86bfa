//go:build linux

package main_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rogpeppe/go-internal/txtar"
)

// TestRealTrees does a day's work in large trees as they come, once inside and
// once in a copy without ringwall, and compares what is there afterwards.
func TestRealTrees(t *testing.T) {
	t.Run("go", func(t *testing.T) { realTree(t, "go-tree", nil) })
	t.Run("node", func(t *testing.T) {
		needs(t, "npm")
		realTree(t, "node-modules", map[string]string{"PACKAGES": packages(t, "../../testdata/real/node-modules.txtar")})
	})
}

func realTree(t *testing.T, name string, vars map[string]string) {
	known := maps.Clone(commands)
	known["same-tree"], known["same-repository"] = cmdSameTree, cmdSameRepository
	testscript.Run(t, testscript.Params{
		Files: []string{"../../testdata/real/" + name + ".txtar"}, Condition: condition, Cmds: known,
		RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			for k, v := range vars {
				env.Setenv(k, v)
			}
			return setup(env)
		},
	})
}

// packages fetches what a script's package.json names into a cache, and makes
// the lock file. Inside, the packages are installed from there.
func packages(t *testing.T, script string) string {
	archive, err := txtar.ParseFile(script)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range archive.Files {
		if f.Name == "project/package.json" {
			err = os.WriteFile(filepath.Join(dir, "package.json"), f.Data, 0o644)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("npm", "install", "--cache", "./.cache", "--ignore-scripts", "--omit-lockfile-registry-resolved=false", "--no-audit", "--no-fund", "--no-update-notifier")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		fail := t.Skipf
		if os.Getenv("CI") != "" {
			fail = t.Fatalf
		}
		fail("needs packages from the npm registry: %v: %s", err, out)
	}
	return dir
}

// same-tree FOLDER FOLDER: the two hold the same, but for what git keeps.
func cmdSameTree(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: same-tree FOLDER FOLDER")
	}
	a, err := listing(ts.MkAbs(args[0]))
	ts.Check(err)
	b, err := listing(ts.MkAbs(args[1]))
	ts.Check(err)
	if len(a) < 100 {
		ts.Fatalf("%s holds only %d names", args[0], len(a))
	}
	all := maps.Clone(a)
	maps.Copy(all, b)
	var differ []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if a[name] != b[name] {
			differ = append(differ, fmt.Sprintf("%s: %s, and %s", name, a[name], b[name]))
		}
	}
	if len(differ) > 0 {
		ts.Fatalf("%d of %d names differ:\n%s", len(differ), len(all), lines(differ[:min(len(differ), 30)]))
	}
}

// listing says of each name what is there: its kind, mode, names and content.
func listing(root string) (map[string]string, error) {
	out := map[string]string{}
	first := map[uint64]string{} // of a file with several names: the first
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		if rel == ".git" {
			return fs.SkipDir
		}
		out[rel], err = describe(path, d, rel, first)
		return err
	})
	return out, err
}

func describe(path string, d fs.DirEntry, rel string, first map[uint64]string) (string, error) {
	info, err := d.Info()
	if err != nil {
		return "", err
	}
	st := info.Sys().(*syscall.Stat_t)
	said := fmt.Sprintf("%v uid %d", info.Mode(), st.Uid)
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		to, err := os.Readlink(path)
		return said + " -> " + to, err
	case !info.Mode().IsRegular():
		return said, nil
	}
	if st.Nlink > 1 {
		if first[st.Ino] == "" {
			first[st.Ino] = rel
		}
		said += " as " + first[st.Ino]
	}
	data, err := os.ReadFile(path)
	return fmt.Sprintf("%s %d bytes %x", said, len(data), sha256.Sum256(data)), err
}

// same-repository FOLDER FOLDER: the same branches, tags and commits, the same
// status, and both whole.
func cmdSameRepository(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: same-repository FOLDER FOLDER")
	}
	for _, question := range []string{"for-each-ref", "rev-parse HEAD", "symbolic-ref HEAD", "status --porcelain", "fsck --strict --no-dangling"} {
		var answers [2][]byte
		for i, dir := range args {
			cmd := exec.Command("git", append([]string{"-C", ts.MkAbs(dir)}, strings.Fields(question)...)...)
			out, err := cmd.Output()
			if err != nil {
				ts.Fatalf("git %s in %s: %v", question, dir, err)
			}
			answers[i] = out
		}
		if !bytes.Equal(answers[0], answers[1]) {
			ts.Fatalf("git %s:\n%s\nand\n%s", question, answers[0], answers[1])
		}
	}
}
