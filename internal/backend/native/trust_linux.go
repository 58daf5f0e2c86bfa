package native

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ringwall/internal/egress"
	"ringwall/internal/egress/authority"
	"ringwall/internal/kernel/launch"
	"ringwall/internal/plan"
)

// stores is what programs inside find where they look for authorities. The
// host's own files are read, and covered inside; they are never written.
type stores struct {
	authority *authority.Authority // the run's own; nil: nothing is intercepted
	extra     []byte               // PEM of the authorities that the policy names
	bundle    string               // PEM: the system's authorities with those
	added     string               // PEM: those alone
	java      string               // bundle as a Java key store; empty: none is needed
}

// close forgets the authority's key.
func (s *stores) close() {
	if s.authority != nil {
		s.authority.Close()
	}
}

// How long an authority is valid beyond the run's limit of time, and where there
// is no such limit.
const (
	authorityLonger = 24 * time.Hour
	authorityLife   = 30 * 24 * time.Hour
)

// openTrust makes the run's authority and the content of the stores, if the plan
// wants any. Without that nothing of it is touched.
func (r *run) openTrust() error {
	t := r.trust()
	if t == nil {
		return nil
	}
	extra, err := readAuthorities(t.Extra, r.plan.Project)
	if err != nil {
		return err
	}
	added := extra
	if t.Own {
		if r.stores.authority, err = authority.New(egress.Intercepted(r.plan), r.authorityEnd()); err != nil {
			return err
		}
		added = authority.Bundle(extra, r.stores.authority.Certificate())
	}
	system, err := systemAuthorities(t.System)
	if err != nil {
		return err
	}
	bundle := authority.Bundle(system, added)
	r.stores.extra, r.stores.added, r.stores.bundle = extra, string(added), string(bundle)
	if len(t.Java) > 0 {
		r.stores.java = string(authority.JavaStore(bundle))
	}
	return nil
}

// trust is the plan's, if it can be carried out.
func (r *run) trust() *plan.Trust {
	for _, c := range r.plan.Controls {
		if c.Want.Trust != nil && c.Status != plan.Unavailable {
			return c.Want.Trust
		}
	}
	return nil
}

func (r *run) authorityEnd() time.Time {
	if limit := r.limit("time"); limit > 0 {
		return time.Now().Add(time.Duration(limit)*time.Second + authorityLonger)
	}
	return time.Now().Add(authorityLife)
}

// Bounds of what is read.
const (
	largestStore = 8 << 20
	mostStores   = 2000 // files of a folder
)

// readAuthorities reads the files that the policy names. Each has to hold
// certificates, and nothing else is passed on. No link leads into the project,
// where an agent's change would choose whom the gateway believes.
func readAuthorities(paths []string, project string) ([]byte, error) {
	var out []byte
	for _, path := range paths {
		real, err := filepath.EvalSymlinks(path)
		if err != nil {
			return nil, err
		}
		if real == project || strings.HasPrefix(real, project+"/") {
			return nil, fmt.Errorf("%s leads into the project", path)
		}
		text, err := readBounded(real)
		if err != nil {
			return nil, err
		}
		certs, err := authority.Certificates(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		out = append(out, authority.Encode(certs)...)
	}
	return out, nil
}

// systemAuthorities reads the host's bundle, or its folder of certificates.
func systemAuthorities(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return readBounded(path)
	}
	return folderAuthorities(path)
}

// folderAuthorities puts a folder of single certificates together. What is no
// certificate has no business in it and is passed over, as by the programs that
// read such a folder.
func folderAuthorities(dir string) ([]byte, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []byte
	for _, e := range entries[:min(len(entries), mostStores)] {
		if !certificateName(e.Name()) {
			continue
		}
		text, err := readBounded(filepath.Join(dir, e.Name()))
		if err != nil {
			continue
		}
		if certs, err := authority.Certificates(text); err == nil {
			all = append(all, authority.Encode(certs)...)
		}
	}
	certs, err := authority.Certificates(all) // each once: most have two names
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return authority.Encode(certs), nil
}

// certificateName takes "x.pem", "x.crt" and a hash with a number, "5ed36f99.0".
func certificateName(name string) bool {
	ext := filepath.Ext(name)
	return ext == ".pem" || ext == ".crt" || len(name) == len("5ed36f99.0") && strings.Trim(name, "0123456789abcdef.") == ""
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, largestStore+1))
	if err == nil && len(text) > largestStore {
		err = fmt.Errorf("%s: larger than %d MiB", path, largestStore>>20)
	}
	return text, err
}

// trust covers the stores of the view with those of the run, and makes what the
// view does not have.
func (t *translation) trust(w *plan.Trust) {
	t.store(w.Added, t.run.stores.added)
	for _, path := range w.Bundles {
		t.store(path, t.run.stores.bundle)
	}
	for _, path := range w.Java {
		t.store(path, t.run.stores.java)
	}
}

func (t *translation) store(path, text string) {
	s := launch.Step{Op: launch.Mask, Target: path, Data: text}
	if strings.HasPrefix(path, plan.TrustFolder+"/") {
		s.Op, s.Mode = launch.File, 0o444
	}
	t.step(s)
}

// trustEnv tells programs where the stores are.
func (r *run) trustEnv() map[string]string {
	vars := map[string]string{}
	if t := r.trust(); t != nil {
		for _, name := range t.EnvVars {
			vars[name] = t.Bundles[0]
		}
		for _, name := range t.AddVars {
			vars[name] = t.Added
		}
	}
	return vars
}
