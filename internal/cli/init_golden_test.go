package cli

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the golden files anew")

const projects = "../../testdata/init"

// TestInitGolden runs init --yes on each NAME.txtar, a small project as people
// have them, and compares with NAME.want: what is printed, and each file that
// was made or changed. A second time there is nothing to do.
func TestInitGolden(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(projects, "*.txtar"))
	if err != nil || len(files) < 13 {
		t.Fatalf("%d projects, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			in, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			p := newInitProject(t, in)
			first := p.run("init", "--yes")
			compare(t, filepath.Join(projects, name+".want"), p.golden(first))
			if first.code == 0 {
				p.again()
			}
		})
	}
}

func compare(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run with -update and read the change:\n%s", file, got)
	}
}

// initProject is a project of a test, with a home, a state directory and a PATH
// on which nothing is.
type initProject struct {
	*testing.T
	dir, base string
	before    map[string]string
}

// newInitProject lays a project out. One whose comment says "no repository" is
// not under git.
func newInitProject(t *testing.T, in *txtar.Archive) *initProject {
	t.Helper()
	base, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := &initProject{T: t, base: base, dir: filepath.Join(base, "project")}
	for _, dir := range []string{p.dir, filepath.Join(base, "home"), filepath.Join(base, "bin")} {
		p.must(os.MkdirAll(dir, 0o755))
	}
	if !strings.Contains(string(in.Comment), "no repository") {
		p.put(".git/HEAD", "ref: refs/heads/main\n")
		p.must(os.MkdirAll(filepath.Join(p.dir, ".git/objects"), 0o755))
		p.must(os.MkdirAll(filepath.Join(p.dir, ".git/refs"), 0o755))
	}
	for _, f := range in.Files {
		p.put(f.Name, string(f.Data))
	}
	p.before = p.files()
	return p
}

func (p *initProject) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

func (p *initProject) put(name, text string) {
	p.Helper()
	path := filepath.Join(p.dir, name)
	p.must(os.MkdirAll(filepath.Dir(path), 0o755))
	p.must(os.WriteFile(path, []byte(text), 0o644))
}

// files are all of the project's but git's.
func (p *initProject) files() map[string]string {
	p.Helper()
	out := map[string]string{}
	p.must(filepath.WalkDir(p.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if d != nil && d.Name() == ".git" {
				return filepath.SkipDir
			}
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(p.dir, path)
		out[filepath.ToSlash(rel)] = string(text)
		return err
	}))
	return out
}

type said struct {
	code     int
	out, err string
}

// run drives the command line with nobody at a terminal.
func (p *initProject) run(args ...string) said {
	p.Helper()
	null, err := os.Open(os.DevNull)
	p.must(err)
	defer null.Close()
	var stdout, stderr bytes.Buffer
	e := &env{in: null, out: &stdout, err: &stderr, dir: p.dir, vars: []string{
		"HOME=" + filepath.Join(p.base, "home"), "XDG_STATE_HOME=" + filepath.Join(p.base, "state"),
		"PATH=" + filepath.Join(p.base, "bin"),
	}}
	root := e.root(args)
	root.SetArgs(args)
	code := e.fail(root.Execute())
	plain := strings.NewReplacer(p.base, "")
	return said{code, plain.Replace(stdout.String()), plain.Replace(stderr.String())}
}

// golden is what a run printed, and what it made of the project.
func (p *initProject) golden(o said) []byte {
	p.Helper()
	out := &txtar.Archive{Comment: []byte(o.out + o.err + "exit code " + string(rune('0'+o.code)) + "\n")}
	after := p.files()
	var names []string
	for name := range after {
		if p.before[name] != after[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		// The texts that are the same everywhere are read elsewhere.
		if name == "CONSTITUTION.md" || name == "PROMPT.md" {
			continue
		}
		out.Files = append(out.Files, txtar.File{Name: name, Data: []byte(after[name])})
	}
	return txtar.Format(out)
}

// again runs init once more, with and without --yes.
func (p *initProject) again() {
	p.Helper()
	before := p.files()
	for _, args := range [][]string{{"init", "--yes"}, {"init"}, {"init", "--dry-run"}} {
		o := p.run(args...)
		right := strings.Contains(o.out, "nothing to do") || args[len(args)-1] == "--dry-run"
		if o.code != 0 || !right || strings.Contains(o.out, "wrote") || strings.Contains(o.out, "init would have") {
			p.Errorf("%q: %d\n%s%s", args, o.code, o.out, o.err)
		}
	}
	after := p.files()
	for name := range after {
		if after[name] != before[name] {
			p.Errorf("a second time changed %s", name)
		}
	}
}
