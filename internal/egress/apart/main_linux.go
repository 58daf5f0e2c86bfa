package apart

import (
	"encoding/binary"
	"os"
	"runtime/debug"
)

// Name is where the gateway's program stands in its view, and its argument zero.
const Name = "/run/ringwall-gateway"

// softMemory is where the gateway begins to collect its garbage at every turn;
// its limit lies above that (maxMemory).
const softMemory = 192 << 20

// Main acts as the gateway, if this process was started as it. There is nothing
// to gain by starting it otherwise: it serves whoever holds its standard input.
func Main(args []string) (code int, is bool) {
	if len(args) != 1 || args[0] != Name {
		return 0, false
	}
	debug.SetMemoryLimit(softMemory)
	if err := lockIn(); err != nil {
		sayFault(err)
		return 1, true
	}
	if gateway(os.Stdin) != nil {
		return 1, true
	}
	return 0, true
}

// sayFault tells why there will be no gateway. Nobody may be there to hear it.
func sayFault(err error) {
	b := cutText(err.Error())
	head := binary.BigEndian.AppendUint32([]byte{frameFault}, uint32(len(b)))
	_, _ = os.Stdin.Write(append(head, b...))
}

// gateway serves whoever holds the other end.
func gateway(tie *os.File) error {
	files, err := takeSockets(int(tie.Fd()))
	if err != nil {
		return err
	}
	conn, err := connOf(tie)
	if err != nil {
		return err
	}
	return serve(conn, files)
}
