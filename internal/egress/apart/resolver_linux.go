package apart

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// resolverPaths are what Go's resolver reads, on the host and in the view.
var resolverPaths = []string{"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf"}

// lookEvery is how often the host's files are looked at while a gateway runs:
// as often as Go's resolver looks at its own.
const lookEvery = 5 * time.Second

// maxResolver bounds one of the files.
const maxResolver = 16 << 20

// resolverFiles are the copies in the gateway's view. A VPN changes the host's
// by putting others in their place; what is written here is then the new text.
type resolverFiles struct {
	host []string // where the host has them
	seen []unix.Stat_t
	text [][]byte
	open []*os.File // the copies; nil: not there yet
}

func readResolver(host []string) *resolverFiles {
	n := len(host)
	r := &resolverFiles{host: host, seen: make([]unix.Stat_t, n), text: make([][]byte, n), open: make([]*os.File, n)}
	for i := range host {
		r.look(i)
	}
	return r
}

// look reads a file that is not as it was. One that is not there, or cannot be
// read, is empty: the resolver then does what it does without.
func (r *resolverFiles) look(i int) (changed bool) {
	f, err := os.Open(r.host[i])
	var st unix.Stat_t
	if err == nil {
		defer f.Close()
		err = unix.Fstat(int(f.Fd()), &st)
	}
	if st == r.seen[i] {
		return false
	}
	var text []byte
	if err == nil {
		text, err = io.ReadAll(io.LimitReader(f, maxResolver))
	}
	if err != nil {
		text = nil
	}
	changed = !bytes.Equal(text, r.text[i])
	r.seen[i], r.text[i] = st, text
	return changed
}

// got is a descriptor of a copy, which stands for the file and opens nothing
// yet.
func (r *resolverFiles) got(path string, fds []int) error {
	defer closeFDs(fds)
	for i, p := range resolverPaths {
		if p == path && len(fds) == 1 {
			f, err := os.OpenFile("/proc/self/fd/"+strconv.Itoa(fds[0]), os.O_WRONLY, 0)
			r.open[i] = f
			return err
		}
	}
	return fmt.Errorf("no file %q was asked for", path)
}

// refresh writes what changed. The text goes in before the file is cut, so that
// a reader never finds less of it than there was: behind a shorter text stand
// line ends for a moment.
func (r *resolverFiles) refresh() error {
	var errs []error
	for i, f := range r.open {
		if f == nil || !r.look(i) {
			continue
		}
		info, err := f.Stat()
		if err == nil {
			pad := max(0, int(info.Size())-len(r.text[i]))
			_, err = f.WriteAt(append(r.text[i][:len(r.text[i]):len(r.text[i])], bytes.Repeat([]byte("\n"), pad)...), 0)
		}
		if err == nil {
			err = f.Truncate(int64(len(r.text[i])))
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// keep refreshes until done is closed.
func (r *resolverFiles) keep(done <-chan struct{}, fault func(error)) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			if err := r.refresh(); err != nil {
				fault(fmt.Errorf("gateway: pass the resolver's configuration on: %w", err))
				return
			}
		}
	}
}

func (r *resolverFiles) close() {
	for _, f := range r.open {
		if f != nil {
			f.Close()
		}
	}
}

func closeFDs(fds []int) {
	for _, fd := range fds {
		unix.Close(fd)
	}
}
