package seen

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestResolve: as the standard library does.
func TestResolve(t *testing.T) {
	dir := stage(t)
	must(t, os.Symlink(dir+"/way", dir+"/absolute"))
	must(t, os.Symlink("loop", dir+"/loop"))
	must(t, os.Symlink("nowhere", dir+"/dangling"))
	must(t, os.Symlink("..//./way/", dir+"/folder/odd"))
	e := patient(nil)
	for round := range 2 { // the second time with the folders listed
		for _, name := range []string{"", "/", "file", "link", "link/deep/end", "absolute/deep/../deep/end", "loop", "dangling", "file/x", "text/x", "missing",
			"folder/odd/deep", "link/..", "./way/./deep", "way//deep/", "link/deep/end/x", "folder/sub", "text"} {
			path := dir + "/" + name
			want, wantErr := filepath.EvalSymlinks(path)
			got, err := e.Resolve(path)
			if got != want || (err == nil) != (wantErr == nil) {
				t.Errorf("round %d, %s: %q, %v, not %q, %v", round, name, got, err, want, wantErr)
			}
			info, statErr := os.Stat(path)
			if _, err := e.Folder(path); (err == nil) != (statErr == nil && info.IsDir()) {
				t.Errorf("round %d, %s as a folder: %v", round, name, err)
			}
		}
		for _, d := range []string{"", "/folder", "/way", "/way/deep"} {
			if _, err := e.List(dir + d); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, path := range []string{"", "relative", "x/../y"} {
		if got, err := e.Resolve(path); err == nil {
			t.Errorf("%q: %q", path, got)
		}
	}
}

// TestGlob: as the standard library does, but for a folder whose own name looks
// like a pattern.
func TestGlob(t *testing.T) {
	dir := filepath.Join(stage(t), "[x]")
	must(t, os.MkdirAll(dir+"/a/conf", 0o755))
	must(t, os.MkdirAll(dir+"/b", 0o755))
	for _, name := range []string{"a/conf/settings", "b/settings", "c", "d.conf"} {
		must(t, os.WriteFile(filepath.Join(dir, name), nil, 0o644))
	}
	t.Chdir(dir)
	for _, pattern := range []string{"a", "c", "*", "*/settings", "*/*/settings", "a/conf/settings", "a/conf/missing", "c/x", "*.conf", "missing/*", "[ab]/*", "b/sett*"} {
		want, err := filepath.Glob(pattern)
		must(t, err)
		for i, name := range want {
			want[i] = filepath.Join(dir, name)
		}
		e := patient(nil)
		for range 2 {
			if got := e.Glob(dir, pattern); !slices.Equal(got, want) {
				t.Errorf("%s: %q, not %q", pattern, got, want)
			}
			e.List(dir)
		}
	}
}
