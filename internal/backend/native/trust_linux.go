package native

import (
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
	var java []byte // of the system's, made meanwhile: it is most of the work
	system, err := systemAuthorities(t.System)
	if err != nil {
		return err
	}
	made := make(chan struct{})
	go func() {
		defer close(made)
		if len(t.Java) > 0 {
			java = authority.JavaEntries(system)
		}
	}()
	added, err := r.addedAuthorities(t)
	<-made
	if err != nil {
		return err
	}
	r.stores.added, r.stores.bundle = string(added), string(authority.Bundle(system, added))
	if len(t.Java) > 0 {
		r.stores.java = string(authority.JavaStore(java, authority.JavaEntries(added)))
	}
	return nil
}

// addedAuthorities are those that the policy names and the run's own.
func (r *run) addedAuthorities(t *plan.Trust) ([]byte, error) {
	var err error
	if r.stores.extra, err = readAuthorities(t.Extra, r.plan.Project); err != nil || !t.Own {
		return r.stores.extra, err
	}
	if r.stores.authority, err = authority.New(egress.Intercepted(r.plan), r.authorityEnd()); err != nil {
		return nil, err
	}
	return authority.Bundle(r.stores.extra, r.stores.authority.Certificate()), nil
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
