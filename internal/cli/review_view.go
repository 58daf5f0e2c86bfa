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
	t := &screen{in: e.in, out: e.out.(*os.File), colour: e.colour()}
	if err := t.enter(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.leave()) }()
	input, stop := t.listen()
	defer stop()
	resized, ended, unwatch := watchTerminal()
	defer unwatch()
	rest := ""
	for done, _ := v.Done(); !done; done, _ = v.Done() {
		v.Resize(t.size())
		if err := t.draw(v.Screen()); err != nil {
			return err
		}
		// What begins like a special key is waited for only a moment: it may be
		// the Escape key.
		var late <-chan time.Time
		if rest != "" {
			late = time.After(50 * time.Millisecond)
		}
		var keys []review.Key
		select {
		case text, open := <-input:
			if !open {
				return nil // the terminal is gone, and nothing was confirmed
			}
			keys, rest = review.Keys(rest+text, false)
		case <-late:
			keys, rest = review.Keys(rest, true)
		case s := <-resized:
			if err := t.suspended(s); err != nil {
				return err
			}
		case <-ended:
			return exit(exitInterrupted, errors.New("interrupted: nothing was carried out"))
		}
		for _, k := range keys {
			if k == review.Ctrl+"z" {
				if err := t.suspend(); err != nil {
					return err
				}
			}
			v.Key(k)
			if done, _ := v.Done(); done {
				break // what was typed ahead is not for the shell's eyes either
			}
		}
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
