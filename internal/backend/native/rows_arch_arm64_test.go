package native

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// archCalls are those of the specification that only this architecture has.
var archCalls []string

var cachestat = strconv.Itoa(unix.SYS_CACHESTAT)
