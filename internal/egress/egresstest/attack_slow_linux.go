package egresstest

import (
	"errors"
	"net"
	"os"
	"strconv"
	"time"
)

// patient is say, with a minute for the whole.
func patient(args []string) (string, error) {
	c, err := net.DialTimeout("tcp", args[0], patience)
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
