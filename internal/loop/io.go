package loop

import (
	"io"
	"os"
	"path/filepath"
	"sync"
)

// maxOutput bounds what is kept of one stream of one iteration, in bytes. The
// rest is read and dropped, so that a flood neither fills the disk nor blocks.
const maxOutput = 64 << 20

// iterationIO is an iteration's prompt and output. They lie beside the
// iteration's changes, outside the project, and are never overwritten. The
// command itself gets pipes: a descriptor of a file could be opened again
// through /proc/self/fd with more rights, and its path would be seen.
type iterationIO struct {
	IO
	promptSum string
	stdout    string // path of the kept output
	stderr    string
	wg        *sync.WaitGroup
	closers   []io.Closer
}

// open writes the prompt and connects the pipes.
func (l *looper) open(n int) (iterationIO, error) {
	dir := l.IterDir(n)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return iterationIO{}, err
	}
	prompt := l.Compose(n, l.last)
	if err := os.WriteFile(filepath.Join(dir, "prompt.md"), []byte(prompt), 0o600); err != nil {
		return iterationIO{}, err
	}
	p := iterationIO{promptSum: sum(prompt), wg: new(sync.WaitGroup)}
	p.stdout, p.stderr = filepath.Join(dir, "stdout.log"), filepath.Join(dir, "stderr.log")
	err := p.connect(prompt)
	if err != nil {
		p.close()
	}
	return p, err
}

func (p *iterationIO) connect(prompt string) error {
	var err error
	if p.Stdin, err = p.feed(prompt); err != nil {
		return err
	}
	if p.Stdout, err = p.keep(p.stdout); err != nil {
		return err
	}
	p.Stderr, err = p.keep(p.stderr)
	return err
}

// feed is a pipe out of which text can be read. Whether anybody does is the
// command's affair.
func (p *iterationIO) feed(text string) (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.closers = append(p.closers, r)
	p.wg.Add(1)
	go func() {
		defer p.wg.Done()
		defer w.Close()
		io.WriteString(w, text)
	}()
	return r, nil
}

// keep is a pipe whose content ends up in a new file.
func (p *iterationIO) keep(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		f.Close()
		return nil, err
	}
	p.closers = append(p.closers, w)
	p.wg.Add(1)
	go func() {
		defer p.wg.Done()
		defer f.Close()
		defer r.Close()
		io.Copy(f, io.LimitReader(r, maxOutput))
		io.Copy(io.Discard, r)
	}()
	return w, nil
}

// close ends the pipes and waits until all output is in its file. By then
// every process that could write is dead.
func (p *iterationIO) close() {
	for _, c := range p.closers {
		c.Close()
	}
	p.closers = nil
	if p.wg != nil {
		p.wg.Wait()
	}
}
