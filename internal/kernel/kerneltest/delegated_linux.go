package kerneltest

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"testing"
)

// Delegated gives the first numbers that /etc/subuid and /etc/subgid let this
// user have beside their own, to stand for an account for agents. A test that
// needs them ends where there are none.
func Delegated(t *testing.T) (uid, gid int) {
	t.Helper()
	if os.Getuid() == 0 {
		t.Skip("root needs no numbers of /etc/subuid; this is shown as an ordinary user")
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	for _, program := range []string{"newuidmap", "newgidmap"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("needs %s (package uidmap)", program)
		}
	}
	uid, gid = firstOf("/etc/subuid", me.Username), firstOf("/etc/subgid", me.Username)
	if uid == 0 || gid == 0 {
		t.Skipf("needs numbers for %s in /etc/subuid and /etc/subgid", me.Username)
	}
	return uid, gid
}

// firstOf is 0 where the file has nothing for the user.
func firstOf(file, name string) int {
	text, _ := os.ReadFile(file)
	for line := range strings.Lines(string(text)) {
		if f := strings.Split(strings.TrimSpace(line), ":"); len(f) == 3 && f[0] == name {
			n, _ := strconv.Atoi(f[1])
			return n
		}
	}
	return 0
}
