package host

import (
	"path/filepath"
	"slices"

	"ringwall/internal/kernel/seen"
)

// bundleNames are where systems keep all authorities in one file; the first is
// the one that programs are told of.
var bundleNames = []string{
	"/etc/ssl/certs/ca-certificates.crt",                // Debian, Alpine, Arch
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // Red Hat
	"/etc/pki/tls/certs/ca-bundle.crt",                  // the same, and older
	"/etc/ssl/ca-bundle.pem",                            // SUSE
	"/etc/ssl/cert.pem",                                 // Alpine
	"/etc/pki/tls/cert.pem",
}

// certDir is the folder of single certificates, found by their hash.
const certDir = "/etc/ssl/certs"

// javaNames are Java's list in systems, and below the folder of a JDK.
var (
	javaNames = []string{"/etc/ssl/certs/java/cacerts", "/etc/pki/ca-trust/extracted/java/cacerts"}
	javaParts = []string{"lib/security/cacerts", "jre/lib/security/cacerts"}
)

// stores finds the certificate authorities in the trees of the view.
func (f *Facts) stores(e *seen.Eyes, trees []tree) {
	s := &searcher{eyes: e, trees: trees, other: f.Account != nil}
	f.Bundles, f.JavaStores, f.CertDir = nil, nil, ""
	for _, name := range bundleNames {
		if f.shows(name) {
			f.Bundles = s.store(f.Bundles, name)
		}
	}
	for _, t := range f.Tools {
		if filepath.Base(t) == "ca-certificates" {
			f.Bundles = s.store(f.Bundles, filepath.Join(t, "cert.pem")) // Homebrew
		}
	}
	if len(f.Bundles) == 0 && isDir(e, certDir) {
		f.CertDir = certDir
	}
	for _, name := range javaNames {
		if f.shows(name) {
			f.JavaStores = s.store(f.JavaStores, name)
		}
	}
	for _, jdk := range f.javaHomes(e) {
		for _, part := range javaParts {
			f.JavaStores = s.store(f.JavaStores, filepath.Join(jdk, part))
		}
	}
}

// shows tells whether something of /etc that the view shows has a name below it.
func (f *Facts) shows(name string) bool {
	return slices.ContainsFunc(f.Etc, func(e Entry) bool { return within(name, e.Path) })
}

// javaHomes are the folders of JDKs: the system's, those among the tools, and
// the one that the variable names.
func (f *Facts) javaHomes(e *seen.Eyes) []string {
	homes := e.Glob("/usr/lib/jvm", "*")
	for _, t := range f.Tools {
		homes = append(homes, t)
		if depth[filepath.Base(t)] == 2 {
			homes = append(homes, e.Glob(t, "java/*")...) // SDKMAN, asdf
		}
	}
	if home := e.Env("JAVA_HOME"); filepath.IsAbs(home) {
		homes = append(homes, filepath.Clean(home))
	}
	return homes
}

// store adds the names by which the view shows a file, each once.
func (s *searcher) store(list []string, path string) []string {
	real, err := s.eyes.Resolve(path)
	if err != nil {
		return list
	}
	if info, err := s.eyes.Lstat(real); err != nil || !info.IsRegular() {
		return list
	}
	for _, place := range s.places(real) {
		if !slices.Contains(list, place) {
			list = append(list, place)
		}
	}
	return list
}
