package evidence

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Tail is what Open found at the end of a journal.
type Tail struct {
	Summary
	// Torn is the file that an unfinished last line was moved to, as a crash
	// in the middle of a write leaves one; empty if there was none. The event
	// in it was never acknowledged, so its side effect did not begin.
	Torn string
}

// Open goes on with an existing journal after its chain was verified. A last
// line without an end is moved aside to <name>.torn (or .torn.2 and so on: an
// older one is never overwritten). Any other flaw is a *[ChainError], and the
// journal stays as it is.
func Open(path string, opts ...Option) (*Journal, Tail, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, Tail{}, fmt.Errorf("open journal: %w", err)
	}
	tail, err := inspect(f)
	if err != nil {
		return nil, tail, errors.Join(fmt.Errorf("open journal: %w", err), f.Close())
	}
	j := newJournal(f, tail.Summary, opts)
	j.matters = true // a run that has to be taken up again is not routine
	return j, tail, nil
}

// inspect locks and verifies the file and takes an unfinished line off it.
func inspect(f *os.File) (Tail, error) {
	info, err := f.Stat()
	if err != nil {
		return Tail{}, err
	}
	if !info.Mode().IsRegular() {
		return Tail{}, fmt.Errorf("%s is not a regular file", f.Name())
	}
	if err := lock(f); err != nil {
		return Tail{}, err
	}
	sum, err := Verify(f)
	if bad := (*ChainError)(nil); errors.As(err, &bad) && bad.Torn {
		torn, err := moveTorn(f, sum.Bytes)
		return Tail{Summary: sum, Torn: torn}, err
	}
	return Tail{Summary: sum}, err
}

// moveTorn copies what lies behind the last whole line into a file of its own,
// and only when that is on disk cuts it off.
func moveTorn(f *os.File, from int64) (string, error) {
	out, err := createNext(f.Name() + ".torn")
	if err != nil {
		return "", err
	}
	_, err = io.Copy(out, io.NewSectionReader(f, from, MaxLine))
	err = errors.Join(err, out.Sync(), out.Close(), syncDir(filepath.Dir(out.Name())))
	if err != nil {
		return "", fmt.Errorf("move torn line aside: %w", err)
	}
	return out.Name(), errors.Join(f.Truncate(from), f.Sync())
}

// createNext makes a new file under the first of the names that is free.
func createNext(name string) (*os.File, error) {
	const tries = 1000
	try := name
	for n := 2; n < tries; n++ {
		f, err := os.OpenFile(try, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
		try = fmt.Sprintf("%s.%d", name, n)
	}
	return nil, fmt.Errorf("%s: %w", name, fs.ErrExist)
}
