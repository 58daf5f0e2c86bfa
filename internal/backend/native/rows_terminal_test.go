package native

import "testing"

func TestTerminalRows(t *testing.T) { tryRows(t, target(t), terminalRows()) }

func terminalRows() []row {
	return []row{
		// On a terminal of its own, where the kernel would let it type.
		{id: "TTY-02", what: "typing into the terminal, with high bits set", calls: []string{"ioctl", "ioctl-discipline", "ioctl-keyboard"},
			inside: map[string]string{
				"pty:0x5412": "EPERM", "pty:0x100005412": "EPERM", "pty:0xffffffff00005412": "EPERM", "pty:0x8000000000005412": "EPERM", // TIOCSTI
				"pty:0x541c": "EPERM", "pty:0x10000541c": "EPERM", "pty:0xffffffff0000541c": "EPERM", // TIOCLINUX
				"pty:0x5423": "EPERM", "pty:0x700005423": "EPERM", // TIOCSETD
				"pty:0x4b47": "EPERM", "pty:0x100004b49": "EPERM", "pty:0x5606": "EPERM", // KDSKBENT KDSKBSENT VT_ACTIVATE
				"pty:0x5413": "ok", "pty:0x5401": "ok", // TIOCGWINSZ TCGETS
			},
			without: noFilter,
			open: map[string]string{"pty:0x5412": "ok EIO", "pty:0x100005412": "ok EIO", // EIO: dev.tty.legacy_tiocsti is 0
				"pty:0x541c": "ENOTTY EINVAL", "pty:0x10000541c": "ENOTTY EINVAL", "pty:0x5423": "ok", "pty:0x4b47": "ENOTTY EINVAL", "pty:0x5606": "ENOTTY EINVAL"},
			by: []string{"TestTerminalIoctls", "TestFilterCorners"}},
	}
}
