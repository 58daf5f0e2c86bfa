package native

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// archCalls are those of the specification that only this architecture has.
// vm86 is a 32-bit call: such calls end the process.
var archCalls = []string{"iopl", "ioperm", "modify_ldt", "uselib", "ustat", "sysfs"}

var cachestat = strconv.Itoa(unix.SYS_CACHESTAT)
