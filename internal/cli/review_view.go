package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"ringwall/internal/review"
)

// canView tells whether there is a terminal on both sides that can move its
// cursor.
func (e *env) canView() bool {
	out, ok := e.out.(*os.File)
	return ok && e.in != nil && term.IsTerminal(int(e.in.Fd())) && term.IsTerminal(int(out.Fd())) &&
		e.variable("TERM") != "dumb" && e.variable("TERM") != ""
}

// reviewView steps through the changes and then carries out what was decided.
func (e *env) reviewView(s *subject) error {
	v := review.NewView(s.run, s.diff)
	if err := e.showView(v); err != nil {
		return err
	}
	decided := v.Decisions()
	_, agreed := v.Done()
	switch {
	case len(decided) == 0:
		return nil
	case !agreed:
		return exit(exitFindings, errors.New("left without carrying anything out"))
	}
	for _, line := range review.Summary(decided, 20) {
		for _, part := range review.Wrap(line, width) {
			fmt.Fprintln(e.out, part)
		}
	}
	return e.settle(s, decided)
}

// What switches to the other screen, hides the cursor and ends wrapping, and
// what puts all of it back.
const (
	enterScreen = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J"
	leaveScreen = "\x1b[?7h\x1b[?25h\x1b[?1049l"
)

// showView lets a person use the view. The terminal is as it was when this
// returns, however it returns.
func (e *env) showView(v *review.View) (err error) {
	s := &showing{view: v, screen: &screen{in: e.in, out: e.out.(*os.File), colour: e.colour()}}
	if err := s.screen.enter(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.screen.leave()) }()
	var stop, unwatch func()
	s.input, stop = s.screen.listen()
	defer stop()
	s.changed, s.ended, unwatch = watchTerminal()
	defer unwatch()
	for done, _ := v.Done(); !done && err == nil; done, _ = v.Done() {
		v.Resize(s.screen.size())
		if err = s.screen.draw(v.Screen()); err == nil {
			err = s.step()
		}
	}
	return err
}

// showing is the view on a terminal, and what can happen to it.
type showing struct {
	view           *review.View
	screen         *screen
	input          <-chan string
	changed, ended <-chan os.Signal
	rest           string // what was typed and may go on
}

// step waits for one thing to happen.
func (s *showing) step() error {
	select {
	case text, open := <-s.input:
		if !open {
			return exit(exitInterrupted, errors.New("the terminal is gone: nothing was carried out"))
		}
		return s.typed(text, false)
	case <-s.late():
		return s.typed("", true)
	case signal := <-s.changed:
		return s.screen.suspended(signal)
	case <-s.ended:
		return exit(exitInterrupted, errors.New("interrupted: nothing was carried out"))
	}
}

// late tells when what begins like a special key is not going on: then it is the
// Escape key.
func (s *showing) late() <-chan time.Time {
	if s.rest == "" {
		return nil
	}
	return time.After(50 * time.Millisecond)
}

// typed gives keys to the view, until it is done: what was typed ahead is dropped.
func (s *showing) typed(text string, all bool) error {
	var keys []review.Key
	keys, s.rest = review.Keys(s.rest+text, all)
	for _, k := range keys {
		if done, _ := s.view.Done(); done {
			return nil
		}
		if k == review.Ctrl+"z" {
			if err := s.screen.suspend(); err != nil {
				return err
			}
			continue
		}
		s.view.Key(k)
	}
	return nil
}

// screen is the terminal while the view has it.
type screen struct {
	in, out *os.File
	colour  bool
	before  *term.State
}

func (t *screen) enter() (err error) {
	if t.before, err = term.MakeRaw(int(t.in.Fd())); err != nil {
		return fmt.Errorf("take the terminal: %w", err)
	}
	_, err = io.WriteString(t.out, enterScreen)
	return err
}

func (t *screen) leave() error {
	_, err := io.WriteString(t.out, leaveScreen)
	return errors.Join(err, term.Restore(int(t.in.Fd()), t.before))
}

func (t *screen) size() (columns, rows int) {
	columns, rows, err := term.GetSize(int(t.out.Fd()))
	if err != nil || columns == 0 || rows == 0 {
		return width, 24
	}
	return columns, rows
}

// draw writes all rows, each from its own start, so that a character that is
// wider than it was thought to be disturbs one row only.
func (t *screen) draw(rows [][]review.Span) error {
	var b strings.Builder
	for i, row := range rows {
		fmt.Fprintf(&b, "\x1b[%d;1H\x1b[K%s", i+1, review.Paint(row, t.colour))
	}
	_, err := io.WriteString(t.out, b.String())
	return err
}

// listen reads what is typed until the terminal ends. The reading itself cannot
// be ended; it goes with the process.
func (t *screen) listen() (<-chan string, func()) {
	out, done := make(chan string), make(chan struct{})
	go func() {
		defer close(out)
		buf := make([]byte, 256)
		for {
			n, err := t.in.Read(buf)
			if n > 0 {
				select {
				case out <- string(buf[:n]):
				case <-done:
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	return out, func() { close(done) }
}
