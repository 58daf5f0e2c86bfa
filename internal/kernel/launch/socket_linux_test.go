package launch

import (
	"bytes"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func pair(t *testing.T) (int, int) {
	t.Helper()
	a, b, err := SocketPair()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(a); unix.Close(b) })
	return a, b
}

// open counts this process's descriptors.
func open(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

func TestMessagesKeepTheirBounds(t *testing.T) {
	a, b := pair(t)
	for _, m := range [][]byte{{Go}, {Signal, 15}, bytes.Repeat([]byte{'x'}, 1000)} {
		if err := Send(a, m); err != nil {
			t.Fatal(err)
		}
	}
	buf := make([]byte, 4096)
	for _, want := range []int{1, 2, 1000} {
		if n, fds, err := Receive(b, buf); n != want || len(fds) != 0 || err != nil {
			t.Errorf("received %d, %v, %v; want %d", n, fds, err, want)
		}
	}
	unix.Close(a)
	if n, _, err := Receive(b, buf); n != 0 || err != nil {
		t.Errorf("after the end: %d, %v", n, err)
	}
}

func TestDescriptorsTravelClosedOnExec(t *testing.T) {
	a, b := pair(t)
	var fds []int
	for range PerMessage {
		fds = append(fds, 0)
	}
	if err := Send(a, []byte{Sockets}, fds...); err != nil {
		t.Fatal(err)
	}
	_, got, err := Receive(b, make([]byte, 16))
	if err != nil || len(got) != PerMessage {
		t.Fatalf("%d descriptors, %v", len(got), err)
	}
	for _, fd := range got {
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("descriptor %d would be inherited: %#x, %v", fd, flags, err)
		}
		unix.Close(fd)
	}
}

// TestCutMessagesAreRefused: half a message is none, and what came with it is
// let go.
func TestCutMessagesAreRefused(t *testing.T) {
	a, b := pair(t)
	before := open(t)
	if err := Send(a, make([]byte, 100), 0, 1, 2); err != nil {
		t.Fatal(err)
	}
	if _, fds, err := Receive(b, make([]byte, 10)); err != unix.EMSGSIZE || fds != nil {
		t.Errorf("Receive = %v, %v; want EMSGSIZE", fds, err)
	}
	if after := open(t); after != before {
		t.Errorf("%d descriptors are open, %d were", after, before)
	}
}

// TestLastWordsAreHeard: what the other side said last arrives although it ended
// without reading what was sent to it.
func TestLastWordsAreHeard(t *testing.T) {
	ours, theirs, err := SocketPair()
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(ours)
	for _, err := range []error{Send(ours, []byte{Signal, 1}), Send(theirs, []byte{Exited, 0, 0, 0, 0, 1}), unix.Close(theirs)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	buf := make([]byte, 16)
	if n, _, err := Receive(ours, buf); err != nil || n != 6 || buf[0] != Exited {
		t.Errorf("%d bytes, %v", n, err)
	}
	if n, _, err := Receive(ours, buf); err != nil || n != 0 {
		t.Errorf("after the end: %d bytes, %v", n, err)
	}
}
