package host

import (
	"path/filepath"
	"slices"
	"strings"

	"ringwall/internal/kernel/seen"
)

// toolchain is a way in which programs are installed beside the system's: the
// parts of its folder that hold programs, and nothing of what lies beside them
// (tokens, caches, databases, sockets).
type toolchain struct {
	env  string // the variable that names its folder, if there is one
	dir  string // where it is otherwise: below the home, unless absolute
	near string // PATH below this folder of the home counts as below dir
	// parts are those that are shown, relative to the folder, as patterns.
	parts []string
	// tell: programs inside need the variable, since their home is another.
	tell bool
}

var toolchains = []toolchain{
	{env: "CARGO_HOME", dir: ".cargo", parts: []string{"bin"}},
	{env: "RUSTUP_HOME", dir: ".rustup", near: ".cargo/bin", parts: []string{"toolchains", "settings.toml", "update-hashes"}, tell: true},
	{env: "GOPATH", dir: "go", parts: []string{"bin"}},
	{env: "NVM_DIR", dir: ".nvm", parts: []string{"versions"}},
	{dir: ".local/share/fnm", parts: []string{"node-versions"}},
	{env: "VOLTA_HOME", dir: ".volta", parts: []string{"bin", "tools"}, tell: true},
	{env: "PYENV_ROOT", dir: ".pyenv", parts: []string{"bin", "libexec", "plugins", "pyenv.d", "shims", "version", "versions"}, tell: true},
	{dir: ".local/share/uv", near: ".local/bin", parts: []string{"python", "tools"}},
	{dir: ".local/share/pipx", near: ".local/bin", parts: []string{"venvs"}},
	{env: "RBENV_ROOT", dir: ".rbenv", parts: []string{"bin", "libexec", "plugins", "rbenv.d", "shims", "version", "versions"}, tell: true},
	{env: "ASDF_DATA_DIR", dir: ".asdf", parts: []string{"bin", "installs", "lib", "plugins", "shims"}, tell: true},
	{env: "SDKMAN_DIR", dir: ".sdkman", parts: []string{"candidates"}},
	{env: "DENO_INSTALL", dir: ".deno", parts: []string{"bin"}},
	{env: "BUN_INSTALL", dir: ".bun", parts: []string{"bin", "install/global/node_modules"}},
	{env: "HOMEBREW_PREFIX", dir: "/home/linuxbrew/.linuxbrew", parts: []string{"bin", "sbin", "lib", "libexec", "include",
		"opt", "share", "Cellar", "etc/ca-certificates", "etc/fonts", "etc/openssl@*"}},
}

// distributions are unpacked whole. All of the names have to be there.
var distributions = [][]string{
	{"bin/go", "src/runtime"},
	{"bin/node", "lib/node_modules"},
	{"bin/java", "lib/modules"},
	{"bin/java", "jre/lib"},
	{"bin/mvn", "boot"},
	{"bin/gradle", "lib/plugins"},
	{"bin/python3", "lib/python3.*"},
	{"bin/rustc", "lib/rustlib"},
	{"bin/ruby", "lib/ruby"},
	{"bin/cmake", "share/cmake*"},
	{"bin/kotlinc", "lib"},
	{"bin/scala", "lib"},
}

// beside is what the programs of any other bin need: code, and no settings.
var beside = []string{"lib", "lib64", "libexec", "share"}

// tools finds the directories of programs that PATH and the variables of
// toolchains name outside /usr.
func (f *Facts) tools(e *seen.Eyes) {
	f.ToolVars = map[string]string{}
	var trees, dirs []string
	for _, dir := range strings.Split(e.Env("PATH"), ":") {
		if !filepath.IsAbs(dir) || slices.Contains(f.Path, dir) {
			continue
		}
		real, err := e.Folder(dir)
		if err != nil {
			continue
		}
		if passing(dir) {
			dir = real // fnm puts a link below /run into PATH
		}
		f.Path = append(f.Path, dir)
		dirs = append(dirs, dir, real)
	}
	for _, t := range toolchains {
		trees = append(trees, f.known(e, t, dirs)...)
	}
	for _, dir := range dirs {
		if !covered(trees, dir) {
			trees = append(trees, toolTree(e, dir, f.Home)...)
		}
	}
	f.Tools = outermost(trees)
}

// known lists the parts of a toolchain that is in use here.
func (f *Facts) known(e *seen.Eyes, t toolchain, path []string) []string {
	root := t.root(e, f.Home, path)
	if root == "" || passing(root) || root == f.Home {
		return nil
	}
	var out []string
	for _, part := range t.parts {
		out = append(out, e.Glob(root, part)...)
	}
	if t.tell && len(out) > 0 {
		f.ToolVars[t.env] = root
	}
	return out
}

// root is the folder of a toolchain: what its variable says, or where PATH
// leads into it; empty if neither does.
func (t toolchain) root(e *seen.Eyes, home string, path []string) string {
	if t.env != "" {
		if dir := e.Env(t.env); filepath.IsAbs(dir) {
			return filepath.Clean(dir)
		}
	}
	for _, p := range path {
		if at, found := above(p, t.dir, home); found {
			return filepath.Join(at, t.dir)
		}
		if at, found := above(p, t.near, home); found && t.near != "" {
			return filepath.Join(at, t.dir)
		}
	}
	return ""
}

// above is the home in which a toolchain's folder lies that a path is in. A
// name with a dot is a home's in any folder, another one in this user's alone.
func above(path, dir, home string) (string, bool) {
	switch {
	case filepath.IsAbs(dir):
		return "", within(path, dir)
	case within(path, filepath.Join(home, dir)):
		return home, dir != ""
	case !strings.HasPrefix(dir, "."):
		return "", false
	}
	before, _, found := strings.Cut(path+"/", "/"+dir+"/")
	return before, found
}

// toolTree is what to show for one entry of PATH that belongs to no known
// toolchain; nothing for what the view has anyway. A parent may as well be a
// project or a home: it is shown whole only if it is plainly a distribution.
func toolTree(e *seen.Eyes, dir, home string) []string {
	if within(dir, "/usr") || passing(dir) || dir == "/bin" || dir == "/sbin" || dir == "/" || dir == home {
		return nil
	}
	parent := filepath.Dir(dir)
	private := parent == "/" || parent == home || parent == filepath.Join(home, ".local")
	if filepath.Base(dir) != "bin" || private || isProject(e, parent) {
		return []string{dir}
	}
	if slices.ContainsFunc(distributions, func(marks []string) bool { return hasAll(e, parent, marks) }) {
		return []string{parent}
	}
	out := []string{dir}
	for _, name := range beside {
		if isDir(e, filepath.Join(parent, name)) {
			out = append(out, filepath.Join(parent, name))
		}
	}
	return out
}

// passing tells whether a path lies where running services and the kernel put
// what is theirs.
func passing(path string) bool {
	return slices.ContainsFunc([]string{"/run", "/var/run", "/dev", "/proc", "/sys"}, func(dir string) bool { return within(path, dir) })
}

// isProject looks for what only a project has.
func isProject(e *seen.Eyes, dir string) bool {
	return slices.ContainsFunc([]string{".git", ".hg", "ringwall.toml"}, func(mark string) bool { return hasAll(e, dir, []string{mark}) })
}

func hasAll(e *seen.Eyes, dir string, marks []string) bool {
	for _, mark := range marks {
		if len(e.Glob(dir, mark)) == 0 {
			return false
		}
	}
	return true
}

// within tells whether path is dir or lies in it.
func within(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}

func covered(trees []string, path string) bool {
	return slices.ContainsFunc(trees, func(t string) bool { return within(path, t) })
}

// outermost drops what lies in another, and what is there twice.
func outermost(trees []string) []string {
	var out []string
	for i, t := range trees {
		inner := func(o string) bool { return o != t && within(t, o) }
		if !slices.ContainsFunc(trees, inner) && !slices.Contains(trees[:i], t) {
			out = append(out, t)
		}
	}
	return out
}

func isDir(e *seen.Eyes, path string) bool {
	info, err := e.Stat(path)
	return err == nil && info.IsDir()
}
