package usage

import (
	"errors"
	"io"
	"sync"
)

// tap lets a body pass and shows it to a meter.
type tap struct {
	body  io.ReadCloser
	meter *Meter
	done  func(Usage)

	mu   sync.Mutex // a body may be closed while it is read
	told bool
}

// Tap passes a body on, byte by byte as it comes, and tells once what the answer
// took: at its end, or when it is closed before.
func Tap(body io.ReadCloser, m *Meter, done func(Usage)) io.ReadCloser {
	return &tap{body: body, meter: m, done: done}
}

// Read implements io.Reader.
func (t *tap) Read(p []byte) (int, error) {
	n, err := t.body.Read(p)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.meter.stream.write(p[:n])
	if err != nil {
		t.tell(errors.Is(err, io.EOF))
	}
	return n, err
}

// Close implements io.Closer.
func (t *tap) Close() error {
	err := t.body.Close()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tell(false)
	return err
}

func (t *tap) tell(ended bool) {
	if !t.told {
		t.told = true
		t.done(t.meter.Usage(ended))
	}
}
