package host

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringwall/internal/kernel/seen"
)

// planted makes folders (with a slash at the end) and files below a new home.
func planted(t *testing.T, names ...string) string {
	t.Helper()
	home := t.TempDir()
	for _, n := range names {
		path, text, _ := strings.Cut(n, "=")
		path = filepath.Join(home, path)
		if strings.HasSuffix(n, "/") {
			text, path = "", filepath.Join(path, ".keep")
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return home
}

// TestTools: of a known toolchain the parts with programs are shown, a
// distribution whole, and of anything else programs and libraries; a project or
// a home never.
func TestTools(t *testing.T) {
	home := planted(t, ".nvm/versions/node/v20/bin/", ".nvm/.cache/", "bin/", ".local/bin/", ".local/lib/", ".local/share/pipx/venvs/",
		"go/bin/", "go/pkg/", "src/app/bin/", "src/app/lib/", "src/app/.git/", "tools/bin/", ".cargo/bin/", ".cargo/credentials.toml",
		".rustup/toolchains/", ".rustup/settings.toml", ".rustup/downloads/", ".pyenv/shims/", ".pyenv/versions/", ".pyenv/cache/", ".pyenv/.git/",
		"sdk/bin/", "sdk/lib/", "sdk/secrets/", "go1/bin/go", "go1/src/runtime/", ".sdkman/candidates/java/21/bin/", ".sdkman/etc/",
		"other/.cargo/bin/", "other/.rustup/toolchains/", ".deno/bin/", ".bun/bin/", ".bun/install/cache/")
	for _, c := range []struct {
		path, want string
		vars       map[string]string // beside PATH
	}{
		{path: ".nvm/versions/node/v20/bin", want: ".nvm/versions"},
		{path: "bin", want: "bin"},
		{path: ".local/bin", want: ".local/share/pipx/venvs .local/bin"},
		{path: "go/bin", want: "go/bin"},
		{path: "src/app/bin", want: "src/app/bin"},
		{path: "tools/bin", want: "tools/bin"},
		{path: ".cargo/bin", want: ".cargo/bin .rustup/toolchains .rustup/settings.toml"},
		{path: ".pyenv/shims", want: ".pyenv/shims .pyenv/versions"},
		{path: "sdk/bin", want: "sdk/bin sdk/lib"},
		{path: "go1/bin", want: "go1"},
		{path: ".sdkman/candidates/java/21/bin", want: ".sdkman/candidates"},
		{path: ".deno/bin", want: ".deno/bin"},
		{path: "other/.cargo/bin", want: "other/.cargo/bin other/.rustup/toolchains"}, // a home of somebody else's
		{path: ".bun/bin", want: ".bun/bin"},
		{path: "", want: ""},
		{vars: map[string]string{"NVM_DIR": ".nvm"}, want: ".nvm/versions"},
		{vars: map[string]string{"NVM_DIR": ""}, want: ""}, // a home is no toolchain
	} {
		f := Facts{Home: home, Env: map[string]string{"PATH": "/usr/bin:/bin:/usr/local/go/bin:" + filepath.Join(home, c.path)}}
		for name, value := range c.vars {
			f.Env[name] = filepath.Join(home, value)
		}
		f.tools(seen.New(f.Env, time.Now()))
		got := strings.ReplaceAll(strings.Join(f.Tools, " "), home+"/", "")
		if got != c.want {
			t.Errorf("%s %v: shows %q, not %q", c.path, c.vars, got, c.want)
		}
		if tell := f.ToolVars["RUSTUP_HOME"]; (tell != "") != strings.HasSuffix(c.path, ".cargo/bin") {
			t.Errorf("%s: RUSTUP_HOME=%s", c.path, tell)
		}
	}
}

// TestToolTreeIsNeverWhatPasses: PATH can name a folder of a running service.
func TestToolTreeIsNeverWhatPasses(t *testing.T) {
	for _, dir := range []string{"/usr/bin", "/usr/local/go/bin", "/bin", "/sbin", "/", "/home/a", "/run/user/1000/fnm/bin", "/var/run/x", "/proc/self/cwd", "/dev/shm/bin"} {
		if got := toolTree(seen.New(nil, time.Now()), dir, "/home/a"); len(got) != 0 {
			t.Errorf("%s: shows %s", dir, got)
		}
	}
}

func TestStateDirIgnoresRelative(t *testing.T) {
	for _, c := range []struct{ xdg, want string }{
		{"", "/home/a/.local/state/ringwall"},
		{"state", "/home/a/.local/state/ringwall"},
		{"/var/x", "/var/x/ringwall"},
	} {
		f := Facts{Home: "/home/a", Env: map[string]string{"XDG_STATE_HOME": c.xdg}}
		if got := stateDir(f); got != c.want {
			t.Errorf("%q: %s, not %s", c.xdg, got, c.want)
		}
	}
}
