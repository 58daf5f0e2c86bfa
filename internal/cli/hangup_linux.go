package cli

import (
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// heard leaves SIGHUP out of the signals to listen to where it was ignored from
// the start, as under nohup(1): whoever started ringwall so wants it to go on
// after the terminal is gone.
func heard(signals ...os.Signal) []os.Signal {
	if signal.Ignored(unix.SIGHUP) {
		return signals
	}
	return append(signals, unix.SIGHUP)
}
