package host

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringwall/internal/kernel/seen"
)

// hidden is all that is private, sockets too.
func hidden(f *Facts) []Private {
	var trees []tree
	f.Private, trees = private(seen.New(nil, time.Now()), f)
	f.sockets(trees)
	return f.Private
}

// TestPrivate: what lies beside programs is found, and what builds need of it
// is kept.
func TestPrivate(t *testing.T) {
	home := planted(t, "sdk/bin/tool", "sdk/.npmrc=//x/:_authToken=hunter2\n", "sdk/var/db", "sdk/lib/ok", "sdk/run=#!/bin/sh\n",
		"sdk/etc/npmrc=registry=https://mirror.example/\n//mirror.example/:_authToken=hunter2\n", "sdk/pip.conf=[global]\nindex-url = https://mirror.example/\n",
		"sdk/etc/pip.conf=index-url = https://u:hunter2@mirror.example/\n",
		"node/versions/node/v1/etc/npmrc=_password=hunter2\n",
		"mvn/conf/settings.xml=<settings><!-- <password> --><mirrors/><servers><password>hunter2</password></servers></settings>\n",
		"etc/maven/settings.xml=<settings><servers><password>hunter2</password></servers></settings>\n", "etc/fonts/settings.xml=<password>\n",
		"mvn2/conf/settings.xml=<settings><!-- a <password> goes here --></settings>\n")
	socket := filepath.Join(home, "sdk", "lib", "s.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := os.Symlink("sdk", filepath.Join(home, "link")); err != nil {
		t.Fatal(err)
	}
	var trees []string
	for _, n := range []string{"sdk", "link", "node/versions", "mvn", "mvn2"} {
		trees = append(trees, filepath.Join(home, n))
	}
	got := map[string]Private{}
	for _, p := range hidden(&Facts{Tools: trees, Etc: []Entry{{Path: home + "/etc/maven"}, {Path: home + "/etc/fonts"}}}) {
		if name, ok := strings.CutPrefix(p.Path, home+"/"); ok {
			got[name] = p
		}
		if strings.Contains(p.Text, "hunter2") || p.Why == "" {
			t.Errorf("%+v", p)
		}
	}
	for name, holds := range map[string]string{
		"sdk/.npmrc": "", "sdk/var": "", "sdk/etc/npmrc": "registry=https://mirror.example/", "sdk/etc/pip.conf": "", "sdk/lib/s.sock": "",
		"link/.npmrc": "", "link/lib/s.sock": "", "link/etc/npmrc": "registry=", "node/versions/node/v1/etc/npmrc": "", "mvn/conf/settings.xml": "<mirrors/>",
		"etc/maven/settings.xml": "<settings>",
	} {
		p, found := got[name]
		if !found || !strings.Contains(p.Text, holds) || p.Dir != (name == "sdk/var" || name == "link/var") {
			t.Errorf("%s: %v, %+v", name, found, p)
		}
	}
	for _, name := range []string{"sdk/pip.conf", "sdk/bin", "sdk/run", "sdk/lib", "mvn2/conf/settings.xml"} {
		if p, found := got[name]; found {
			t.Errorf("builds need %+v", p)
		}
	}
}

// TestPrivateBehindALock: where the agent's account cannot go nothing is to be
// covered, and the attempt would stop the start.
func TestPrivateBehindALock(t *testing.T) {
	home := planted(t, "sdk/bin/tool", "sdk/etc/npmrc=_auth=x\n", "sdk/.npmrc=x")
	if err := os.Chmod(home+"/sdk/etc", 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		account *Account
		want    string
	}{{nil, "sdk/.npmrc sdk/etc/npmrc"}, {&Account{UID: spareID, GID: spareID}, "sdk/.npmrc"}} {
		var got []string
		for _, p := range hidden(&Facts{Tools: []string{home + "/sdk"}, Account: c.account}) {
			if name, ok := strings.CutPrefix(p.Path, home+"/"); ok {
				got = append(got, name)
			}
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("account %v: %s, not %s", c.account, text, c.want)
		}
	}
}
