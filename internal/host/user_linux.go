package host

import (
	"strconv"
	"strings"

	"ringwall/internal/kernel/direct"
)

// passwd is the text of /etc/passwd; it is read once a start.
type passwd string

func readPasswd() passwd {
	b, err := direct.Read("/etc/passwd")
	if err != nil {
		return ""
	}
	return passwd(b)
}

// account is a line's fields that count here.
type account struct {
	name, home string
	uid, gid   int
}

// find returns the first account that fits.
func (p passwd) find(fits func(account) bool) (account, bool) {
	for line := range strings.Lines(string(p)) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) < 6 || f[0] == "" || f[0][0] == '#' || f[0][0] == '+' || f[0][0] == '-' {
			continue
		}
		uid, err1 := strconv.Atoi(f[2])
		gid, err2 := strconv.Atoi(f[3])
		e := account{name: f[0], home: f[5], uid: uid, gid: gid}
		if err1 == nil && err2 == nil && fits(e) {
			return e, true
		}
	}
	return account{}, false
}

// dedicated is the account that agents run under, or a spare number.
func (p passwd) dedicated() *Account {
	e, ok := p.find(func(e account) bool { return e.name == AccountName })
	if !ok || e.uid <= 0 || e.gid <= 0 {
		return &Account{UID: spareID, GID: spareID}
	}
	return &Account{Name: e.name, UID: e.uid, GID: e.gid}
}
