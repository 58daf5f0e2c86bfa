package loop

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"ringwall/internal/backend"
	"ringwall/internal/evidence"
	"ringwall/internal/stage"
)

// failure is a command of the policy's that did not succeed.
type failure struct {
	command string
	result  backend.Result
	log     string
}

// checks runs commands one after the other until one does not succeed; nil: all
// did. What each says is kept in a file of its own, as bounded as an
// iteration's output.
func checks(commands []string, dir, prefix string, run func(name string, argv []string, io IO) (backend.Result, error)) (*failure, error) {
	for i, command := range commands {
		name := prefix + "-" + strconv.Itoa(i+1)
		log := filepath.Join(dir, name+".log")
		res, err := logged(log, func(io IO) (backend.Result, error) {
			return run(name, []string{"/bin/sh", "-c", command}, io)
		})
		if err != nil {
			return nil, err
		}
		if res.ExitCode != 0 || res.Reason != backend.Exited {
			return &failure{command, res, log}, nil
		}
	}
	return nil, nil
}

func logged(log string, run func(IO) (backend.Result, error)) (backend.Result, error) {
	p := iterationIO{wg: new(sync.WaitGroup)}
	defer p.close()
	out, err := p.keep(log)
	if err != nil {
		return backend.Result{}, err
	}
	return run(IO{Stdout: out, Stderr: out})
}

// Check runs the command on the project as it is and drops all that it
// changes.
func (s *Session) Check(ctx context.Context, n int, name string, argv []string, io IO) (backend.Result, error) {
	dirs, err := stage.Prepare(filepath.Join(s.IterDir(n), name))
	if err != nil {
		return backend.Result{}, err
	}
	defer stage.Discard(dirs)
	p := s.checkPlan()
	if p.Command = argv; s.Copy != nil {
		if _, err := s.Copy.Begin(ctx); err != nil {
			return backend.Result{}, err
		}
	}
	return s.Backend(dirs.Iter, io).Run(ctx, p, numbered{s.Recorder, n})
}

// checkStaged runs the command over what the iteration left, before anything of
// it is applied, and drops all that it changes.
func (s *Session) checkStaged(ctx context.Context, iter string, argv []string, io IO, rec evidence.Recorder) (backend.Result, error) {
	above, err := stage.Prepare(filepath.Join(iter, checkDir))
	if err != nil {
		return backend.Result{}, err
	}
	defer func() {
		stage.Discard(above)
		os.Remove(above.Iter)
	}()
	p := s.Plan
	p.Command = argv
	return s.Over(iter, io).Run(ctx, p, rec)
}

// checkDir is where a backend that works over an iteration puts what is written
// then.
const checkDir = "check"

// tail is the end of a log, for people and for a prompt: whole lines where there
// are any, each harmless on a terminal.
func tail(path string, most int64) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	from := max(info.Size()-most, 0)
	b := make([]byte, most)
	n, _ := f.ReadAt(b, from)
	text := string(b[:n])
	if _, rest, cut := strings.Cut(text, "\n"); from > 0 && cut && rest != "" {
		text = rest
	}
	for len(text) > 0 && !utf8.RuneStart(text[0]) {
		text = text[1:]
	}
	lines := strings.Split(strings.TrimRight(text, "\r\n"), "\n")
	for i, l := range lines {
		lines[i] = evidence.Printable(strings.TrimRight(l, "\r"))
	}
	return strings.Join(lines, "\n")
}
