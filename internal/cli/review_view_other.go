//go:build !unix

package cli

import (
	"os"
	"os/signal"
)

func watchTerminal() (changed, ended <-chan os.Signal, stop func()) {
	e := make(chan os.Signal, 1)
	signal.Notify(e, os.Interrupt)
	return nil, e, func() { signal.Stop(e) }
}

func (t *screen) suspended(os.Signal) error { return nil }
func (t *screen) suspend() error            { return nil }
