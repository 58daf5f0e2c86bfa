package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// newTLS is a new connection, its handshake, one small request, and the end.
func (j job) newTLS() (int64, error) {
	c, err := j.shake()
	if err != nil {
		return 0, err
	}
	defer c.Close()
	n, err := ask(c, bufio.NewReader(c), "/small", j.name())
	return n, fine(err)
}

// kept sends small requests over one connection: through a proxy in its own
// form where they are plain, else through its tunnel. A connection that the
// other side has ended is made anew, as any client does.
func (j job) kept(secure bool) exchange {
	var c net.Conn
	var from *bufio.Reader
	return func() (int64, error) {
		for fresh := false; ; fresh = true {
			if c == nil {
				var err error
				if c, err = j.keptConn(secure); err != nil {
					return 0, err
				}
				from, fresh = bufio.NewReader(c), true
			}
			_ = c.SetDeadline(time.Now().Add(patience))
			n, err := ask(c, from, j.keptTarget(secure), j.name())
			if err == nil {
				return n, nil
			}
			c.Close()
			c = nil
			if errors.Is(err, errClosing) {
				return n, nil
			}
			if fresh {
				return n, err
			}
		}
	}
}

func (j job) keptConn(secure bool) (net.Conn, error) {
	switch {
	case secure:
		return j.shake()
	case j.Proxy != "":
		return job{Host: j.Proxy}.dial()
	}
	return j.dial()
}

func (j job) keptTarget(secure bool) string {
	if !secure && j.Proxy != "" {
		return "http://" + strings.TrimSuffix(j.Host, ":80") + "/small"
	}
	return "/small"
}

// get is one large answer of plain HTTP.
func (j job) get() (int64, error) {
	at, target := job{Host: j.Host}, fmt.Sprintf("/bytes?n=%d", j.Size)
	if j.Proxy != "" {
		at, target = job{Host: j.Proxy}, "http://"+strings.TrimSuffix(j.Host, ":80")+target
	}
	c, err := at.dial()
	if err != nil {
		return 0, err
	}
	defer c.Close()
	n, err := ask(c, bufio.NewReaderSize(c, 256<<10), target, j.name())
	return n, errors.Join(fine(err), whole(n, j.Size), errOnce)
}

// raw is one large answer through a tunnel that nobody looks into.
func (j job) raw() (int64, error) {
	c, err := j.dial()
	if err != nil {
		return 0, err
	}
	defer c.Close()
	fmt.Fprintf(c, "%d\n", j.Size)
	n, err := io.Copy(io.Discard, onlyReader{c})
	return n, errors.Join(err, whole(n, j.Size), errOnce)
}

// onlyReader keeps the kernel from dropping the bytes by itself.
type onlyReader struct{ io.Reader }

func whole(n, size int64) error {
	if n != size {
		return fmt.Errorf("%d bytes came of %d", n, size)
	}
	return nil
}

// refused is a TLS connection to a place that is not allowed, until it ends.
func (j job) refused() (int64, error) {
	c, err := j.shake()
	if err == nil {
		c.Close()
		return 0, errors.New("it was not refused")
	}
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		return 0, err
	}
	return 0, nil
}

// forbidden is a plain request that is answered with 403, on a new connection.
func (j job) forbidden() (int64, error) {
	at, target := job{Host: j.Host}, "/"
	if j.Proxy != "" {
		at, target = job{Host: j.Proxy}, "http://"+strings.TrimSuffix(j.Host, ":80")+"/"
	}
	c, err := at.dial()
	if err != nil {
		return 0, err
	}
	defer c.Close()
	_, err = ask(c, bufio.NewReader(c), target, j.name())
	if err == nil || !strings.Contains(err.Error(), "403") {
		return 0, fmt.Errorf("it was not refused: %v", err)
	}
	return 0, nil
}

// hold opens connections, uses each once, and leaves them open until the
// process ends.
func (j job) hold() (int64, error) {
	do := j.kept(true)
	n, err := do()
	if err != nil {
		return n, err
	}
	return n, errOnce
}
