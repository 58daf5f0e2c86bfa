package host

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"ringwall/internal/kernel/seen"
)

// TestJavaStores: the list of each JDK that the view shows is found, by the
// names by which it is shown, and nothing that the view does not show.
func TestJavaStores(t *testing.T) {
	home := planted(t, "jdk/bin/java", "jdk/lib/security/cacerts", "old/bin/java", "old/jre/lib/security/cacerts",
		"sdk/candidates/java/21/lib/security/cacerts", "elsewhere/cacerts", "linked/bin/java", "linked/lib/security/x",
		"unseen/lib/security/cacerts", "folder/lib/security/cacerts/x")
	link := func(to, at string) {
		if err := os.Symlink(to, filepath.Join(home, at)); err != nil {
			t.Fatal(err)
		}
	}
	link(home+"/elsewhere/cacerts", "linked/lib/security/cacerts")
	link("21", "sdk/candidates/java/current")
	f := Facts{Home: home, Env: map[string]string{"JAVA_HOME": home + "/unseen"}}
	var trees []tree
	for _, dir := range []string{"jdk", "old", "sdk/candidates", "linked", "folder"} {
		f.Tools = append(f.Tools, filepath.Join(home, dir))
		trees = append(trees, tree{filepath.Join(home, dir), filepath.Join(home, dir)})
	}
	f.stores(seen.New(f.Env, time.Now()), trees)
	want := []string{home + "/jdk/lib/security/cacerts", home + "/old/jre/lib/security/cacerts",
		home + "/sdk/candidates/java/21/lib/security/cacerts"}
	if !slices.Equal(f.JavaStores, want) {
		t.Errorf("%q\nwant %q", f.JavaStores, want)
	}
}

// TestStoreHasEachOfItsNames: a file that the view shows twice has to be
// covered twice, or the programs that know the other name see the old list.
func TestStoreHasEachOfItsNames(t *testing.T) {
	home := planted(t, "certs/all.crt", "other/x")
	if err := os.Symlink("certs/all.crt", home+"/cert.pem"); err != nil {
		t.Fatal(err)
	}
	s := &searcher{eyes: seen.New(nil, time.Now()), trees: []tree{
		{home + "/certs", home + "/certs"}, {home + "/cert.pem", home + "/certs/all.crt"}, {home + "/other", home + "/other"}}}
	got := s.store(s.store(nil, home+"/cert.pem"), home+"/certs/all.crt")
	if want := []string{home + "/certs/all.crt", home + "/cert.pem"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := s.store(nil, home+"/absent"); got != nil {
		t.Errorf("%q", got)
	}
}

// TestSystemHasAuthorities: what is found here is there.
func TestSystemHasAuthorities(t *testing.T) {
	f, err := Basics(os.Environ())
	if err != nil {
		t.Fatal(err)
	}
	f.find(seen.New(f.Env, time.Now()))
	_, err = os.Stat("/etc/ssl/certs")
	if len(f.Bundles) == 0 && f.CertDir == "" && err == nil {
		t.Error("no certificate authorities were found")
	}
	for _, path := range append(f.Bundles, f.JavaStores...) {
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
			t.Errorf("%s: %v", path, err)
		}
	}
}
