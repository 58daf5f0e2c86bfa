package stage

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// TestPersonWritesMeanwhile lets somebody save files in the project, as editors
// do, while changes of the same files are applied and rolled back. Whatever the
// two do to each other, what was saved last is what stands in the end, unless it
// was saved before the deed began; and nothing else appears.
func TestPersonWritesMeanwhile(t *testing.T) {
	eachWay(t, func(t *testing.T, w *world) {
		for round := range 8 {
			n := newWorld(t)
			n.o.copy = w.o.copy
			raceOnce(t, n, round)
		}
	})
}

// saver saves one file over and over, by renaming.
type saver struct {
	path string
	last string // what was saved last; empty: nothing yet
}

func (s *saver) run(stop <-chan struct{}) {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
		}
		text := fmt.Sprint("a person's ", i)
		tmp := s.path + "~"
		if os.WriteFile(tmp, []byte(text), 0o644) == nil && os.Rename(tmp, s.path) == nil {
			s.last = text
		}
	}
}

func raceOnce(t *testing.T, w *world, round int) {
	t.Helper()
	w.write("main.go", "agent's", 0o644)
	w.whiteout("run.sh")
	w.write("made", "agent's", 0o644)
	for i := range 40 { // so that there is time to meet
		w.write(fmt.Sprint("src/n", i), "agent's", 0o644)
	}
	c := w.read()
	if round%2 == 1 {
		_, err := Apply(context.Background(), w.o, c, w)
		must(t, err)
	}
	var savers []*saver
	var all sync.WaitGroup
	stop := make(chan struct{})
	for _, name := range []string{"main.go", "run.sh", "made"} {
		s := &saver{path: filepath.Join(w.project, name)}
		savers = append(savers, s)
		all.Go(func() { s.run(stop) })
	}
	var err error
	if round%2 == 1 {
		_, err = Rollback(context.Background(), w.o, w)
	} else {
		_, err = Apply(context.Background(), w.o, c, w)
	}
	close(stop)
	all.Wait()
	must(t, err)
	for _, s := range savers {
		b, err := os.ReadFile(s.path)
		if s.last != "" && string(b) != s.last && !strings.HasPrefix(string(b), "agent's") && !strings.HasPrefix(string(b), "original") {
			t.Errorf("%s holds %q (%v), and %q was saved last", s.path, b, err, s.last)
		}
		if s.last != "" && string(b) != s.last && !savedIn(t, w, s.last) {
			t.Errorf("%s: %q was saved last and is nowhere", s.path, s.last)
		}
	}
	for path := range snapshot(t, w.project) {
		if strings.Contains(path, tempPrefix) && !strings.Contains(path, "~") {
			b, _ := os.ReadFile(filepath.Join(w.project, path))
			if !strings.HasPrefix(string(b), "a person's") {
				t.Errorf("%s is left with %q", path, b)
			}
		}
	}
}

// savedIn tells whether a text is kept anywhere in the iteration.
func savedIn(t *testing.T, w *world, text string) bool { return contents(t, w)[text] }

// TestOpenFileIsWrittenMeanwhile: somebody writes through a descriptor that was
// open before. The file went to the store with what was written, and nothing is
// lost.
func TestOpenFileIsWrittenMeanwhile(t *testing.T) {
	w := newWorld(t)
	w.write("main.go", "agent's", 0o644)
	c := w.read()
	fd, err := unix.Open(filepath.Join(w.project, "main.go"), unix.O_WRONLY|unix.O_APPEND, 0)
	must(t, err)
	defer unix.Close(fd)
	w.o.hook = func(op string) error {
		if op == "exchange" {
			_, err := unix.Write(fd, []byte("a person's"))
			return err
		}
		return nil
	}
	res, err := Apply(context.Background(), w.o, c, w)
	must(t, err)
	w.has("main.go", "original of main.go\na person's")
	if len(res.Held) != 1 || res.Held[0].Class != Conflict {
		t.Errorf("held %+v", res.Held)
	}
}

// TestReplacedInTheLastMoment: between the look and the exchange somebody saves
// the file. It comes out, is not what was read, and goes back.
func TestReplacedInTheLastMoment(t *testing.T) {
	for _, op := range []string{"exchange", "move out", "name copy", "move aside"} {
		eachWay(t, func(t *testing.T, w *world) {
			w.write("main.go", "agent's", 0o644)
			w.whiteout("run.sh")
			c, hit := w.read(), false
			w.o.hook = func(now string) error {
				if now != op {
					return nil
				}
				hit = true
				for _, name := range []string{"main.go", "run.sh"} {
					tmp := filepath.Join(filepath.Dir(w.project), "saved")
					writeFile(t, tmp, "a person's", 0o644)
					must(t, os.Rename(tmp, filepath.Join(w.project, name)))
				}
				w.o.hook = nil
				return nil
			}
			_, err := Apply(context.Background(), w.o, c, w)
			must(t, err)
			if !hit {
				return // the other way has this step
			}
			for _, name := range []string{"main.go", "run.sh"} {
				b, _ := os.ReadFile(filepath.Join(w.project, name))
				if name == "main.go" && (op == "move out" || op == "move aside") {
					continue // it was exchanged before, and then replaced by them
				}
				if string(b) != "a person's" {
					t.Errorf("at %q %s holds %q", op, name, b)
				}
			}
			w.ended()
		})
	}
}
