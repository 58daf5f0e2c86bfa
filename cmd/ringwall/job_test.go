//go:build linux

package main_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// outer starts a shell outside, which starts ringwall as its job.
func (s *terminal) outer() {
	s.Helper()
	needs(s.T, "bash")
	s.start("/bin/bash", "--norc", "-i")
	s.prompt()
}

func (s *terminal) prompt() {
	s.Helper()
	s.say("PS1='out''side> '; PATH="+bin+":$PATH", "outside> ")
}

// at types a line to the shell outside, waits for what it brings, and for the
// shell to be back.
func (s *terminal) at(line, answer string) {
	s.Helper()
	s.say(line, answer)
	s.expect("outside> ")
}

// job is the process that was last started in the background.
func (s *terminal) job() int {
	s.Helper()
	s.say("echo job $! j''ob", "\njob ")
	from := s.seen
	s.expect(" job")
	pid, err := strconv.Atoi(strings.TrimSuffix(s.text()[from:s.seen], " job"))
	s.must(err)
	s.expect("outside> ")
	return pid
}

// told asks the shell for news of its jobs until that is among them.
func (s *terminal) told(news string) {
	s.Helper()
	s.eventually(func() bool {
		s.send("\r")
		time.Sleep(20 * time.Millisecond)
		return strings.Contains(s.text()[s.seen:], news)
	})
	s.expect(news)
}

func (s *terminal) leave() {
	s.Helper()
	s.send("exit 0\r")
	s.wait(0)
}

// TestJobInTheBackground: there it takes nothing of the terminal. When it wants
// to, the shell tells, and goes on with it at `fg`.
func TestJobInTheBackground(t *testing.T) {
	s := newTerminal(t)
	s.outer()
	s.send("ringwall run -- bash --norc &\r")
	s.expect("bash-")
	s.told("Stopped")
	s.say("echo still-o''utside", "still-outside\r\n")
	s.say("fg", "fg\r\n")
	s.say("echo in''side $HOSTNAME; tty", "inside ringwall\r\n/dev/pts/0\r\n")
	s.at("exit 7", "exit\r\n")
	s.at("echo rc=$?", "rc=7\r\n")

	s.send("ringwall run -- sh -c 'sleep .5; echo bac''kground' &\r")
	s.expect("background\r") // in lines, both terminals end them
	s.at("wait; echo rc=$?", "rc=0\r\n")
	s.leave()
}

// TestJobIsStopped: a stop from elsewhere gives the terminal back, stops the
// command too, and both go on at `fg`. The shell is one that does not restore
// the terminal itself.
func TestJobIsStopped(t *testing.T) {
	needs(t, "dash")
	s := newTerminal(t)
	before := s.modes()
	s.start("/bin/dash", "-i")
	s.prompt()
	s.send("ringwall run -- sh -c 'exec >>ticks; while :; do echo; sleep .02; done' &\r")
	s.expect("outside> ")
	pid := s.job()
	s.say("fg", "fg\r\n")
	if !s.eventually(func() bool { return s.isRaw() && s.ticks() > 0 }) {
		t.Fatal("it does not take the terminal")
	}
	s.must(unix.Kill(pid, unix.SIGTSTP))
	s.expect("outside> ")
	if s.modes() != before {
		t.Errorf("the terminal's modes are %+v, were %+v", s.modes(), before)
	}
	count := s.ticks()
	time.Sleep(200 * time.Millisecond)
	if now := s.ticks(); now != count {
		t.Errorf("the command goes on: %d ticks, then %d", count, now)
	}
	s.say("fg", "fg\r\n")
	if !s.eventually(func() bool { return s.isRaw() && s.ticks() > count }) {
		t.Error("it does not go on")
	}
	s.send("\x03")
	s.expect("outside> ")
	s.leave()
}

// ticks is the size of the file that the command writes to; 0 while there is
// none.
func (s *terminal) ticks() int64 {
	found, _ := filepath.Glob(filepath.Join(s.state(), "ringwall/runs/*/iterations/1/upper/ticks"))
	if len(found) != 1 {
		return 0
	}
	info, err := os.Stat(found[0])
	s.must(err)
	return info.Size()
}

// TestPipelines: what leads elsewhere is no terminal, and no byte of it is
// changed; the rest works as one expects at a terminal.
func TestPipelines(t *testing.T) {
	s := newTerminal(t)
	s.outer()
	s.at(`ringwall run -- printf 'a\nb\r\n' | od -An -c`, "   a  \\n   b  \\r  \\n\r\n")
	s.at(`printf 'x\n' | ringwall run -- sh -c 'test -t 1 && ! test -t 0 && cat'`, "\nx\r\r\n") // both terminals end the line
	s.at(`ringwall run -- sh -c 'test -t 0 && test -t 2 && ! test -t 1; echo rc=$?' | cat`, "\nrc=0\r\n")
	s.at(`ringwall run -- yes | head -n 1; echo "${PIPESTATUS[@]}"`, "\ny\r\n141 0\r\n")
	s.send("ringwall run -- sh -c 'echo ready >&2; cat' >lines; od -An -c lines\r")
	s.expect("ready\r")
	s.send("one\rtwo\r\x04")
	s.expect("   o   n   e  \\n   t   w   o  \\n\r\n")
	s.expect("outside> ")
	s.send("ringwall run -- sh -c 'echo ready >&2; cat' | od -An -c\r")
	s.expect("ready\r")
	s.send("one\rtwo\r\x04")
	s.expect("   o   n   e  \\n   t   w   o  \\n\r\n")
	s.expect("outside> ")
	s.say(`ringwall run -- sh -c 'echo re""ady; read x; echo "<$x>"' </dev/tty >/dev/tty 2>/dev/null`, "\nready\r\n")
	s.at("one", "<one>\r\n")
	s.say(`ringwall run -- sh -c 'echo re""ady >&2; read x </dev/tty; echo "<$x>" >&2' </dev/null >/dev/null 2>/dev/tty`, "\nready\r\n")
	s.at("two", "<two>\r\n")
	s.at(`ringwall run -- sh -c 'test -t 0 && echo rc=$?' </dev/tty >/dev/null 2>&1; echo rc=$?`, "\nrc=0\r\n")
	s.send("ringwall run -- sh -c 'echo ready >&2; sleep 600' | cat\r")
	s.expect("ready\r")
	s.send("\x03")
	s.expect("outside> ")
	s.at("echo en''ded", "ended\r\n")
	s.leave()
}

// TestKeysOfOthers: a program of the same pipeline that reads keys gets every
// one of them, and a password that a command inside asks for is not shown.
func TestKeysOfOthers(t *testing.T) {
	s := newTerminal(t)
	s.outer()
	s.send(`ringwall run -- sh -c 'sleep .3; echo ready >&2; sleep 3' | (stty -icanon -echo </dev/tty; cat >/dev/null & ` +
		`dd bs=1 count=40 </dev/tty 2>/dev/null; stty sane </dev/tty; wait)` + "\r")
	s.expect("ready\r")
	keys := strings.Repeat("0123456789", 4)
	for _, key := range keys {
		s.send(string(key))
		time.Sleep(5 * time.Millisecond)
	}
	s.expect(keys)
	s.expect("outside> ")
	s.at("echo en''ded", "ended\r\n")

	s.send(`ringwall run -- sh -c 'stty -echo </dev/tty; echo word? >&2; read w; stty echo </dev/tty; echo "<$w>"' | cat` + "\r")
	s.expect("word?\r")
	if !s.eventually(s.isRaw) {
		t.Fatal("the terminal still shows what is typed")
	}
	s.send("hidden\r")
	s.expect("<hidden>")
	s.expect("outside> ")
	s.at("echo en''ded", "ended\r\n")
	if strings.Count(s.text(), "hidden") != 1 {
		t.Error("the password was shown")
	}
	s.leave()
}
