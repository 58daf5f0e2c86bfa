package secret

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// store is the file of a sign-in.
type store struct {
	r    *Reader
	file string
}

func (st store) document() (document, []byte, error) {
	b, err := st.r.readFile(st.file)
	if err != nil {
		return nil, nil, err
	}
	var d document
	if json.Unmarshal(b, &d) != nil || d == nil {
		return nil, nil, fmt.Errorf("%s is not valid JSON", st.file)
	}
	return d, b, nil
}

func (st store) tokens(s signIn) (tokens, error) {
	d, _, err := st.document()
	if err != nil {
		return tokens{}, err
	}
	t, err := s.read(d)
	if err != nil {
		return tokens{}, fmt.Errorf("%s: %w", st.file, err)
	}
	return t, nil
}

const (
	lockTime  = 10 * time.Second // that another program's lock is waited for
	lockStale = 10 * time.Second // after which it was left behind
)

// lock keeps others out while a sign-in is renewed: other ringwalls by a lock
// of the folder, and agents by the folder beside it that locks of Node's
// proper-lockfile are.
func (st store) lock(ctx context.Context) (unlock func(), err error) {
	dir := filepath.Dir(st.file)
	f, err := lock(dir)
	if err != nil {
		return nil, err
	}
	made, err := st.lockFolder(ctx, dir+".lock")
	if err != nil {
		f.Close()
		return nil, err
	}
	return func() {
		if made {
			os.Remove(dir + ".lock")
		}
		f.Close()
	}, nil
}

// lockFolder waits until the folder is ours, or was left behind by its maker.
// Where it cannot be made nobody else can make it either.
func (st store) lockFolder(ctx context.Context, name string) (made bool, err error) {
	for end := time.Now().Add(lockTime); ; {
		err := os.Mkdir(name, 0o700)
		if !errors.Is(err, os.ErrExist) {
			return err == nil, nil
		}
		if info, err := os.Stat(name); err == nil && time.Since(info.ModTime()) > lockStale {
			return false, nil
		}
		if time.Now().After(end) {
			return false, fmt.Errorf("another program renews the sign-in and does not end: %s", name)
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// draft is a new file beside the old one, with its mode and owner.
type draft struct {
	st   store
	real string // the file that links lead to
	f    *os.File
	done bool
}

func (st store) draft() (*draft, error) {
	real, err := filepath.EvalSymlinks(st.file)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(real)
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Dir(real), ".ringwall-*")
	if err != nil {
		return nil, err
	}
	d := &draft{st: st, real: real, f: f}
	if err := errors.Join(own(f, info), f.Chmod(info.Mode().Perm())); err != nil {
		d.discard()
		return nil, err
	}
	return d, nil
}

func (d *draft) discard() {
	d.f.Close()
	if !d.done {
		os.Remove(d.f.Name())
	}
}

// replace writes tokens into what the file holds by now, and puts it in place.
func (d *draft) replace(s signIn, t tokens, now time.Time) error {
	doc, old, err := d.st.document()
	if err != nil {
		return err
	}
	s.write(doc, t, now)
	b, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	if bytes.Contains(old, []byte("\n  ")) { // it is laid out for people
		var laid bytes.Buffer
		if err := json.Indent(&laid, b, "", "  "); err != nil {
			return err
		}
		b = laid.Bytes()
	}
	if _, err := d.f.Write(b); err != nil {
		return err
	}
	if err := errors.Join(d.f.Sync(), os.Rename(d.f.Name(), d.real)); err != nil {
		return err
	}
	d.done = true
	return nil
}
