package child

import (
	"encoding/binary"
	"os"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
)

type osSignal = os.Signal

// say sends one message to the supervisor. If that fails there is nobody left
// to run for.
func say(kind byte, body []byte, fds ...int) {
	if err := launch.Send(launch.SocketFD, append([]byte{kind}, body...), fds...); err != nil {
		unix.Exit(failedExit)
	}
}

func number(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }
