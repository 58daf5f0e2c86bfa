package native

import (
	"bufio"
	"os"
	"os/user"
	"strconv"
	"strings"
	"testing"

	"ringwall/internal/backend/backendtest"
	"ringwall/internal/host"
	"ringwall/internal/kernel/namespace"
)

// TestSuiteBeside is the whole suite again, with the agent under an account
// beside the project's owner.
func TestSuiteBeside(t *testing.T) { backendtest.Suite(t, besideTarget(t)) }

// besideTarget takes the first number that is delegated to this user for the
// account.
func besideTarget(t *testing.T) backendtest.Target {
	t.Helper()
	if os.Getuid() == 0 {
		t.Skip("root needs no account beside; this is shown as an ordinary user")
	}
	uid, gid := firstOf(t, "/etc/subuid"), firstOf(t, "/etc/subgid")
	newUIDMap, newGIDMap, err := namespace.FindMappers()
	if uid == 0 || gid == 0 || err != nil {
		t.Skipf("needs a user with numbers in /etc/subuid and /etc/subgid, and newuidmap (%v)", err)
	}
	tgt := target(t)
	tgt.Host.Account = &host.Account{Name: "test", UID: uid, GID: gid}
	tgt.Host.Mappers = host.Mappers{UID: newUIDMap, GID: newGIDMap}
	tgt.Host.Beside, tgt.Host.Shared = host.Ability{OK: true}, host.Ability{OK: true}
	return tgt
}

func firstOf(t *testing.T, file string) int {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(file)
	if err != nil {
		return 0
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if p := strings.Split(s.Text(), ":"); len(p) == 3 && p[0] == me.Username {
			n, _ := strconv.Atoi(p[1])
			return n
		}
	}
	return 0
}
