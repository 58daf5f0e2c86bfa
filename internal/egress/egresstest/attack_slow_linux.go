package egresstest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// patient is say, with a minute for the whole.
func patient(args []string) (string, error) {
	c, err := net.DialTimeout("tcp", args[0], time.Minute)
	if err != nil {
		return "", err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	return talk(c, args[1:])
}

// errStillOpen: nobody has ended the connection.
var errStillOpen = errors.New("still open")

// drip sends a beginning, and then a little all the time.
func drip(args []string) (string, error) {
	c, err := dial("tcp", args[0])
	if err != nil {
		return "", err
	}
	defer c.Close()
	first, err := data(arg(args, 1))
	if err != nil {
		return "", err
	}
	more, err := data(arg(args, 2))
	if err != nil {
		return "", err
	}
	end := time.Now().Add(25 * time.Second)
	_ = c.SetDeadline(end.Add(time.Minute))
	closed := make(chan error, 1)
	go func() { _, err := c.Read(make([]byte, 1)); closed <- err }()
	for next := first; time.Now().Before(end); next = more {
		if _, err := c.Write(next); err != nil {
			return "", err
		}
		select {
		case err := <-closed:
			return "", err // an answer, or the end
		case <-time.After(500 * time.Millisecond):
		}
	}
	return "", errStillOpen
}

// pour sends for as long as somebody takes it, and tells how much that was.
func pour(args []string) (string, error) {
	c, err := dial("tcp", args[0])
	if err != nil {
		return "", err
	}
	defer c.Close()
	first, err := data(arg(args, 1))
	if err != nil {
		return "", err
	}
	if _, err := c.Write(first); err != nil {
		return "", err
	}
	sum, zeros := 0, make([]byte, 64<<10)
	for sum < 1<<30 {
		_ = c.SetWriteDeadline(time.Now().Add(3 * time.Second))
		n, err := c.Write(zeros)
		sum += n
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = nil
		}
		if err != nil || n < len(zeros) {
			return strconv.Itoa(sum), err
		}
	}
	return strconv.Itoa(sum), nil
}

// crowd opens connections, begins a message on each, and keeps them all. Two
// seconds later it tells how many are open still.
func crowd(args []string) (string, error) {
	count, err := strconv.Atoi(arg(args, 1))
	if err != nil {
		return "", err
	}
	first, err := data(arg(args, 2))
	if err != nil {
		return "", err
	}
	to, err := once(args[0])
	if err != nil {
		return "", err
	}
	var closed, open atomic.Int64
	var opening sync.WaitGroup
	workers := make(chan struct{}, 64)
	for range count {
		workers <- struct{}{}
		opening.Go(func() {
			defer func() { <-workers }()
			c, err := net.DialTimeout("tcp", to, patience)
			if err == nil {
				_, err = c.Write(first)
			}
			if err != nil {
				closed.Add(1)
				return
			}
			open.Add(1)
			go func() {
				_, _ = c.Read(make([]byte, 1))
				open.Add(-1)
				closed.Add(1)
			}()
		})
	}
	opening.Wait()
	time.Sleep(2 * time.Second)
	return fmt.Sprint(map[string]int64{"open": open.Load(), "closed": closed.Load()}), nil
}
